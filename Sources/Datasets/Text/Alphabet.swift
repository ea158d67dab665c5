import Foundation
import Hashing
import Messages

/// The letters that a network can output: class k is `scalars[k - 1]`, class 0 is the CTC blank.
///
/// A letter is a Unicode scalar; ZWJ (U+200D) also counts, because Sinhala conjuncts need it.
package struct Alphabet: Sendable, Equatable {
  /// In class order.
  package let scalars: [Unicode.Scalar]
  private let classes: [UInt32: Int32]

  /// The limit of classes, including the blank.
  package static let maximumClassCount = 65_535

  /// The scalars of a text that the alphabet lacks: sorted, each once.
  package struct UnknownScalars: Error, Equatable, CustomStringConvertible {
    package let scalars: [Unicode.Scalar]

    package init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    package var description: String {
      "not in the alphabet: " + scalars.map(\.codePoint).joined(separator: ", ")
    }
  }

  /// An alphabet in the given order of classes.
  /// - Throws: ``DataSetError/invalid(reason:)`` if it is empty, too large, or contains a scalar twice or a control
  ///   character.
  package init(scalars: [Unicode.Scalar]) throws(DataSetError) {
    guard !scalars.isEmpty else { throw .invalid(reason: "the alphabet is empty; it needs at least one letter") }
    guard scalars.count < Alphabet.maximumClassCount else {
      throw .invalid(
        reason: "the alphabet has \(scalars.count) letters; with the blank it may have \(Alphabet.maximumClassCount)")
    }
    if let control = scalars.first(where: \.isControl) {
      throw .invalid(reason: "the alphabet holds \(control.codePoint), a control character; remove it")
    }
    var classes: [UInt32: Int32] = [:]
    classes.reserveCapacity(scalars.count)
    for (i, scalar) in scalars.enumerated() where classes.updateValue(Int32(i + 1), forKey: scalar.value) != nil {
      throw .invalid(reason: "the alphabet holds \(scalar.codePoint) twice; remove one")
    }
    self.scalars = scalars
    self.classes = classes
  }

  /// The sorted scalars of texts, which follow a ``TextPolicy``, in the order of the page: brackets are as they look there.
  package init(texts: some Sequence<String>, direction: TextDirection? = nil) throws(DataSetError) {
    var found: Set<UInt32> = []
    for text in texts {
      for scalar in (direction?.displayOrder(of: text) ?? text).unicodeScalars { found.insert(scalar.value) }
    }
    try self.init(scalars: found.sorted().compactMap(Unicode.Scalar.init))
  }

  /// Reads `{"scalars": ["a", ...]}` from a file whose name ends in `.json`; from any other file, UTF-8 text whose
  /// scalars are the letters in order, without line breaks.
  package init(fileURL: URL) throws(DataSetError) {
    let path = fileURL.path
    let bytes = try readFile(path, limit: 4 << 20, limitName: "4 MiB")
    do {
      if fileURL.pathExtension.lowercased() == "json" {
        self = try JSONDecoder().decode(Alphabet.self, from: Data(bytes))
        return
      }
    } catch let error as DataSetError {
      throw .malformed(path: path, place: "the alphabet", reason: error.description)
    } catch {
      throw .malformed(path: path, place: "the alphabet", reason: Alphabet.reason(for: error))
    }
    guard let text = String(validating: try TextBytes.utf8(bytes, path: path), as: UTF8.self) else {
      throw .notUTF8(path: path, place: "the alphabet")
    }
    do {
      try self.init(scalars: text.unicodeScalars.filter { $0 != "\n" && $0 != "\r" })
    } catch {
      throw .malformed(path: path, place: "the alphabet", reason: error.description)
    }
  }

  private static func reason(for error: any Error) -> String {
    if case .dataCorrupted(let context) = error as? DecodingError, !context.codingPath.isEmpty {
      return context.debugDescription
    }
    return "not of the form {\"scalars\": [\"a\", \"b\"]}"
  }

  /// Classes of the network's output, including the blank.
  package var classCount: Int { scalars.count + 1 }

  /// Whether the alphabet contains the scalar.
  package func contains(_ scalar: Unicode.Scalar) -> Bool { classes[scalar.value] != nil }

  /// The classes of the scalars of `text`, which follows the model's ``TextPolicy``.
  package func encode(_ text: String) throws(UnknownScalars) -> [Int32] {
    var labels: [Int32] = []
    labels.reserveCapacity(text.utf8.count)
    var unknown: Set<UInt32> = []
    for scalar in text.unicodeScalars {
      if let label = classes[scalar.value] { labels.append(label) } else { unknown.insert(scalar.value) }
    }
    guard unknown.isEmpty else {
      throw UnknownScalars(scalars: unknown.sorted().compactMap(Unicode.Scalar.init))
    }
    return labels
  }

  /// The classes of the scalars of `text`, `unknown` for those that the alphabet lacks.
  package func encode(_ text: String, unknown: Int32) -> [Int32] {
    text.unicodeScalars.map { classes[$0.value] ?? unknown }
  }

  /// The classes of the scalars of `text` that the alphabet contains; the others are omitted.
  package func encodeKnown(_ text: String) -> [Int32] {
    text.unicodeScalars.compactMap { classes[$0.value] }
  }

  /// The text of classes 1 ... scalars.count; the blank gives no text.
  package func decode(_ labels: some Sequence<Int32>) -> String {
    var text = String.UnicodeScalarView()
    for label in labels where label != 0 { text.append(scalars[Int(label) - 1]) }
    return String(text)
  }

  /// SHA-256 over the scalars in order, in hexadecimal.
  package var hash: String {
    let hash = SHA256()
    for scalar in scalars { withUnsafeBytes(of: scalar.value.littleEndian) { hash.update($0) } }
    return hexadecimal(hash.finalize())
  }
}

extension Alphabet: Codable {
  private enum CodingKeys: String, CodingKey { case scalars }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let strings = try container.decode([String].self, forKey: .scalars)
    let scalars = try strings.enumerated().map { i, string in
      guard string.unicodeScalars.count == 1, let scalar = string.unicodeScalars.first else {
        throw DecodingError.dataCorruptedError(
          forKey: .scalars, in: container,
          debugDescription: "entry \(i) is \(quoted(string)); it must be exactly one Unicode scalar")
      }
      return scalar
    }
    try self.init(scalars: scalars)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(scalars.map { String($0) }, forKey: .scalars)
  }
}
