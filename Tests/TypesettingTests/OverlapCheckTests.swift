import Testing
import Typesetting

@Suite struct OverlapCheckTests {
  private func check(_ font: String, letters: Set<Unicode.Scalar>? = nil) throws -> OverlapCheck {
    try OverlapCheck(FontCatalog.resolve([font])[0], letters: letters)
  }

  /// LKLUG classes signs to the right of their letter as marks; its images are good all the same.
  @Test func signsWithoutAdvance() throws {
    let found = try check("LKLUG")
    #expect(found.bySystem.contains("\u{DCF}") && found.bySystem.contains("\u{DD0}") && found.inImages.isEmpty)
    #expect(try check("LKLUG", letters: ["\u{D9A}", "\u{DD2}"]).bySystem.isEmpty)
  }

  /// Signs get their advance back wherever they come from.
  @Test func signsOfAFallback() throws {
    let found = try check("Noto Sans + LKLUG", letters: ["\u{DCF}", "\u{DD0}"])
    #expect(found.bySystem == ["\u{DCF}", "\u{DD0}"] && found.inImages.isEmpty)
  }

  @Test(arguments: [
    "Noto Sans Myanmar", "Noto Sans Sinhala", "Noto Serif Sinhala", "Noto Sans Devanagari", "Noto Sans Tamil",
    "Noto Sans Malayalam",
    "Noto Sans Thai",
    "Noto Sans Khmer", "Noto Sans Hebrew", "Noto Naskh Arabic", "Noto Sans",
  ])
  func goodFonts(_ font: String) throws {
    let found = try check(font)
    #expect(found.bySystem.isEmpty && found.inImages.isEmpty)
  }
}
