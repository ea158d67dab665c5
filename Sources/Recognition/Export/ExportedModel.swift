import Checkpoints
import Datasets
import Files
import Messages
import NeuralNetwork

/// A trained network for other programs: weights under PyTorch's names, the alphabet, and how an image becomes
/// the network's input.
struct ExportedModel {
  let architecture: Architecture
  let alphabet: Alphabet
  let geometry: InputGeometry
  /// Weights and running averages, in forward order.
  let tensors: [NamedTensor]

  init(_ recognizer: Recognizer) {
    (architecture, alphabet, geometry) = (
      recognizer.description.architecture, recognizer.alphabet, recognizer.description.geometry
    )
    textPolicy = recognizer.description.textPolicy
    let parameters = recognizer.network.parameters
    tensors =
      parameters.tensors.map { NamedTensor(name: $0.name, shape: $0.shape, values: $0.value.elements) }
      + parameters.buffers.map { NamedTensor(name: $0.name, shape: [$0.value.count], values: $0.value.elements) }
  }

  /// The tensor of this name; every layer of the architecture has its own.
  func tensor(_ name: String) -> NamedTensor {
    tensors.first { $0.name == name } ?? NamedTensor(name: name, shape: [0], values: [])
  }

  /// What happened to the texts that the model learned from.
  let textPolicy: TextPolicy

  var preprocessing: Preprocessing {
    Preprocessing(geometry, inkIsPositive: architecture.inkIsPositive)
  }

  /// The facts as JSON by key, for the metadata of a file.
  func metadata() throws -> [String: String] {
    [
      "alphabet": try RunJSON.line(alphabet.scalars.map(String.init)),
      "preprocessing": try RunJSON.line(preprocessing),
      "architecture": try RunJSON.line(architecture),
      "textPolicy": try RunJSON.line(textPolicy),
    ]
  }
}

/// The conversion of an image file to the network's input, for other programs that must do the same.
struct Preprocessing: Codable, Equatable {
  /// Pillow's name of 8-bit gray, (299 R + 587 G + 114 B) / 1000; transparency is composited over white.
  var mode = "L"
  /// "auto" if images with light writing on dark paper are inverted first; nil if not.
  var polarity: String?
  /// "vertical" if images are turned counterclockwise first, "vertical-up" if clockwise; nil if not.
  var lines: String?
  /// "even" if uneven light is removed first; nil if not.
  var light: String?
  /// "trim" or "center" if Akuru's line normalizer prepares the images; nil if not. Other programs must do the same.
  var lineNormalizer: String?
  /// "lanczos" with that filter; nil if not.
  var resampling: String?
  /// White columns that are put left and right of the resized image; nil for none. They count as columns of the input.
  var sideMargin: Int?
  /// Rows of the input.
  var height: Int
  /// Columns: max(minimumWidth, floor((2 * height * w + h) / (2 * h))) for an image of w x h pixels; with the filter LANCZOS
  /// max(minimumWidth, floor(height * w / h)).
  var minimumWidth: Int
  /// Wider images are refused.
  var maximumWidth: Int
  /// Pillow's name of the filter, which is widened when shrinking; the result has 8 bits. BILINEAR is a triangle.
  var filter = "BILINEAR"
  /// input = offset + scale * gray, where gray is 0 (black) to 255 (white).
  var scale: Double
  var offset: Double
  /// The value of pixels to the right of an image in a batch.
  var padding: Double = 0

  init(_ geometry: InputGeometry, inkIsPositive: Bool) {
    (height, minimumWidth, maximumWidth) = (geometry.height, geometry.minimumWidth, geometry.maximumWidth)
    if geometry.preparation.polarity != .keep { polarity = geometry.preparation.polarity.rawValue }
    if geometry.preparation.lines != .horizontal { lines = geometry.preparation.lines.rawValue }
    if geometry.preparation.light != .keep { light = geometry.preparation.light.rawValue }
    if geometry.preparation.normalizer != .none { lineNormalizer = geometry.preparation.normalizer.rawValue }
    if geometry.preparation.resampling == .lanczos { (resampling, filter) = ("lanczos", "LANCZOS") }
    if geometry.preparation.sideMargin != 0 { sideMargin = geometry.preparation.sideMargin }
    (scale, offset) = inkIsPositive ? (-1.0 / 255, 1) : (1.0 / 255, 0)
  }
}

/// The formats that `akuru export` writes.
package enum ExportFormat: String, Sendable, CaseIterable {
  case safetensors
  case onnx
  /// A checkpoint without the state of its training.
  case akuru
  /// A safetensors file for kraken and eScriptorium.
  case kraken
}

extension Recognizer {
  /// Writes the weights for other programs, or alone: `akuru export`. The bytes depend on the checkpoint only. A missing folder
  /// is created.
  ///
  /// - Parameters:
  ///   - argument: the checkpoint that the recognizer was read from.
  ///   - warn: gets a line for each thing that the format cannot say.
  ///
  /// - Throws: `SafeTensorsError` or `FileError` if a file cannot be written; `ConfigurationError` if that would
  ///   overwrite a file, or a `config.json` of another model, or if the format does not have one of the layers.
  package func export(_ format: ExportFormat, of argument: String, to path: String, warn: (String) -> Void) throws {
    try requireNewFile(path)
    let model = ExportedModel(self)
    try createFolder(of: path)
    switch format {
    case .safetensors: try model.writeSafeTensors(to: path)
    case .onnx: try model.writeONNX(to: path)
    case .kraken:
      try model.writeKraken(to: path)
      for warning in model.krakenWarnings { warn(warning) }
    case .akuru:
      // The identity says what a reader must know; cursor and optimizer belong to the run.
      let identity =
        try KrakenModel(argument) == nil
        ? CheckpointDirectory.open(argument) { _ in }.checkpoint.metadata.filter { $0.key == "identity" }
        : ["identity": RunJSON.line(description)]
      try Checkpoint(tensors: model.tensors, metadata: identity).write(to: path)
    }
  }
}
