import Testing
import Typesetting

@Suite struct LineCorpusTests {
  private func lines(_ text: String, _ letters: ClosedRange<Int> = 10...14) -> [String] {
    LineCorpus.lines(in: text, letters: letters, seed: 1)
  }

  @Test func linesOfTheText() {
    #expect(lines("\u{FEFF}one  two\t\r\n\n\nthree\none two\n ") == ["one two", "three"])
    #expect(Array(lines("e\u{301}")[0].unicodeScalars) == ["\u{E9}"])
    #expect(lines("").isEmpty && lines(" \n\t").isEmpty)
  }

  /// A longer line ends at a space; a longer word between letters.
  @Test func longLines() {
    let text = "alpha beta gamma delta epsilon zeta"
    #expect(lines(text, 10...16).joined(separator: " ") == text)
    #expect(lines(text, 10...16).count == 3 && lines(text, 10...16).allSatisfy { $0.count <= 16 })
    #expect(lines(String(repeating: "x", count: 25), 10...10) == ["xxxxxxxxxx", "xxxxx"])
    #expect(
      LineCorpus.lines(in: text, letters: 1...20, seed: 1) == LineCorpus.lines(in: text, letters: 1...20, seed: 1))
  }

  /// Scripts without spaces: nothing is lost, no letter loses its signs, and nothing ends with what joins letters.
  @Test(arguments: [
    // Thai, Lao, Khmer, Burmese, Japanese, Chinese.
    "\u{E1B}\u{E23}\u{E30}\u{E40}\u{E17}\u{E28}\u{E44}\u{E17}\u{E22}\u{E21}\u{E35}\u{E20}\u{E39}\u{E21}\u{E34}\u{E2D}\u{E32}\u{E01}\u{E32}\u{E28}",
    "\u{E9B}\u{EB0}\u{EC0}\u{E97}\u{E94}\u{EA5}\u{EB2}\u{EA7}\u{EC1}\u{EA1}\u{EC8}\u{E99}",
    "\u{1780}\u{1798}\u{17D2}\u{1796}\u{17BB}\u{1787}\u{17B6}\u{1787}\u{17B6}\u{1794}\u{17D2}\u{179A}\u{1791}\u{17C1}\u{179F}\u{1798}\u{17BD}\u{1799}",
    "\u{1019}\u{103C}\u{1014}\u{103A}\u{1019}\u{102C}\u{1014}\u{102D}\u{102F}\u{1004}\u{103A}\u{1004}\u{1036}\u{1010}\u{1031}\u{102C}\u{103A}",
    "\u{65E5}\u{672C}\u{8A9E}\u{306F}\u{304B}\u{306A}\u{3068}\u{6F22}\u{5B57}\u{3067}\u{66F8}\u{304F}",
    "\u{5929}\u{5730}\u{7384}\u{9EC4}\u{5B87}\u{5B99}\u{6D2A}\u{8352}\u{65E5}\u{6708}\u{76C8}\u{6603}",
    "\u{D9A}\u{DCA}\u{200D}\u{DC2}\u{DAB}\u{DD2}\u{D9A}\u{DCA}\u{200D}\u{DC2}\u{DAB}\u{DD2}\u{D9A}\u{DCA}\u{200D}\u{DC2}",
  ])
  func noSpaces(_ text: String) {
    let pieces = lines(text, 3...5)
    #expect(pieces.count > 1)
    #expect(pieces.joined() == text)
    for piece in pieces {
      #expect(piece.count <= 5)
      let first = piece.unicodeScalars.first!.properties.generalCategory
      #expect(first != .nonspacingMark && first != .spacingMark)
      let last = piece.unicodeScalars.last!
      #expect(!["\u{200D}", "\u{17D2}", "\u{1039}"].contains(last))
    }
  }

  /// Thai is cut between words.
  @Test func thaiWords() {
    let words = [
      "\u{E1B}\u{E23}\u{E30}\u{E40}\u{E17}\u{E28}", "\u{E44}\u{E17}\u{E22}", "\u{E2D}\u{E32}\u{E01}\u{E32}\u{E28}",
      "\u{E23}\u{E49}\u{E2D}\u{E19}",
    ]
    let pieces = lines(words.joined(), 8...10)
    let ends = words.indices.map { words[...$0].joined() }
    #expect(pieces.indices.allSatisfy { ends.contains(pieces[...$0].joined()) }, "\(pieces)")
  }

  /// Zero-width spaces divide words of Khmer; no image shows them.
  @Test func zeroWidthSpaces() {
    let (a, b) = ("\u{1780}\u{1781}\u{1782}", "\u{1783}\u{1784}\u{1785}")
    #expect(lines("\(a)\u{200B}\(b)", 4...5) == [a, b])
    #expect(lines("\(a)\u{200B}\(b)", 9...9) == ["\(a)\(b)"])
    #expect(WordCorpus.words(in: "\(a)\u{200B}\(b)") == [a, b])
  }

  @Test func poolInOrder() throws {
    let pool = WordPool(inOrder: ["a b", "c d", "e"])
    let plan = try SynthesisPlan(
      options: SynthesisOptions(count: 5), pool: pool, faces: FontCatalog.resolve(["Noto Sans"]))
    #expect((0..<5).map { plan.image($0, of: plan.splits[0]).text } == ["a b", "c d", "e", "a b", "c d"])
  }
}
