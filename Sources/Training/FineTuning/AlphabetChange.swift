import Checkpoints
import Datasets
import Messages
import Settings
import Tensors

/// The treatment of training texts whose letters differ from those of the initial network.
package enum AlphabetChange: String, OptionChoice {
  /// A letter that the network lacks is an error.
  case fail
  /// The network keeps its letters and learns the new ones.
  case union
  /// The network gets exactly the letters of the training texts.
  case new

  /// The letters of the run.
  ///
  /// - Parameters:
  ///   - old: the letters of the network.
  ///   - wanted: the letters of the training texts, or of `--alphabet`.
  /// - Throws: `ConfigurationError` that names letters that are not allowed.
  func alphabet(old: Alphabet, wanted: Alphabet, path: String) throws -> Alphabet {
    let missing = wanted.scalars.filter { !old.contains($0) }
    switch self {
    case .new: return wanted
    case _ where missing.isEmpty: return old
    case .union: return try Alphabet(scalars: old.scalars + missing)
    case .fail:
      let letters = Alphabet.UnknownScalars(scalars: Array(missing.prefix(10)))
      throw ConfigurationError(
        "--init-from \(path): \(missing.count) letters of the training texts are unknown to the network (\(letters)); give "
          + "--alphabet-change union to add them, or new to keep those of the texts only")
    }
  }
}

/// The rows of an output layer for another alphabet.
///
/// The blank and the letters of both alphabets keep their rows. A new letter's row is drawn from a normal distribution
/// with the mean and the variance of the old letters' rows in each column; its numbers depend on seed and letter only.
struct LetterRows {
  private let sources: [Int?]
  private let letters: [Unicode.Scalar]
  private let seed: UInt64

  init(from old: Alphabet, to new: Alphabet, seed: UInt64) {
    sources = [0] + new.scalars.map { old.encodeKnown(String($0)).first.map(Int.init) }
    (letters, self.seed) = (new.scalars, seed)
  }

  /// `tensor` has one row for each old class, blank first; the result has one for each new class.
  func rows(of tensor: NamedTensor) -> [Float] {
    let (count, values) = (tensor.shape[0], tensor.values)
    let columns = values.count / count
    let statistics = (0..<columns).map { column in
      let old = (1..<count).map { Double(values[$0 * columns + column]) }
      let mean = old.reduce(0, +) / Double(max(1, old.count))
      let variance = old.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, old.count))
      return (mean: Float(mean), deviation: Float(variance.squareRoot()))
    }
    return sources.enumerated().flatMap { row, source -> [Float] in
      if let source { return Array(values[source * columns..<(source + 1) * columns]) }
      // Weights and bias use separate streams.
      var random = KeyedRandom(
        seed: seed, purpose: .weights, time: columns == 1 ? 2 : 1, sample: letters[row - 1].value)
      return statistics.map { $0.mean + $0.deviation * random.normal() }
    }
  }
}
