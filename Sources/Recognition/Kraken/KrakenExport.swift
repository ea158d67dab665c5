import Checkpoints
import Datasets
import Hashing
import Messages

extension ExportedModel {
  /// Writes the model as a safetensors file for `kraken -m` and eScriptorium. The bytes depend on the model only.
  ///
  /// - Throws: `ConfigurationError` for a layer that kraken does not have; `SafeTensorsError` if the file cannot be written.
  func writeKraken(to path: String) throws {
    let network: KrakenNetwork
    do {
      network = try KrakenNetwork(self)
    } catch let refusal as KrakenNetwork.Refusal {
      throw ConfigurationError("--format kraken: kraken cannot have layer \(refusal.layer): \(refusal.why)")
    }
    let letters = alphabet.scalars.enumerated().map { (String($1), [$0 + 1]) }
    let model = KrakenMetadata(
      vgsl: network.spec, codec: Dictionary(uniqueKeysWithValues: letters),
      hyperParameters: .init(
        normalization: textPolicy.normalization == .none ? nil : textPolicy.normalization.rawValue.uppercased(),
        normalizesWhitespace: textPolicy.whitespace == .collapse,
        reorders: !isInPageOrder, padding: preprocessing.sideMargin ?? 0))
    let prefix = identifier(of: network)
    let tensors = network.tensors.map {
      NamedTensor(name: "\(prefix).nn.\($0.name)", shape: $0.shape, values: $0.values)
    }
    try SafeTensors.write(
      tensors, metadata: [KrakenMetadata.key: RunJSON.line([prefix: model])], to: path)
  }

  /// Whether texts are in the order of the page, and that may differ from the order of reading.
  private var isInPageOrder: Bool { (textPolicy.direction ?? .ofThePage) == .ofThePage && alphabet.mayRunRightToLeft }

  /// What the file cannot say, so that kraken reads other texts unless its user does something: one line each.
  var krakenWarnings: [String] {
    var warnings: [String] = []
    if let light = preprocessing.light { warnings.append("--light \(light)") }
    if let normalizer = preprocessing.lineNormalizer { warnings.append("--line-normalizer \(normalizer)") }
    if let polarity = preprocessing.polarity { warnings.append("--polarity \(polarity)") }
    if let lines = preprocessing.lines { warnings.append("--lines \(lines)") }
    warnings = warnings.map { "kraken cannot do what \($0) does to images; prepare them before it reads them" }
    let margin = preprocessing.sideMargin ?? 0
    if margin != KrakenModel.sideMargin {
      warnings.append(
        "kraken puts \(KrakenModel.sideMargin) white columns left and right of each line; tell it `ocr --pad \(margin)`, as the model was trained, "
          + "or train with --side-margin \(KrakenModel.sideMargin)")
    }
    if preprocessing.resampling == nil {
      warnings.append(
        "kraken resizes lines by Lanczos' filter, which changes few texts; train with --resampling lanczos to have the same"
      )
    }
    if isInPageOrder {
      warnings.append("texts are in the order of the page; tell kraken with `ocr --no-reorder`")
    } else if textPolicy.direction == .ltr || textPolicy.direction == .rtl {
      let letter = textPolicy.direction == .rtl ? "R" : "L"
      warnings.append("texts have a fixed direction; tell kraken with `ocr --base-dir \(letter)`")
    }
    let lost = alphabet.scalars.filter(\.isLostByReordering)
    if !lost.isEmpty && !isInPageOrder {
      let names = lost.map(\.codePoint).joined(separator: ", ")
      let remedy = alphabet.mayRunRightToLeft ? "its texts lack them" : "tell it `ocr --no-reorder`"
      warnings.append("kraken drops \(names) where it puts texts into their logical order; \(remedy)")
    }
    return warnings
  }

  /// The prefix of the tensors: a UUID (RFC 9562, version 8) of string and weights.
  private func identifier(of network: KrakenNetwork) -> String {
    let hash = SHA256()
    hash.update(Array(network.spec.utf8))
    for tensor in network.tensors { tensor.values.withUnsafeBytes { hash.update($0) } }
    hash.update(alphabet.scalars.flatMap { Array(String($0).utf8) })
    var bytes = Array(hash.finalize().prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array(hexadecimal(bytes))
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return groups.map { String(digits[$0]) }.joined(separator: "-")
  }
}

extension Unicode.Scalar {
  /// Whether the algorithm for display order removes the letter (rule X9 of Unicode Standard Annex 9), as kraken does: joiners,
  /// soft hyphens and other letters of the class BN that texts hold.
  fileprivate var isLostByReordering: Bool {
    switch value {
    case 0xAD, 0x180E, 0x200B...0x200D, 0x2060...0x2064, 0xFEFF: true
    default: false
    }
  }
}
