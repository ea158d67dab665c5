import Messages
import Testing

@Suite struct OneLineTests {
  @Test func controlCharactersAreEscaped() {
    #expect("a\nb\r\t\0\u{1B}[31m\u{7F}\u{9B}".onOneLine == #"a\nb\u{d}\u{9}\u{0}\u{1b}[31m\u{7f}\u{9b}"#)
    for plain in ["", "ශ්‍රී", "e\u{301} \u{A0}\u{200D}", #"\n"#] { #expect(plain.onOneLine == plain) }
  }

  @Test func longTextsAreCut() {
    #expect("ab\n".shortened == #"ab\n"#)
    #expect(String(repeating: "x", count: 200).shortened.utf8.count == 200)
    #expect(String(repeating: "x", count: 201).shortened == String(repeating: "x", count: 200) + "...")
  }
}
