import Checkpoints
import Datasets
import Messages
import NeuralNetwork

/// A recognition model in a safetensors file of kraken: the network of its string, and its weights under Akuru's names.
///
/// Everything in the file may be hostile: sizes are checked before memory is allocated for them.
package struct KrakenModel {
  let path: String
  package let architecture: Architecture
  package let alphabet: Alphabet
  package let textPolicy: TextPolicy
  /// The weights, in forward order.
  package let tensors: [NamedTensor]
  /// What the file says of images that cannot be followed here: a line each.
  package let warnings: [String]

  /// Why a file of kraken cannot be read.
  package struct Fault: Error, CustomStringConvertible, ExitStatusProviding {
    let path: String
    let why: String

    package var description: String { "\(path): \(why)".onOneLine }
    package var exitStatus: ExitStatus { .badData }
  }

  /// The longest description of models that is read, in bytes.
  static let maximumLength = 16 << 20
  /// Columns that kraken puts at each side of a line.
  static let sideMargin = 16

  /// Whether kraken has written a file.
  package static func isWritten(_ file: SafeTensorsFile) -> Bool { file.metadata[KrakenMetadata.key] != nil }

  /// The model in the file that an argument for checkpoints names; nil if it is none of kraken.
  /// - Throws: ``Fault``, or `SafeTensorsError`.
  init?(_ argument: String) throws {
    guard let path = try? CheckpointDirectory.resolve(argument), let file = try? SafeTensorsFile(path),
      KrakenModel.isWritten(file)
    else { return nil }
    try self.init(file)
  }

  /// The model as a checkpoint.
  var checkpoint: CheckpointDirectory.LoadedCheckpoint {
    CheckpointDirectory.LoadedCheckpoint(path: path, checkpoint: Checkpoint(tensors: tensors, metadata: [:]))
  }

  /// kraken's networks have learned lines with white at both ends, resized by Lanczos' filter.
  package var images: ImageSettings {
    var images = ImageSettings()
    images.resampling = .lanczos
    images.sideMargin = KrakenModel.sideMargin
    return images
  }

  var description: ModelDescription {
    // Lines of kraken's networks are high, and so wide.
    return ModelDescription(
      architecture: architecture, alphabet: alphabet,
      maximumWidth: min(65_535, max(4096, 64 * architecture.inputHeight)),
      microBatch: 4, textPolicy: textPolicy, images: images)
  }

  /// - Throws: ``Fault`` for a model that is damaged or cannot be computed here; `SafeTensorsError`.
  package init(_ file: SafeTensorsFile) throws {
    func fault(_ why: String) -> Fault { Fault(path: file.path, why: why) }
    let (prefix, metadata) = try KrakenModel.recognitionModel(of: file)
    let network: (architecture: Architecture, blocks: [KrakenBlock])
    do {
      network = try Architecture.kraken(metadata.vgsl)
    } catch {
      throw fault("its network is not possible here: \(error)")
    }
    do {
      alphabet = try KrakenModel.alphabet(metadata.codec)
      try network.architecture.validate(classes: alphabet.classCount)
    } catch let error as Fault {
      throw fault(error.why)
    } catch {
      throw fault("\(error)")
    }
    var reader = KrakenWeights(file: file, prefix: prefix, classes: alphabet.classCount)
    do {
      try reader.read(network.architecture, network.blocks)
    } catch let error as KrakenWeights.Problem {
      throw fault(error.why)
    }
    let stray = file.entries.first { $0.name.hasPrefix("\(prefix).") && !reader.names.contains($0.name) }
    if let stray { throw fault("tensor \(stray.name.shortened) belongs to no layer of its network") }
    (path, architecture, tensors) = (file.path, network.architecture, reader.tensors)
    textPolicy = TextPolicy(
      normalization: metadata.normalization, whitespace: .collapse, direction: metadata.reorders ? .auto : nil)
    warnings = metadata.warnings
  }

  /// The prefix of the only model that recognizes texts, and what is said of it.
  private static func recognitionModel(of file: SafeTensorsFile) throws -> (String, ReadMetadata) {
    func fault(_ why: String) -> Fault { Fault(path: file.path, why: why) }
    let text = file.metadata[KrakenMetadata.key] ?? ""
    guard text.utf8.count <= maximumLength else {
      throw fault("its \(KrakenMetadata.key) is longer than \(maximumLength >> 20) MiB")
    }
    guard let models = try? RunJSON.decode([String: JSONValue].self, from: text) else {
      throw fault("its \(KrakenMetadata.key) is not an object with a model for each name")
    }
    let readers = models.filter { $0.value["_tasks"]?.texts.contains("recognition") == true }
    guard let (prefix, fields) = readers.first, readers.count == 1 else {
      throw fault("it has \(readers.count) models that recognize texts, not one")
    }
    guard fields["_model"] == .text(KrakenMetadata.model) else {
      let name = fields["_model"]?.words ?? "none"
      throw fault("its model is a \(name.shortened); \(KrakenMetadata.model) can be read")
    }
    guard case .text(let vgsl) = fields["vgsl"] else { throw fault("its metadata lack the network, vgsl") }
    return (prefix, ReadMetadata(vgsl: vgsl, fields: fields))
  }

  /// The letters in the order of their classes.
  static func alphabet(_ codec: JSONValue?) throws -> Alphabet {
    func fault(_ why: String) -> Fault { Fault(path: "", why: why) }
    var letters: [(scalar: Unicode.Scalar, label: Int)] = []
    guard let codec, case .object(let entries) = codec, !entries.isEmpty else {
      throw fault("its codec has no letters")
    }
    for (text, labels) in entries {
      guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first else {
        throw fault("its codec has \(text.shortened) as one letter; only single code points are possible here")
      }
      guard case .array(let classes) = labels, classes.count == 1, let label = classes[0].integer else {
        throw fault("its codec has several classes for \(scalar.codePoint); only one is possible here")
      }
      letters.append((scalar, label))
    }
    letters.sort { $0.label < $1.label }
    for (i, letter) in letters.enumerated() where letter.label != i + 1 {
      throw fault(
        "its codec leaves classes without a letter, or has two for one: \(letter.label) is found, \(i + 1) expected")
    }
    return try Alphabet(scalars: letters.map(\.scalar))
  }
}

/// What the metadata of a model say, in the forms of several versions of kraken.
private struct ReadMetadata {
  let vgsl: String
  let fields: JSONValue

  /// The codec: an object, or its JSON as a text.
  var codec: JSONValue? {
    guard case .text(let text) = fields["codec"] else { return fields["codec"] }
    return try? RunJSON.decode(JSONValue.self, from: text)
  }

  private var hyperParameters: JSONValue? { fields["hyper_params"] }

  /// kraken leaves texts alone unless it is told otherwise.
  var normalization: TextPolicy.Normalization {
    let name = hyperParameters?["normalization"]?.words.lowercased() ?? "none"
    return TextPolicy.Normalization(rawValue: name) ?? .none
  }

  var reorders: Bool { hyperParameters?["bidi_reordering"] != .boolean(false) }

  var warnings: [String] {
    var warnings: [String] = []
    if fields["seg_type"] == .text("bbox") {
      warnings.append("kraken straightened the lines of this model; --line-normalizer center is nearest to that")
    }
    if fields["one_channel_mode"] == .text("1") {
      warnings.append("this model was trained on black and white images; gray ones are read badly")
    }
    return warnings
  }
}
