import Foundation
import Testing
import Typesetting

@Suite struct WordCorpusTests {
  private func temporaryFile(_ bytes: [UInt8]) throws -> String {
    let path = NSTemporaryDirectory() + "corpus-\(UUID().uuidString).txt"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func wordsInOrderOnceInNFC() {
    // A byte-order mark, every kind of space, a repeated word, and ෝ in two ways.
    let text = "\u{FEFF}මල්  ගස්\tමල්\r\nක\u{0DDD}\u{00A0}ක\u{0DD9}\u{0DCF}\u{0DCA}\u{2003}අද\n"
    #expect(WordCorpus.words(in: text) == ["මල්", "ගස්", "ක\u{0DDD}", "අද"])
    #expect(WordCorpus.words(in: text)[2].unicodeScalars.count == 2)
  }

  @Test func frequenciesAreIgnoredAndNumbersAreNot() {
    #expect(WordCorpus.words(in: "මල්\t512\nගස් 7\n2024\n") == ["මල්", "ගස්", "7", "2024"])
  }

  @Test func joinersMakeDifferentWords() {
    #expect(WordCorpus.words(in: "ක්\u{200D}ය ක්ය").count == 2)
  }

  @Test func unreadableCorporaAreErrors() throws {
    let latin = try temporaryFile(Array("ab".utf8) + [0xE9, 0x20])
    let cut = try temporaryFile(Array("අම".utf8.dropLast()))
    let empty = try temporaryFile(Array(" \n\t\n".utf8))
    defer { for path in [latin, cut, empty] { try? FileManager.default.removeItem(atPath: path) } }
    for (path, part) in [
      (latin, "byte 2"), (cut, "byte 3"), (empty, "no word"), ("/no/such/file", "opened"),
      (NSTemporaryDirectory(), "read"),
    ] {
      let error = try #require(throws: TypesettingError.self) { try WordCorpus.read(path: path) }
      #expect("\(error)".contains(path) && "\(error)".contains(part), "\(error)")
    }
  }

  @Test func checkListsTheFirstTen() throws {
    let faces = try FontCatalog.resolve(["Noto Sans Sinhala", "Noto Serif Sinhala"])
    try CorpusCheck.check(["මල්", "ශ්‍රී"], faces: faces)
    let tamil = (0..<12).map { "க" + String(repeating: "ா", count: $0) }
    let error = try #require(throws: TypesettingError.self) { try CorpusCheck.check(["මල්"] + tamil, faces: faces) }
    let text = "\(error)"
    #expect(text.contains("12 of 13") && text.contains("U+0B95") && text.contains("Noto Sans Sinhala"))
    #expect(text.components(separatedBy: "has no glyph").count == 11)
  }

  @Test(arguments: [("මල්\u{200B}", "invisible"), ("\u{0DD2}මල්", "sign"), ("ම\u{07}", "invisible")])
  func checkFindsWhatCannotBeSeen(word: String, part: String) throws {
    let faces = try FontCatalog.resolve(["Noto Sans Sinhala"])
    let error = try #require(throws: TypesettingError.self) { try CorpusCheck.check([word], faces: faces) }
    #expect("\(error)".contains(part))
  }
}
