import Foundation
import Messages

/// Words from a text file.
package enum WordCorpus {
  /// The size limit of a file, in bytes.
  package static let largestFile = 256 << 20

  /// The distinct words of a UTF-8 file in their order, split at white space and U+200B, in NFC. In a line "word TAB digits" the
  /// digits are a frequency, and ignored.
  /// - Throws: `TypesettingError.corpus` if the file cannot be read, is not UTF-8 or has no word.
  package static func read(path: String) throws(TypesettingError) -> [String] {
    let words = words(in: try readText(path: path))
    if words.isEmpty { throw .corpus(path, why: "holds no word; give a text file with words between white space") }
    return words
  }

  /// A UTF-8 file.
  /// - Throws: `TypesettingError.corpus` if it cannot be read or is not UTF-8.
  static func readText(path: String) throws(TypesettingError) -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .corpus(path, why: "cannot be opened; give a text file in UTF-8")
    }
    defer { try? handle.close() }
    return try readText(handle, named: path)
  }

  /// The same for an open file.
  package static func readText(_ handle: FileHandle, named path: String) throws(TypesettingError) -> String {
    let data: Data
    do {
      data = try handle.read(upToCount: largestFile + 1) ?? Data()
    } catch {
      throw .corpus(path, why: "cannot be read; give a text file in UTF-8")
    }
    if data.count > largestFile { throw .corpus(path, why: "larger than \(largestFile >> 20) MiB; split it") }
    let bytes = [UInt8](data)
    if let position = firstInvalid(bytes) {
      throw .corpus(path, why: "not UTF-8 at byte \(position); convert it, for example with iconv -t UTF-8")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Like `read`, for a text.
  package static func words(in text: String) -> [String] {
    var known = Set<[UInt8]>()
    var words: [String] = []
    let scalars = text.unicodeScalars
    for line in scalars.split(whereSeparator: { $0 == "\n" || $0 == "\r" }) {
      var fields = line.split(whereSeparator: { $0.properties.isWhitespace || $0 == "\u{FEFF}" || $0 == "\u{200B}" })
      if fields.count == 2, line.contains("\t"), fields[1].allSatisfy({ ("0"..."9").contains($0) }) {
        fields.removeLast()
      }
      for field in fields {
        let word = String(String.UnicodeScalarView(field)).precomposedStringWithCanonicalMapping
        if known.insert(Array(word.utf8)).inserted { words.append(word) }
      }
    }
    return words
  }

  /// The offset of the first byte that is not UTF-8.
  private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var (parser, source, position) = (UTF8.ForwardParser(), bytes.makeIterator(), 0)
    while true {
      switch parser.parseScalar(from: &source) {
      case .valid(let scalar): position += scalar.count
      case .error, .emptyInput: return position
      }
    }
  }
}

/// Finds words that cannot be drawn faithfully.
package struct CorpusCheck {
  /// The words that can be drawn, in order.
  package private(set) var good: [String] = []
  /// The number of words that cannot be drawn, and the problems of up to ten of them, each with scalar and font.
  package private(set) var bad = 0
  package private(set) var problems: [String] = []
  /// The way to a font with the missing letters; empty if none is known.
  private var hint = ""

  /// - Throws: `TypesettingError.font`.
  package init(_ words: [String], faces: [FontFace]) throws(TypesettingError) {
    let renderer = try WordRenderer(faces: faces)
    let scalars = Set(words.lazy.flatMap(\.unicodeScalars))
    var badScalars: [Unicode.Scalar: String] = [:]
    for scalar in scalars {
      if scalar == "\u{200D}" || scalar == "\u{200C}" { continue }
      if scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .control {
        badScalars[scalar] = "\(scalar.codePoint) is invisible"
      } else if let face = faces.indices.first(where: {
        !faces[$0].lacking.contains(scalar) && !renderer.has(scalar, face: $0)
      }) {
        badScalars[scalar] = "font \"\(faces[face].name)\" has no glyph for \(scalar.codePoint) \"\(scalar)\""
        if let family = FontCatalog.family(with: scalar), !faces[face].name.hasSuffix(family) {
          hint = ", such as \"\(faces[face].name) + \(family)\""
        }
      }
    }
    let face = faces.firstIndex { $0.lacking.isEmpty } ?? 0
    for word in words {
      var problem = word.unicodeScalars.lazy.compactMap { badScalars[$0] }.first
      if problem == nil && SinhalaOrthography.problem(in: word) != nil {
        // Other scripts have their own rules, so shaping decides. The error already names the word.
        do {
          _ = try renderer.shape(word, face: face)
        } catch {
          problem = "a sign has no letter to stand on"
        }
      }
      guard let problem else {
        good.append(word)
        continue
      }
      bad += 1
      if problems.count < 10 { problems.append("\"\(word.prefix(40))\": \(problem)") }
    }
  }

  /// The problems in a line.
  package var summary: String { problems.joined(separator: "; ") + (bad > problems.count ? "; ..." : "") }

  /// - Throws: `TypesettingError.text` that names up to ten words, each with scalar and font, and their number.
  package static func check(_ words: [String], faces: [FontFace]) throws(TypesettingError) {
    let check = try CorpusCheck(words, faces: faces)
    if check.bad == 0 { return }
    throw .text(
      "\(check.bad) of \(words.count) texts cannot be drawn faithfully; correct them, choose other --fonts\(check.hint), or "
        + "leave them out with --skip-bad: \(check.summary)")
  }
}
