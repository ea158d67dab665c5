import Foundation
import Messages

extension Augmentation {
  /// The size limit of an augmentation file, in bytes.
  static let largestFile = 1 << 16

  /// The set that an argument names: "default", "strong", "none", or a JSON file.
  /// - Throws: ``AugmentationError`` that names the file and the key.
  package init(argument: String) throws(AugmentationError) {
    if let named = Augmentation(name: argument) {
      self = named
    } else if argument.hasSuffix(".json") {
      self = try Augmentation(file: argument)
    } else {
      throw AugmentationError(
        "\(argument.shortened): it is one of \(Augmentation.names.joined(separator: ", ")), or the path of a .json file"
      )
    }
  }

  /// Reads a JSON file: an object with the selected operations, each an object with its keys. What it omits is taken
  /// from the set that `"base"` names; without a base it is switched off.
  ///
  ///     {"base": "strong", "erasing": {"chance": 0}, "blur": {"sigma": [0.5, 2]}}
  ///
  /// - Throws: ``AugmentationError`` that names the file and the key.
  package init(file: String) throws(AugmentationError) {
    let bytes: [UInt8]
    do {
      bytes = try readFile(file, limit: Augmentation.largestFile, limitName: "\(Augmentation.largestFile >> 10) KiB")
    } catch {
      throw AugmentationError("\(error)".onOneLine)
    }
    do {
      try self.init(json: bytes)
    } catch {
      throw AugmentationError("\(file): \(error)".onOneLine)
    }
  }

  /// As ``init(file:)``, for its bytes.
  init(json bytes: [UInt8]) throws(AugmentationError) {
    guard var object = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] else {
      throw AugmentationError("is not a JSON object")
    }
    var base = Augmentation.none
    if let name = object.removeValue(forKey: "base") {
      guard let named = (name as? String).flatMap(Augmentation.init(name:)) else {
        throw AugmentationError("\"base\" must be one of \(Augmentation.names.joined(separator: ", "))")
      }
      base = named
    }
    var merged = base.complete.object
    for (operation, value) in object.sorted(by: { $0.key < $1.key }) {
      guard let known = merged[operation] as? [String: Any] else {
        throw AugmentationError(
          "unknown key \"\(operation.shortened)\"; an augmentation has \(merged.keys.sorted().joined(separator: ", "))")
      }
      guard let wanted = value as? [String: Any] else {
        throw AugmentationError(
          "\"\(operation)\" must be an object with \(known.keys.sorted().joined(separator: ", "))")
      }
      for (key, value) in wanted.sorted(by: { $0.key < $1.key }) {
        guard known[key] != nil else {
          throw AugmentationError(
            "unknown key \"\(operation).\(key.shortened)\"; \(operation) has \(known.keys.sorted().joined(separator: ", "))"
          )
        }
        var changed = merged
        changed[operation] = (merged[operation] as? [String: Any])?.merging([key: value]) { $1 }
        guard Augmentation(object: changed) != nil else {
          let form = known[key] is [Any] ? "two numbers, [smallest, largest]" : "a number"
          throw AugmentationError("\"\(operation).\(key)\" must be \(form)")
        }
        merged = changed
      }
    }
    self = Augmentation(object: merged) ?? base
    try validate()
    self = reduced
  }

  private init?(object: [String: Any]) {
    guard let data = try? JSONSerialization.data(withJSONObject: object),
      let decoded = try? JSONDecoder().decode(Augmentation.self, from: data)
    else { return nil }
    self = decoded
  }

  private var object: [String: Any] {
    let data = try? JSONEncoder().encode(self)
    return data.flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] } ?? [:]
  }
}
