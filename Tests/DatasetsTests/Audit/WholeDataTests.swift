import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// Findings that need the whole data set.
@Suite struct WholeDataTests {
  /// Lines of 1 to 20 letters.
  private func lines(_ count: Int) -> [Line] {
    (0..<count).map { index in
      let letters = 1 + (index * 7) % 20
      return (scribble(letters, seed: UInt64(index)), String("abcdefghijklmnopqrst".prefix(letters)))
    }
  }

  private typealias Line = (image: GrayImage, text: String)

  private func findings(_ lines: [Line], ranks: Int = 1) throws -> [AuditFinding] {
    try audited(lines, ranks: ranks).result.findings
  }

  @Test func goodLinesFit() throws { #expect(try findings(lines(120)).isEmpty) }

  /// A short and a long text that were exchanged are both found, on any number of ranks.
  @Test func exchangedTexts() throws {
    var lines = lines(60)
    (lines[1].text, lines[2].text) = (lines[2].text, lines[1].text)
    (lines[6].text, lines[22].text) = (lines[22].text, lines[6].text)
    #expect([1, 2, 6, 22].map { lines[$0].text.count } == [15, 8, 15, 3])
    let found = try findings(lines)
    #expect(found.map(\.record) == [1, 2, 6, 22] && found.allSatisfy { !$0.isProblem }, "\(found)")
    #expect(found.map(\.kind) == Array(repeating: .textWidthMismatch, count: 4))
    #expect(found[2].detail.hasPrefix("the text has 15 letters, the writing is as wide as about 3;"), "\(found)")
    for ranks in 2...4 { #expect(try findings(lines, ranks: ranks).map(\.detail) == found.map(\.detail)) }
    #expect(try findings(Array(lines.prefix(29))).isEmpty, "too few to judge")
  }

  /// Marks take no width, gaps and margins do not count.
  @Test func whatDoesNotCount() throws {
    var lines = lines(60)
    lines[2].text = lines[2].text.map { "\($0)\u{35F}" }.joined()
    var wide = GrayImage(width: 3 * lines[1].image.width, height: 40, filledWith: 225)
    for y in 0..<40 { for x in 0..<lines[1].image.width { wide[x, y] = lines[1].image[x, y] } }
    lines[1].image = wide
    #expect(try findings(lines).isEmpty)
  }

  /// Each folder has its own width of letters.
  @Test func foldersAreJudgedAlone() throws {
    let folder = try TemporaryDirectory()
    var rows = ["file_name,text"]
    for (index, line) in lines(80).enumerated() {
      let name = index < 40 ? "a/\(index).png" : "b/\(index).png"
      if index % 40 == 0 {
        try FileManager.default.createDirectory(
          atPath: folder.file(String(name.prefix(1))), withIntermediateDirectories: true)
      }
      try folder.add(name, line.image)
      // In b, a letter of the image is two of the text, but for one line.
      let isPlain = index < 40 || index == 77
      rows.append("\(name),\(isPlain ? line.text : line.text.map { "\($0)x" }.joined())")
    }
    try folder.add("metadata.csv", rows.joined(separator: "\n") + "\n")
    let result = try Audit(DataSet.load(folder.path), geometry: geometry(height: 40)).run()
    #expect(
      result.findings.map(\.record) == [77] && result.findings.map(\.kind) == [.textWidthMismatch], "\(result.findings)"
    )
  }

  @Test func rareLetters() throws {
    let image = scribble(4)
    var texts = [String](repeating: "abc", count: 200)
    texts[50] = "ab\u{430}"
    texts[60] = "\u{E9}bc"
    texts[61] = "\u{C9}bc"
    texts[70] = "Q7!"
    texts[80] = "\u{6F22}"
    func rare(_ texts: [String]) throws -> [AuditFinding] {
      try findings(texts.map { (image, $0) }).filter { $0.kind == .rareLetter }
    }
    let found = try rare(texts)
    #expect(found.map(\.record) == [50, 70], "\(found)")
    #expect(found.first?.detail.contains("U+0430 \u{430}") == true, "\(found)")
    #expect(found.last?.detail.contains("U+0037 7") == true, "the only digit: \(found)")
    #expect(try rare(Array(texts.prefix(199))).isEmpty, "too few to judge")
    // Where most letters are rare, this is the nature of the texts.
    for index in 100..<120 { texts[index] = "ab\(Unicode.Scalar(0x1000 + UInt32(index))!)" }
    #expect(try rare(texts).isEmpty)
  }

  @Test func importantWarningsComeFirst() throws {
    var lines = (0..<14).map { (image: scribble(4, seed: UInt64($0)), text: "e\u{301}bcd") }
    lines[12] = (paper(255, noise: 0), "abc")
    lines[13] = (inverted(scribble(3, seed: 13)), "ab\u{FFFD}")
    let result = try audited(lines).result
    let kinds = result.foremostWarnings(10).map(\.kind)
    #expect(kinds == [.blankImage, .invertedImage, .replacementCharacter] + Array(repeating: .labelNotNFC, count: 7))
    #expect(result.foremostWarnings(2).map(\.kind) == [.blankImage, .invertedImage])
    #expect(result.foremostWarnings(100).count == result.warnings.count)
    let report = AuditReport(result).lines()
    #expect(
      report[1]
        == "findings: images without writing 1, images with light writing on dark paper 1, labels with lost letters 1, labels "
        + "in another normalization form 12")
  }

  @Test func suspects() throws {
    let (dataSet, result) = try audited([
      (scribble(3), "abc"), (paper(255, noise: 0), "say \"\u{FFFD}\""), (scribble(3, seed: 3), "e\u{301}"),
      (scribble(2, seed: 4), "a\u{7}b"),
    ])
    let lines = SuspectList(dataSet, result).lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    let heading = SuspectList.heading.split(separator: "\t")
    #expect(
      heading == ["image", "page", "line", "bad", "kind", "detail", "text"]
        && lines.allSatisfy { $0.count == heading.count })
    try #require(lines.count == 2)
    #expect(
      lines[0][0].hasSuffix("/0001.png") && lines[0][3] == "no" && lines[0][4] == "blankImage,replacementCharacter")
    #expect(lines[0][5].contains("use another image or remove the record; the text holds U+FFFD"))
    #expect(lines[0][6] == "\"say \"\"\u{FFFD}\"\"\"")
    #expect(lines[1][0].hasSuffix("/0003.png") && lines[1][3] == "yes" && lines[1][4] == "controlCharacter")
    #expect(lines[1][6] == "a\\u{7}b")
  }
}
