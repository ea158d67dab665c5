import Datasets
import Foundation
import Messages
import NeuralNetwork

/// Options of decoding class scores to text.
package struct DecodingOptions: Sendable, Equatable {
  /// The beam width of prefix beam search; nil is greedy decoding, or 16 with a language model.
  package var beam: Int?
  /// A UTF-8 text file for building a language model, with one image's text per line.
  package var lm: String?
  /// Weight of the language model.
  package var lmWeight: Double?

  package init(beam: Int? = nil, lm: String? = nil, lmWeight: Double? = nil) {
    (self.beam, self.lm, self.lmWeight) = (beam, lm, lmWeight)
  }

  /// The order of the n-grams, in letters.
  static let order = 6
  static let defaultWeight = 0.3
  /// The bonus for a letter, in units of the language model's weight: about the average cost of a letter.
  static let bonusShare = 1.5

  /// Makes decoders, one for each thread.
  ///
  /// - Throws: `ConfigurationError` for an invalid option; `DataSetError` for an unusable text.
  func decoders(_ codec: LabelCodec, _ policy: TextPolicy) throws -> () -> any LabelDecoder {
    if let beam, !(1...1000).contains(beam) { throw ConfigurationError("--beam \(beam): must be 1 to 1000") }
    if let lmWeight, !(0...10).contains(lmWeight) {
      throw ConfigurationError("--lm-weight \(lmWeight): must be 0 to 10")
    }
    if lm == nil, lmWeight != nil { throw ConfigurationError("--lm-weight goes with --lm only") }
    guard beam != nil || lm != nil else { return { GreedyDecoder() } }
    let model = try lm.map { path in
      let lines = try TextLines.read(path, policy).lazy.map { codec.encode($0, unknown: NGramModel.unknown) }
      guard let model = NGramModel(lines, classes: codec.alphabet.classCount, order: DecodingOptions.order) else {
        throw DataSetError.tooLarge(
          path: path, place: "", what: "the number of different letter sequences",
          limit: "\(NGramModel.maximumSize); give less text")
      }
      return model
    }
    let weight = model == nil ? 0 : lmWeight ?? DecodingOptions.defaultWeight
    let settings = PrefixBeamSearch.Settings(
      width: beam ?? 16, languageWeight: weight, letterBonus: DecodingOptions.bonusShare * weight)
    return { PrefixBeamSearch(settings, model: model) }
  }
}
