import Foundation
import Tensors

/// Prefix beam search finds the most probable label rather than the most probable path: the probabilities of all paths
/// to a label are added up (Graves and Jaitly 2014; Hannun et al. 2014, arXiv 1408.2873, algorithm 1), optionally with
/// a language model.
///
/// A label's score is ln p(label | logits) + languageWeight * ln p(label | model) + letterBonus * letters. On ties
/// the label that was found first wins. Without pruning and with a beam as wide as the number of labels, the search is
/// exact.
public final class PrefixBeamSearch: LabelDecoder {
  /// The options of the search.
  public struct Settings: Sendable, Equatable {
    /// The beam width, in labels.
    public var width: Int
    public var languageWeight: Double
    /// Score added per letter, which compensates for the language model's bias against long labels.
    public var letterBonus: Double
    /// Classes less probable in a step are skipped in that step.
    public var smallestProbability: Double

    public init(
      width: Int = 16, languageWeight: Double = 0, letterBonus: Double = 0, smallestProbability: Double = 1e-5
    ) {
      self.width = width
      self.languageWeight = languageWeight
      self.letterBonus = letterBonus
      self.smallestProbability = smallestProbability
    }
  }

  private let settings: Settings
  private let model: NGramModel?
  /// The tree of all labels that were tried for the image; 0 is the empty one.
  private var prefixes: [Prefix] = []
  private var children: [UInt64: Int] = [:]
  /// The current beam, best first, and that of the next step.
  private var beam: [Hypothesis] = []
  private var next: [Hypothesis] = []
  /// ln of the classes' probabilities in a step.
  private var logs: [Double] = []

  private struct Prefix {
    let parent: Int
    let last: Int32
    /// The part of the score that comes from language model and letter bonus.
    let prior: Double
    let context: NGramModel.Context
    /// Its index in `next`; -1 if it is not there.
    var place = -1
  }

  /// A label with the probabilities of its paths that end in a blank, and in its last letter, as logarithms.
  private struct Hypothesis {
    let prefix: Int
    var blank: Double
    var letter: Double
    var score = 0.0
    var total: Double { logAddExp(blank, letter) }
  }

  public init(_ settings: Settings = Settings(), model: NGramModel? = nil) {
    require(settings.width >= 1, "a beam of \(settings.width)")
    (self.settings, self.model) = (settings, model)
  }

  public func decode(_ logits: PackedSequence, into labels: LabelBatch) {
    labels.removeAll()
    let layout = logits.layout
    for n in 0..<layout.count {
      begin()
      for t in 0..<layout.lengths[n] { step(logits.value.row(layout.offsets[t] + n), classes: logits.features) }
      labels.append(best())
    }
  }

  private func begin() {
    children.removeAll(keepingCapacity: true)
    prefixes.removeAll(keepingCapacity: true)
    prefixes.append(Prefix(parent: -1, last: 0, prior: 0, context: model?.start ?? []))
    beam.removeAll(keepingCapacity: true)
    beam.append(Hypothesis(prefix: 0, blank: 0, letter: -.infinity))
  }

  private func step(_ row: UnsafePointer<Float>, classes: Int) {
    readProbabilities(row, classes: classes)
    let threshold = log(settings.smallestProbability)
    next.removeAll(keepingCapacity: true)
    for hypothesis in beam {
      let (prefix, total) = (hypothesis.prefix, hypothesis.total)
      let last = prefixes[prefix].last
      add(prefix, blank: total + logs[0], letter: -.infinity)
      if last != 0 { add(prefix, blank: -.infinity, letter: hypothesis.letter + logs[Int(last)]) }
      for k in 1..<max(1, classes) where logs[k] >= threshold {
        // A repeated letter needs a blank in between.
        let from = Int32(k) == last ? hypothesis.blank : total
        guard from > -.infinity else { continue }
        add(child(of: prefix, Int32(k)), blank: -.infinity, letter: from + logs[k])
      }
    }
    for i in next.indices {
      prefixes[next[i].prefix].place = -1
      next[i].score = next[i].total + prefixes[next[i].prefix].prior
    }
    next.sort { ($1.score, $0.prefix) < ($0.score, $1.prefix) }
    if next.count > settings.width { next.removeLast(next.count - settings.width) }
    swap(&beam, &next)
  }

  private func readProbabilities(_ row: UnsafePointer<Float>, classes: Int) {
    let softmax = LogSoftmax(row, classes: classes)
    logs.removeAll(keepingCapacity: true)
    for k in 0..<classes {
      let value = Double(row[k] - softmax.maximum) - Double(softmax.logAddExp)
      logs.append(softmax.logAddExp.isNaN ? (k == 0 ? 0 : -.infinity) : value)
    }
  }

  /// Adds the probability of paths to a label in the next step.
  private func add(_ prefix: Int, blank: Double, letter: Double) {
    let place = prefixes[prefix].place
    if place < 0 {
      prefixes[prefix].place = next.count
      next.append(Hypothesis(prefix: prefix, blank: blank, letter: letter))
    } else {
      next[place].blank = logAddExp(next[place].blank, blank)
      next[place].letter = logAddExp(next[place].letter, letter)
    }
  }

  /// The label extended by one letter.
  private func child(of prefix: Int, _ letter: Int32) -> Int {
    let key = UInt64(prefix) << 32 | UInt64(letter)
    if let child = children[key] { return child }
    let parent = prefixes[prefix]
    var (prior, context) = (parent.prior + settings.letterBonus, parent.context)
    if let model {
      let extended = model.extend(parent.context, by: letter)
      prior += settings.languageWeight * extended.logProbability
      context = extended.context
    }
    prefixes.append(Prefix(parent: prefix, last: letter, prior: prior, context: context))
    children[key] = prefixes.count - 1
    return prefixes.count - 1
  }

  /// The best label if the sequence ends here.
  private func best() -> [Int32] {
    var (best, highest) = (0, -Double.infinity)
    for hypothesis in beam {
      let prefix = prefixes[hypothesis.prefix]
      let score = hypothesis.score + settings.languageWeight * (model?.end(prefix.context) ?? 0)
      if score > highest { (best, highest) = (hypothesis.prefix, score) }
    }
    var letters: [Int32] = []
    while best > 0 {
      letters.append(prefixes[best].last)
      best = prefixes[best].parent
    }
    return letters.reversed()
  }
}
