import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// Pages that are made to harm, and files that are no pages.
@Suite struct HostilePageTests {
  @Test func billionLaughs() {
    let entities = (1...9).map { "<!ENTITY l\($0) \"\(String(repeating: "&l\($0 - 1);", count: 10))\">" }.joined()
    let doctype = "<!DOCTYPE PcGts [<!ENTITY l0 \"ha\">\(entities)]>\n"
    expectPageError(
      doctype + "<PcGts><Page imageFilename=\"&l9;\"/></PcGts>", ["line 1", "DOCTYPE", "remove the DOCTYPE"])
  }

  @Test func quadraticBlowup() {
    let text = String(repeating: "a", count: 100_000)
    let uses = String(repeating: "&a;", count: 100_000)
    expectPageError(
      "<?xml version=\"1.0\"?>\n<!DOCTYPE alto [\n<!ENTITY a \"\(text)\">]><alto>\(uses)</alto>", ["line 2", "DOCTYPE"])
  }

  @Test func externalEntities() throws {
    let folder = try TemporaryDirectory().add("secret", "<Page imageFilename=\"secret\"/>")
    for kind in ["SYSTEM", "PUBLIC \"x\""] {
      expectPageError(
        "<!DOCTYPE PcGts [<!ENTITY x \(kind) \"file://\(folder.file("secret"))\">]><PcGts>&x;</PcGts>", ["DOCTYPE"])
      expectPageError(
        "<!DOCTYPE PcGts [<!ENTITY % x \(kind) \"file://\(folder.file("secret"))\"> %x;]><PcGts/>", ["DOCTYPE"])
    }
  }

  /// A DTD beside the file is not opened: what it declares is not declared.
  @Test func externalDTD() throws {
    let folder = try TemporaryDirectory().add("a.dtd", "<!ENTITY x \"secret\">")
    let doctype = "<!DOCTYPE alto PUBLIC \"-//x//y\" \"file://\(folder.file("a.dtd"))\">\n"
    #expect(try page(doctype + altoXML("").dropFirst(39)).lines.isEmpty)
    let text = altoLine("<String CONTENT=\"&x;\"/>")
    expectPageError(doctype + altoXML(text).dropFirst(39), ["line 5", "'x' not defined"])
    expectPageError(doctype + "<alto>&x;</alto>", ["line 2", "x"])
    expectPageError("<alto>\n&x;</alto>", ["line 2", "x"])
  }

  /// Nothing can hide a declaration from the look at the file before it is parsed.
  @Test func hiddenEntities() {
    let doctype = "[<!ENTITY x \"y\">]><alto>&x;</alto>"
    for start in [
      "<!-- > <alto -->", "<!--><a b=\"-->", "<?p <!-- ?>", "<!DOCTYPE alto SYSTEM \"<!--\" ",
      "<!DOCTYPE alto SYSTEM '\"]>' ",
      "<!DOCTYPE alto PUBLIC \"'>\" \"x\"\n",
    ] {
      expectPageError(start + (start.contains("DOCTYPE") ? doctype : "<!DOCTYPE alto \(doctype)"), ["DOCTYPE"])
    }
    expectPageError("<?xml version=\"1.0\" encoding=\"UTF-7\"?><alto/>", ["line 1", "\"utf-7\"", "UTF-8"])
    let wide = utf16("<?xml version=\"1.0\" encoding=\"UTF-7\"?><alto/>")
    expectPageError([0xFF, 0xFE] + wide, ["\"utf-7\""])
    expectPageError(wide, ["\"utf-7\""])
  }

  @Test func deepNesting() throws {
    func nested(_ count: Int) -> String {
      pageXML(
        String(repeating: "<TextRegion>", count: count) + pageLine("")
          + String(repeating: "</TextRegion>", count: count))
    }
    #expect(try page(nested(60)).lines.count == 1)
    expectPageError(nested(100), ["line 5", "64"])
    expectPageError(String(repeating: "<a>", count: 100_000), ["line 1", "root"])
    expectPageError("<alto>" + String(repeating: "<a>", count: 100_000), ["line 1", "64"])
  }

  @Test func manyPoints() throws {
    func line(_ count: Int) -> String {
      let points = (0..<count).map { "\($0 % 100),7" }.joined(separator: " ")
      return "<TextLine id=\"x\"><Coords points=\"\(points)\"/></TextLine>"
    }
    let elements =
      "<TextLine><Coords>\(String(repeating: "<Point x=\"1\" y=\"1\"/>", count: 10_001))</Coords></TextLine>"
    let lines = try page(pageXML(line(10_000) + line(10_001) + line(1_000_000) + elements + pageLine(""))).lines
    #expect(lines.map { $0.fault?.contains("10,000 points") ?? false } == [false, true, true, true, false])
    #expect(lines.map(\.outline.polygon.count) == [10_000, 0, 0, 0, 3])
    let polygon = "<Polygon POINTS=\"\(String(repeating: "1 1 ", count: 6_000))\"/>"
    let parts = try page(altoXML("<TextLine><Shape>\(polygon)\(polygon)</Shape></TextLine>")).lines
    #expect(parts[0].fault?.contains("10,000 points") == true)
  }

  @Test func longTexts() throws {
    let long = String(repeating: "ක", count: 10_001)
    func equivalent(_ text: String) -> String { "<TextEquiv><Unicode>\(text)</Unicode></TextEquiv>" }
    let word = "<Word>\(equivalent(String(long.prefix(6_000))))</Word>"
    let lines = try page(
      pageXML(
        [equivalent(long), equivalent(String(long.dropLast())), word + word, word].map { pageLine($0) }.joined())
    ).lines
    #expect(lines.map { $0.fault?.contains("10,000 scalars") ?? false } == [true, false, true, false])
    #expect(lines.map { $0.text?.unicodeScalars.count } == [nil, 10_000, nil, 6_000])
    let alto = try page(altoXML(altoLine("<String CONTENT=\"\(long)\"/>"))).lines
    #expect(alto[0].fault?.contains("10,000 scalars") == true && alto[0].text == nil)
  }

  @Test func manyLinesAndTypes() throws {
    let lines = String(repeating: "<TextLine/>", count: 100_000)
    #expect(try page(pageXML(lines)).lines.count == 100_000)
    expectPageError(pageXML(lines + "\n<TextLine/>"), ["line 6", "100,000"])
    let types = (0..<101).map { "structure {type:t\($0);}" }.joined()
    expectPageError(pageXML(pageLine("", "custom=\"\(types)\"")), ["line 5", "types", "100"])
    expectPageError([UInt8](repeating: 0x20, count: (64 << 20) + 1), ["64 MiB"])
  }

  @Test func manyAttributes() throws {
    func attributes(_ count: Int) -> String { (0..<count).map { " a\($0)='='" }.joined() }
    #expect(try page("<alto\(attributes(100))><Layout><Page/></Layout></alto>").lines.isEmpty)
    expectPageError("<alto>\n<a\(attributes(100_000))/></alto>", ["line 2", "100 attributes"])
    func namespaces(_ count: Int) -> String { (0..<count).map { " xmlns:a\($0)='u'" }.joined() }
    #expect(try page("<alto\(namespaces(16))><Layout><Page/></Layout></alto>").lines.isEmpty)
    expectPageError("<alto\(namespaces(17))/>", ["line 1", "16 namespaces"])
    let comments = { (count: Int) in String(repeating: "<!---->", count: count) }
    #expect(try page("<alto>\(comments(100_000))<Layout><Page/></Layout></alto>").lines.isEmpty)
    expectPageError("<alto>\(comments(100_001))", ["line 1", "100,000 comments"])
    expectPageError("<alto>\(String(repeating: "<a/>", count: 2_000_000))", ["line 1", "2,000,000 tags"])
  }

  /// One line says what is wrong and where, also if good lines came before.
  @Test func brokenXML() {
    let good = altoXML(altoLine("<String CONTENT=\"a\"/>"))
    for (damaged, parts) in [
      (good.replacing("</TextLine>", with: ""), ["line 6", "not well-formed XML", "TextLine"]),
      (String(good.prefix(150)), ["line 4", "not well-formed XML"]), (good + "\n<b/>", ["line 8"]),
      (good.replacing("CONTENT=\"a\"", with: "CONTENT=a"), ["line 5"]),
      (good.replacing("\"a\"", with: "\"\u{1}\""), ["line 5"]),
      (good.replacing("\"a\"", with: "\"a & b\""), ["line 5"]), ("<alto", ["line 1"]), ("<", ["line 1"]),
      ("<alto>&#0;</alto>", ["line 1"]),
    ] {
      expectPageError(damaged, parts)
    }
    expectPageError(Array("<alto>\n\n<a b='caf".utf8) + [0xE9] + Array("'/></alto>".utf8), ["line 3", "encoding"])
  }

  @Test func noXMLAtAll() {
    expectPageError("", ["line 1", "empty"])
    expectPageError(" \n\n ", ["empty"])
    expectPageError([0xEF, 0xBB, 0xBF], ["empty"])
    expectPageError("{\"a\": 1}", ["not XML"])
    expectPageError([0x89, 0x50, 0x4E, 0x47, 0, 0, 0, 0], ["not XML"])
    expectPageError([0x3C, 0, 0, 0, 0x61, 0, 0, 0], ["not XML in UTF-8 or UTF-16"])
    expectPageError([0x4C, 0x6F, 0xA7, 0x94], ["not XML"])
  }

  @Test(arguments: [
    ("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>", "<html> (HTML, perhaps hOCR)"),
    ("\n<TEI xmlns=\"http://www.tei-c.org/ns/1.0\"/>", "<TEI> (TEI)"),
    ("\n<mets:mets xmlns:mets=\"http://www.loc.gov/METS/\"/>", "<mets> (METS"), ("\n<svg/>", "<svg>"),
  ])
  func otherRoots(_ xml: String, _ part: String) {
    expectPageError(xml, ["line 2", part, "<PcGts> (PAGE-XML) or <alto> (ALTO)"])
    #expect(PageDocument.schema(of: Array(xml.utf8)) == nil)
  }

  @Test func encodings() throws {
    let xml = altoXML(altoLine("<String CONTENT=\"caf\u{E9} ක 😀\"/>")).dropFirst(39)
    let little = utf16(xml)
    let big = utf16(xml, isBig: true)
    for bytes in [
      [0xFF, 0xFE] + little, [0xFE, 0xFF] + big, Array(xml.utf8), [0xEF, 0xBB, 0xBF] + Array(xml.utf8),
      utf16("<?xml version=\"1.0\" encoding=\"UTF-16\"?>") + little,
      utf16("<?xml version=\"1.0\" encoding=\"UTF-16BE\"?>", isBig: true) + big,
    ] {
      #expect(try PageDocument.read(bytes, path: "page.xml").lines.map(\.text) == ["caf\u{E9} ක 😀"])
      #expect(PageDocument.schema(of: Array(bytes.prefix(200))) == .alto)
    }
    let latin = "<?xml version='1.0' encoding = 'iso-8859-1' ?><alto><Layout><Page><TextLine><String CONTENT='caf"
    let bytes = Array(latin.utf8) + [0xE9] + Array("'/></TextLine></Page></Layout></alto>".utf8)
    #expect(try PageDocument.read(bytes, path: "page.xml").lines.map(\.text) == ["caf\u{E9}"])
    expectPageError("<?xml version=\"1.0\" encoding=\"utf-16\"?><alto/>", ["line 1", "\"utf-16\"", "UTF-8"])
    expectPageError([0xFF, 0xFE] + little.dropLast(), ["page.xml"])
    expectPageError([0xFF, 0xFE] + little.prefix(300) + [0, 0xDC, 0x20, 0] + little.dropFirst(300), ["page.xml"])
  }

  @Test func whatAFileIs() {
    for (start, schema) in [
      ("<PcGts", nil), ("<PcGts>", .page), ("<pc:PcGts xmlns", .page), ("<alto/>", .alto), ("  \n<alto ", .alto),
      ("", nil),
      ("<?xml version=\"1.0\"?><!-- <a> --><!DOCTYPE alto SYSTEM \"a>b\" [<!ENTITY a \"b\">]>\n<alto>", .alto),
      ("<!-- <alto>", nil), ("alto", nil), ("<altos>", nil), ("<a:b:alto>", .alto), ("<", nil), ("<?", nil),
      ("<!DOCTYPE a", nil),
    ] as [(String, PageDocument.Schema?)] {
      #expect(PageDocument.schema(of: Array(start.utf8)) == schema, "\(start)")
    }
  }

  /// Each thread keeps its own errors.
  @Test func manyThreads() async {
    await withTaskGroup(of: Bool.self) { group in
      for i in 0..<64 {
        group.addTask {
          let xml = altoXML(altoLine("<String CONTENT=\"\(i)\"/>"))
          if i.isMultiple(of: 2) { return (try? page(xml).lines.map(\.text)) == ["\(i)"] }
          do { _ = try page(xml + "<\(i)") } catch { return "\(error)".contains("line 7") }
          return false
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}

/// A text in UTF-16 without a byte order mark.
private func utf16(_ text: some StringProtocol, isBig: Bool = false) -> [UInt8] {
  text.utf16.flatMap { isBig ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)] }
}
