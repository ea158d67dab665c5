import Foundation
import MessagePassing
import Messages
import Tensors

/// The examples of an evaluation: some images with their predictions, the images with the most errors, and the
/// confusions. The same on any number of ranks.
package struct Findings {
  /// An image with its prediction.
  package struct Image: Codable, Equatable {
    /// Number of the record in the data set.
    package let sample: Int
    package let prediction: String
    /// Edit distance in Unicode scalars.
    package let edits: Int
    /// Letters of the reference.
    let length: Int
  }

  /// A random selection, in the order of the data set.
  package let samples: [Image]
  /// Images with errors, the most errors first.
  package let worst: [Image]
  package let confusions: [Confusion]
}

/// Collects the findings of one rank, and merges them on rank 0.
struct FindingsCollector {
  /// The numbers of selected and of worst images.
  static let (chosen, worst) = (24, 12)

  private let choice: Set<Int>
  private var samples: [Findings.Image] = []
  private var worst: [Findings.Image] = []
  private var confusions = ConfusionTable()

  /// - Parameter count: images in the data set; the selection depends on it alone.
  init(count: Int) {
    choice = FindingsCollector.choice(of: FindingsCollector.chosen, from: count)
  }

  /// Distinct numbers below `count` (Floyd 1987).
  static func choice(of wanted: Int, from count: Int) -> Set<Int> {
    var random = KeyedRandom(seed: 1, purpose: .samples)
    var choice: Set<Int> = []
    for last in max(0, count - wanted)..<count {
      let number = random.integer(below: last + 1)
      choice.insert(choice.contains(number) ? last : number)
    }
    return choice
  }

  mutating func add(_ sample: Int, reference: String, prediction: String) {
    let letters = [reference, prediction].map { Array($0.precomposedStringWithCanonicalMapping.unicodeScalars) }
    let edits = letters[0] == letters[1] ? [] : EditAlignment(reference: letters[0], prediction: letters[1]).edits
    let image = Findings.Image(
      sample: sample, prediction: prediction, edits: edits.count, length: letters[0].count)
    if choice.contains(sample) { samples.append(image) }
    guard image.edits > 0 else { return }
    confusions.add(edits, image: sample)
    if worst.count < FindingsCollector.worst || FindingsCollector.isWorse(image, worst[worst.count - 1]) {
      worst = FindingsCollector.worst(of: worst + [image])
    }
  }

  /// More errors are worse, then fewer letters, then an earlier record.
  private static func isWorse(_ a: Findings.Image, _ b: Findings.Image) -> Bool {
    (-a.edits, a.length, a.sample) < (-b.edits, b.length, b.sample)
  }

  private static func worst(of images: [Findings.Image]) -> [Findings.Image] {
    Array(images.sorted(by: isWorse).prefix(worst))
  }

  private struct Part: Codable {
    let samples: [Findings.Image]
    let worst: [Findings.Image]
    let confusions: [ConfusionTable.Row]
  }

  /// The findings of all ranks, on rank 0; nil elsewhere. Collective.
  ///
  /// - Parameter name: the name of an image.
  func gathered(over communicator: Communicator, naming name: (Int) -> String) throws -> Findings? {
    let mine = Part(samples: samples, worst: worst, confusions: confusions.rows)
    let parts = try communicator.gather(Array(RunJSON.line(mine).utf8)).map {
      try RunJSON.decode(Part.self, from: String(decoding: $0, as: UTF8.self))
    }
    guard communicator.rank == 0 else { return nil }
    var table = ConfusionTable()
    for part in parts { table.merge(part.confusions) }
    return Findings(
      samples: parts.flatMap(\.samples).sorted { $0.sample < $1.sample },
      worst: FindingsCollector.worst(of: parts.flatMap(\.worst)), confusions: table.top(naming: name))
  }
}
