import Foundation
import Images
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

  /// A pipe or a device could keep whoever reads it waiting.
  @Test func onlyRegularFilesAreRead() throws {
    try withTemporaryFolder { folder in
      let pipe = folder + "/a\nb.png"
      #expect(mkfifo(pipe, 0o600) == 0)
      for path in [pipe, "/dev/zero"] {
        let expected = path.onOneLine + ": cannot read: not a regular file"
        #expect(imageError { () throws(ImageError) in _ = try PNG.read(path: path) }?.description == expected)
        #expect(imageError { () throws(ImageError) in _ = try PNG.size(path: path) }?.description == expected)
      }
    }
  }
}
