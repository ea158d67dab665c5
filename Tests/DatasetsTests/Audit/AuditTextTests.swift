import Datasets
import Testing

/// Scalars that are in a text by mistake.
@Suite struct AuditTextTests {
  private func findings(_ text: String) throws -> [AuditFinding] {
    try audited([(scribble(5), "abc"), (scribble(5, seed: 2), text)]).result.findings
  }

  private func expect(_ text: String, _ kind: AuditFinding.Kind, _ parts: String...) throws {
    let found = try findings(text)
    #expect(found.map(\.kind) == [kind] && found.first?.record == 1 && found.first?.isProblem == false, "\(found)")
    for part in parts { #expect(found.first?.description.contains(part) == true, "\(found)") }
  }

  @Test func lostLetters() throws { try expect("caf\u{FFFD}", .replacementCharacter, "0001.png: ", "U+FFFD", "lost") }

  @Test func noCharacters() throws {
    for value in [0xFDD0, 0xFFFE, 0xFFFF, 0x10FFFF] as [UInt32] {
      let scalar = try #require(Unicode.Scalar(value))
      try expect(
        "x\(scalar)", .unassignedScalar, "U+\(String(value, radix: 16, uppercase: true)), which is no character")
    }
    try expect("x\u{378}y", .unassignedScalar, "U+0378, which has no meaning")
  }

  @Test func privateLetters() throws {
    try expect("x\u{E000}\u{E000}", .privateUseScalar, "U+E000", "2 times", "private")
    // Once for each letter, not for each text.
    let many = try audited((0..<4).map { (scribble(4, seed: UInt64($0)), "a\u{E000}\u{F0000}") }).result.findings
    #expect(many.map(\.kind) == [.privateUseScalar, .privateUseScalar] && many.map(\.record) == [0, 0])
  }

  @Test func leadingMarks() throws {
    try expect("\u{301}abc", .leadingMark, "begins with U+0301", "without its letter")
    try expect("\u{DCF}\u{D9A}", .leadingMark, "U+0DCF")
    try expect("\u{20DD}a", .leadingMark, "U+20DD")
  }

  @Test func placeholders() throws {
    for text in ["le ~~~ de", "???", "x###", "\u{25A1}\u{25A1}\u{25A1}\u{25A1}"] {
      try expect(text, .placeholder, "three times", "could not be read")
    }
  }

  @Test func goodTexts() throws {
    for text in [
      "a...b", "----", "no ~~ b", "Page ........ 12", "***", "!!!", "(((a)))", "___", "\u{2026}\u{2026}\u{2026}", "aaa",
      "10000",
      "ක්\u{200D}ෂ", "x\u{35F}y", "é", "漢字", "한글", "مَرْحَبًا", "\u{25CC}\u{301}", "😀",
    ] {
      #expect(try findings(text).filter { $0.kind != .labelNotNFC }.isEmpty, "\(text)")
    }
  }
}
