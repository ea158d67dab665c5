import Checkpoints
import Datasets
import Files
import Foundation
import Messages
import NeuralNetwork

/// The `config.json` beside exported weights.
struct ExportedConfiguration: Codable, Equatable {
  static let format = "akuru-export-1"

  var format = ExportedConfiguration.format
  var akuru = akuruVersion
  /// The file name of the weights.
  var weights: String
  var architecture: Architecture
  /// Class k is `alphabet[k - 1]`.
  var alphabet: [String]
  /// Class of the CTC blank.
  var blank = 0
  var preprocessing: Preprocessing
  /// What happened to the texts that the model learned from. With a direction, the letters of a label are in the order of the
  /// page.
  var textPolicy: TextPolicy
}

extension ExportedModel {
  /// Writes the weights alone as a safetensors file with alphabet, preprocessing and architecture in its metadata, and
  /// a `config.json` with the same beside it.
  func writeSafeTensors(to path: String) throws {
    let configurationPath = "\(folder(of: path))/config.json"
    try refuseToOverwrite(configurationPath, of: lastComponent(path))
    let configuration = ExportedConfiguration(
      weights: lastComponent(path), architecture: architecture, alphabet: alphabet.scalars.map(String.init),
      preprocessing: preprocessing, textPolicy: textPolicy)
    // `format: pt` tells Hugging Face's tools that names and layouts are PyTorch's.
    let metadata = try metadata().merging(["format": "pt"]) { $1 }
    try SafeTensors.write(tensors, metadata: metadata, to: path)
    try AtomicFile.write(Array(RunJSON.pretty(configuration).utf8), to: configurationPath)
  }

  /// Throws if a run directory's `config.json`, or another model's, would be overwritten.
  private func refuseToOverwrite(_ path: String, of weights: String) throws {
    guard let kind = try kind(of: path) else { return }
    struct Format: Decodable {
      let format: String?
      let weights: String?
    }
    let data = kind == .file ? FileManager.default.contents(atPath: path) ?? Data() : Data()
    let format = try? JSONDecoder().decode(Format.self, from: data)
    guard format?.format == ExportedConfiguration.format, format?.weights == weights else {
      throw ConfigurationError(
        "--output: \(path) exists and is not of an export of that name, so it is not overwritten; choose another folder"
      )
    }
  }
}
