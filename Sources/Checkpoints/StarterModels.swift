import Files
import Foundation

/// Models to begin from, by name: a folder of models has `NAME/model.safetensors`, a checkpoint with the weights alone, and
/// `NAME/card.md`, which says what it reads and how it was made.
package struct StarterModels: Sendable {
  /// A model and its files.
  package struct Model: Sendable, Equatable {
    package let name: String
    /// The checkpoint.
    package let path: String
    /// The card, which may be missing.
    package let cardPath: String

    /// The text of the card; nil if there is none.
    package func card() throws(FileError) -> String? {
      guard try kind(of: cardPath) == .file else { return nil }
      return FileManager.default.contents(atPath: cardPath).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// The folders that are searched, the first one first.
  package let folders: [String]

  /// Those of `AKURU_MODELS`, separated by colons; without it, those beside the program: `../share/akuru/models` of an installed one,
  /// `Launch/models` of one that was built in its sources.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    if let given = environment["AKURU_MODELS"] {
      folders = given.split(separator: ":").map(String.init)
    } else {
      let program = folder(of: resolvedPath("/proc/self/exe") ?? "")
      folders = ["\(program)/../share/akuru/models", "\(program)/../../../Launch/models"].map { resolvedPath($0) ?? $0 }
    }
  }

  /// All models, by name; of several with the same name the first one.
  /// - Throws: `FileError` for a folder that cannot be read. One that does not exist has no models.
  package func all() throws(FileError) -> [Model] {
    var found: [String: Model] = [:]
    for folder in folders where try kind(of: folder) == .folder {
      for name in try folderContents(folder) where found[name] == nil {
        if let model = try model(name, in: folder) { found[name] = model }
      }
    }
    return found.values.sorted { pathPrecedes($0.name, $1.name) }
  }

  /// The model of this name; nil if there is none.
  package func named(_ name: String) throws(FileError) -> Model? {
    for folder in folders { if let model = try model(name, in: folder) { return model } }
    return nil
  }

  private func model(_ name: String, in folder: String) throws(FileError) -> Model? {
    guard !name.isEmpty, name.utf8.count <= 64, !name.hasPrefix("."), !name.contains("/") else { return nil }
    let path = "\(folder)/\(name)/model.safetensors"
    guard try kind(of: path) == .file else { return nil }
    return Model(name: name, path: path, cardPath: "\(folder)/\(name)/card.md")
  }
}
