import Checkpoints
import Datasets
import Foundation
import Hashing
import Messages
import NeuralNetwork
import Recognition
import Settings

/// The initial network of a run, `--init-from`: an Akuru checkpoint, or a safetensors file of PyTorch or kraken. Rank 0 reads it.
struct PretrainedNetwork {
  /// The facts that rank 0 broadcasts.
  struct Description: Codable, Sendable {
    var path: String
    var architecture: Architecture
    var alphabet: Alphabet
    /// What happened to the texts that it learned from; nil if its file does not say it.
    var textPolicy: TextPolicy?
    /// What happened to the images that it learned from; nil if its file does not say it.
    var images: ImageSettings?
    /// SHA-256 of the tensors.
    var digest: String
  }

  let description: Description
  private let tensors: [NamedTensor]

  /// Reads a network.
  ///
  /// - Parameters:
  ///   - argument: a checkpoint, a run directory (its best checkpoint, else the newest), or a safetensors file with the
  ///     names of a PyTorch state dict.
  ///   - options: give what a PyTorch file lacks: model, height, polarity and alphabet.
  /// - Throws: `CheckpointError`, `SafeTensorsError` or `ConfigurationError`, which name file and remedy.
  init(_ argument: String, options: Overrides, log: (String) -> Void) throws {
    let path = try CheckpointDirectory.resolve(argument)
    let (architecture, alphabet): (Architecture, Alphabet)
    var textPolicy: TextPolicy?
    var images: ImageSettings?
    if path != argument || PretrainedNetwork.isCheckpoint(path) {
      let loaded = try CheckpointDirectory.open(argument, log: log)
      let model = try ModelDescription(of: loaded)
      (architecture, alphabet, textPolicy) = (model.architecture, model.alphabet, model.textPolicy)
      images = model.images
      tensors = loaded.checkpoint.tensors.filter { !$0.name.hasPrefix("optimizer.") && !$0.name.hasPrefix("training.") }
    } else if case let file = try SafeTensorsFile(path), KrakenModel.isWritten(file) {
      let model = try KrakenModel(file)
      (architecture, alphabet, textPolicy) = (model.architecture, model.alphabet, model.textPolicy)
      (images, tensors) = (model.images, model.tensors)
      for warning in model.warnings { log("\(path): \(warning)") }
    } else {
      let file = try SafeTensorsFile(path)
      // PyTorch counts the batches of a batch normalization; only a momentum of None needs them.
      let entries = file.entries.filter { !$0.name.hasSuffix(".num_batches_tracked") }
      tensors = try entries.map { NamedTensor(name: $0.name, shape: $0.shape, values: try file.floats($0.name)) }
      architecture = try PretrainedNetwork.architecture(of: file, options)
      alphabet = try PretrainedNetwork.alphabet(of: file, options)
      textPolicy = try PretrainedNetwork.textPolicy(of: file, path: path)
      images = try PretrainedNetwork.images(of: file, path: path)
    }
    if let policy = textPolicy, policy.direction == nil, alphabet.mayRunRightToLeft, options["direction"] == nil {
      log("\(path): texts are taken in the order of the page, as the model was trained; --direction auto changes this")
    }
    description = Description(
      path: argument, architecture: architecture, alphabet: alphabet, textPolicy: textPolicy, images: images,
      digest: PretrainedNetwork.digest(tensors))
    try check()
  }

  /// What an exported model says of its texts; nil if it says nothing.
  private static func textPolicy(of file: SafeTensorsFile, path: String) throws -> TextPolicy? {
    guard let text = file.metadata["textPolicy"] else { return nil }
    do {
      return try RunJSON.decode(TextPolicy.self, from: text)
    } catch {
      throw ConfigurationError(
        option: "initFrom", " \(path): its textPolicy is none that this version knows; export the model again")
    }
  }

  /// What an exported model says of its images; nil if it says nothing. Its keys are the names of the options.
  private static func images(of file: SafeTensorsFile, path: String) throws -> ImageSettings? {
    guard let text = file.metadata["preprocessing"] else { return nil }
    do {
      return try RunJSON.decode(ImageSettings.self, from: text)
    } catch {
      throw ConfigurationError(
        option: "initFrom", " \(path): its preprocessing is none that this version knows; export the model again")
    }
  }

  private static func isCheckpoint(_ path: String) -> Bool {
    (try? SafeTensorsFile(path))?.metadata["format"] == Checkpoint.format
  }

  private static func digest(_ tensors: [NamedTensor]) -> String {
    let hash = SHA256()
    for tensor in tensors {
      hash.update(Array("\(tensor.name) \(tensor.shape)\n".utf8))
      tensor.values.withUnsafeBytes { hash.update($0) }
    }
    return hexadecimal(hash.finalize())
  }

  /// The architecture in the file, else that of the options, else the one that its names and shapes match.
  private static func architecture(of file: SafeTensorsFile, _ options: Overrides) throws -> Architecture {
    if let text = file.metadata["architecture"], let said = try? RunJSON.decode(Architecture.self, from: text) {
      return said
    }
    if options["model"] != nil { return try Recipe(options.forModel).model.architecture() }
    var found: Architecture
    if let convolution = file.entry("conv1.0.weight"), let recurrent = file.entry("rnn.weight_hh_l0"),
      convolution.shape.count == 4, recurrent.shape.count == 2
    {
      found = .tutorial(
        channels: convolution.shape[0], hidden: recurrent.shape[1], height: options.integer("height") ?? 61)
    } else if file.entry("cnn.18.weight") != nil {
      found = .crnn(height: options.integer("height") ?? 32)
    } else {
      throw ConfigurationError("--init-from \(file.path): its network is unknown; name it with --model")
    }
    found.inkIsPositive = options.integer("paperValue") != 1
    return found
  }

  /// The alphabet in the file, or the one given for it.
  private static func alphabet(of file: SafeTensorsFile, _ options: Overrides) throws -> Alphabet {
    if let path = options.text("initAlphabet") { return try Alphabet(fileURL: URL(fileURLWithPath: path)) }
    if let text = file.metadata["alphabet"] {
      if let letters = try? RunJSON.decode([String].self, from: text),
        let alphabet = try? Alphabet(scalars: letters.map { try singleScalar($0) })
      {
        return alphabet
      }
      if let alphabet = try? RunJSON.decode(Alphabet.self, from: text) { return alphabet }
      throw ConfigurationError(
        "--init-from \(file.path): the alphabet in its metadata is no list of letters; give the right one with --init-alphabet"
      )
    }
    if let path = options.text("alphabet") { return try Alphabet(fileURL: URL(fileURLWithPath: path)) }
    throw ConfigurationError(
      "--init-from \(file.path): says nothing of its alphabet; give its letters, in the order of their classes, with "
        + "--init-alphabet FILE")
  }

  private struct NotOneLetter: Error {}

  private static func singleScalar(_ text: String) throws -> Unicode.Scalar {
    guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first else { throw NotOneLetter() }
    return scalar
  }

  /// Checks that the tensors are exactly those of the network, and finite.
  private func check() throws {
    let (architecture, classes) = (description.architecture, description.alphabet.classCount)
    func fail(_ what: String) -> ConfigurationError { ConfigurationError("--init-from \(description.path): \(what)") }
    do {
      try architecture.validate(classes: classes)
    } catch {
      throw fail("\(error)")
    }
    if let output = architecture.stages.last?.name, let rows = tensor("\(output).weight")?.shape.first, rows != classes
    {
      throw fail(
        "the network has \(rows) classes, and an alphabet of \(classes - 1) letters (with the CTC blank \(classes)) does "
          + "not fit; give the right one with --init-alphabet")
    }
    let parameters = try CRNN(architecture: architecture, classes: classes).parameters
    let shapes =
      parameters.tensors.map { ($0.name, $0.shape) } + parameters.buffers.map { ($0.name, [$0.value.count]) }
    for (name, shape) in shapes {
      guard let tensor = tensor(name) else { throw fail("tensor \(name) is missing; is it another --model?") }
      guard tensor.shape == shape else {
        throw fail(
          "tensor \(name) has shape \(tensor.shape), the network needs \(shape); is it another --model or --height?")
      }
      guard tensor.values.allSatisfy(\.isFinite) else { throw fail("tensor \(name) has a value that is not finite") }
    }
    let known = Set(shapes.map(\.0))
    if let stray = tensors.first(where: { !known.contains($0.name) }) {
      throw fail("tensor \(stray.name) belongs to no layer of the network; is it another --model?")
    }
  }

  private func tensor(_ name: String) -> NamedTensor? { tensors.first { $0.name == name } }

  /// Writes the weights into a network of the same architecture, whose output has the letters of `alphabet`: letters of
  /// both alphabets keep their rows, and new ones are drawn from the statistics of the old rows.
  func copy(into network: CRNN, alphabet: Alphabet, seed: UInt64) throws {
    let outputs = network.architecture.stages.filter(\.hasClasses).map(\.name)
    let letters = LetterRows(from: description.alphabet, to: alphabet, seed: seed)
    func copy(_ name: String, _ shape: [Int], into target: UnsafeMutablePointer<Float>) throws {
      guard let tensor = tensor(name), tensor.shape.dropFirst() == shape.dropFirst() else {
        throw CheckpointError.tensor(name: name, why: "is missing in \(description.path), or has another shape")
      }
      let isOutput = outputs.contains { name == "\($0).weight" || name == "\($0).bias" }
      guard isOutput || tensor.shape == shape else {
        throw CheckpointError.tensor(name: name, why: "has shape \(tensor.shape), the model needs \(shape)")
      }
      let values = isOutput ? letters.rows(of: tensor) : tensor.values
      values.withUnsafeBufferPointer { target.update(from: $0.baseAddress!, count: $0.count) }
    }
    for parameter in network.parameters.tensors {
      try copy(parameter.name, parameter.shape, into: parameter.value.pointer)
    }
    for buffer in network.parameters.buffers { try copy(buffer.name, [buffer.value.count], into: buffer.value.pointer) }
  }
}

extension PretrainedNetwork.Description {
  /// The options, completed by the network's architecture and text policy unless they name others.
  func completing(_ options: Overrides) -> Overrides {
    var found = Overrides()
    let names = modelOptions
    if options["model"] == nil || options["model"] == names["model"] { found = Overrides(names) }
    if !architecture.inkIsPositive { found["paperValue"] = .integer(1) }
    if let textPolicy {
      found["normalize"] = .text(textPolicy.normalization.rawValue)
      found["whitespace"] = .text(textPolicy.whitespace.rawValue)
      if let direction = textPolicy.direction {
        found["direction"] = .text(direction.rawValue)
      } else if alphabet.mayRunRightToLeft {
        found["direction"] = .text(TextDirection.ofThePage.rawValue)
      }
    }
    if let images {
      found["polarity"] = images.polarity.map { .text($0.rawValue) }
      found["lines"] = images.lines.map { .text($0.rawValue) }
      found["light"] = images.light.map { .text($0.rawValue) }
      found["lineNormalizer"] = images.lineNormalizer.map { .text($0.rawValue) }
      found["resampling"] = images.resampling.map { .text($0.rawValue) }
      found["sideMargin"] = images.sideMargin.map { .integer($0) }
    }
    return options.over(found)
  }

  /// The options that give the architecture: those of a named network, else its spec string.
  private var modelOptions: [String: JSONValue] {
    let (height, stages) = (JSONValue.integer(architecture.inputHeight), architecture.stages)
    if stages == Architecture.akuru().stages { return ["model": .text("akuru"), "height": height] }
    if stages == Architecture.crnn().stages { return ["model": .text("crnn"), "height": height] }
    if case .convolution(_, let channels, _, _, _, _) = stages.first,
      let hidden = stages.lazy.compactMap({ if case .recurrent(_, _, let hidden, _, _) = $0 { hidden } else { nil } })
        .first,
      stages == Architecture.tutorial(channels: channels, hidden: hidden).stages
    {
      let name = ModelSettings.tutorialNames.contains(architecture.name) ? architecture.name : "tutorial"
      return ["model": .text(name), "channels": .integer(channels), "hidden": .integer(hidden), "height": height]
    }
    return ["model": .text(architecture.spec)]
  }
}

extension Overrides {
  /// The options that name a network.
  fileprivate var forModel: Overrides {
    var options = Overrides()
    for name in ["model", "channels", "hidden", "height", "paperValue"] { options[name] = self[name] }
    return options
  }
}
