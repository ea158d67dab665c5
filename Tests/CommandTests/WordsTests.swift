import Foundation
import TestSupport
import Testing

/// `Launch/use/words`, which lists the words of a Hunspell dictionary.
@Suite struct WordsTests {
  private let program = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../Launch/use/words").standardizedFileURL.path
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func words(
    _ dictionary: String, affixes: String? = nil, _ options: String...
  ) throws -> (exitCode: Int32, words: [String], error: String) {
    try dictionary.write(toFile: folder.file("x.dic"), atomically: true, encoding: .utf8)
    try affixes?.write(toFile: folder.file("x.aff"), atomically: true, encoding: .utf8)
    let result = try run(program, options + [folder.file("x.dic")])
    return (result.exitCode, result.stdout.split(separator: "\n").map(String.init), result.stderr)
  }

  @Test func formsOfAWord() throws {
    let affixes = """
      SET UTF-8
      SFX 12 Y 2
      SFX 12 0 ට .
      SFX 12 ය යෙන් [^ක]ය
      SFX 7 Y 1
      SFX 7 0 ක/12 .
      """
    let dictionary = "4\nගමය/12\nමල/7,12\nඑක්‍ක\tpo:noun\nA1-b\n"
    #expect(
      try words(dictionary, affixes: affixes).words == ["එක්‍ක", "ගමය", "ගමයට", "ගමයෙන්", "මල", "මලක", "මලට"])
    #expect(try words(dictionary, affixes: affixes, "--stems").words == ["එක්‍ක", "ගමය", "මල"])
    #expect(try words(dictionary, "--stems").words == ["එක්‍ක", "ගමය", "මල"])
  }

  @Test func flagsOfAllKinds() throws {
    #expect(
      try words("1\nab/XY\n", affixes: "SFX X Y 1\nSFX X 0 c .\nSFX Y Y 1\nSFX Y b d b\n").words == ["ab", "abc", "ad"])
    #expect(try words("1\nab/XxYy\n", affixes: "FLAG long\nSFX Yy Y 1\nSFX Yy 0 c .\n").words == ["ab", "abc"])
    #expect(try words("1\nab/1,20\n", affixes: "FLAG num\nSFX 20 Y 1\nSFX 20 0 c .\n").words == ["ab", "abc"])
  }

  /// Words that no font can draw are left out, with their number.
  @Test func wordsThatNoFontCanDraw() throws {
    let result = try words("3\nමල\nිමල\nගම\n", "--stems", "--fonts", "Noto Sans Sinhala")
    #expect(result.exitCode == 0 && result.words == ["ගම", "මල"])
    #expect(result.error.contains("left out 1 of 3 words that no font can draw"), "\(result.error)")
    let missing = try words("1\nමල\n", "--stems", "--fonts", "No Such Family")
    #expect(missing.exitCode == 2 && missing.words.isEmpty && missing.error.contains("not installed"))
  }

  @Test func whatIsNoDictionaryIsAnError() throws {
    for dictionary in ["", "ගම\n", "no number\n"] {
      let result = try words(dictionary, "--stems")
      #expect(result.exitCode == 3 && result.words.isEmpty && result.error.contains("x.dic"))
      #expect(result.error.split(separator: "\n").count == 1)
    }
    let lone = try run(program, [folder.file("none.dic")])
    #expect(lone.exitCode == 3 && lone.stderr.contains("none.aff"))
    #expect(try words("1\nab/X\n", affixes: "SFX X Y 1\nSFX X 0 c (\n").exitCode == 3)
    #expect(try run(program, []).exitCode == 2)
  }
}
