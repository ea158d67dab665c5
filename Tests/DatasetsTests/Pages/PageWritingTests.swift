import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// Pages with what was read in them: what is kept, what is put in, and that it is read back.
@Suite struct PageWritingTests {
  private let folder = try! TemporaryDirectory()

  /// A page of 100 x 200 pixels, opened from a file with its image.
  private func open(_ xml: String) throws -> PageToRead {
    try folder.add("page.xml", xml).add("1.png", GrayImage(width: 100, height: 200))
    return try PageToRead(folder.file("page.xml"))
  }

  private func polygon(_ x: Double, _ width: Double) -> [PagePoint] {
    [PagePoint(x, 20), PagePoint(x + width, 20), PagePoint(x + width, 30.4), PagePoint(x, 30.4)]
  }

  /// A transcript with words of ten pixels, from the left.
  private func transcript(_ text: String, confidence: Double = 0.875) -> LineTranscript {
    let scalars = Array(text.unicodeScalars)
    let words = LineTranscript.words(of: text).enumerated().map { number, word in
      LineTranscript.Part(
        text: String(String.UnicodeScalarView(scalars[word])), confidence: 0.5,
        polygon: polygon(12 * Double(number), 10))
    }
    return LineTranscript(text: text, confidence: confidence, words: words)
  }

  private func written(
    _ page: PageToRead, _ texts: [String?], as format: PageFormat? = nil
  ) throws -> String {
    let transcript = PageTranscript(page, lines: texts.map { $0.map { self.transcript($0) } })
    return String(decoding: try transcript.written(as: format, time: "2026-01-31T12:00:00"), as: UTF8.self)
  }

  private let words =
    #"<Word id="w"><Coords points="1,2 3,4 5,6"/><TextEquiv><Unicode>old</Unicode></TextEquiv></Word>"#

  private let commented = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!-- a comment -->
    <pc:PcGts xmlns:pc="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15" xmlns:x="urn:x">
      <pc:Metadata><pc:Creator>me &amp; you</pc:Creator><pc:Created>2020-01-01T00:00:00</pc:Created>\
    <pc:LastChange>2020-01-01T00:00:00</pc:LastChange></pc:Metadata>
      <pc:Page imageFilename="1.png" imageWidth="100" imageHeight="200" x:mine="kept">
        <pc:TextRegion id="r">
          <pc:TextLine id="l1" custom="kept {a:b;}">
            <pc:Coords points="0,0 90,0 90,40 0,40"/>
            <pc:Baseline points="0,30 90,30"/>
            <pc:Word id="l1_w1"><pc:Coords points="1,2 3,4 5,6"/></pc:Word>
            <pc:TextEquiv index="0"><pc:Unicode>old</pc:Unicode></pc:TextEquiv>
            <pc:TextEquiv index="1"><pc:Unicode>older</pc:Unicode></pc:TextEquiv>
            <pc:TextStyle fontSize="9"/>
          </pc:TextLine>
          <pc:TextLine id="l2"><pc:Coords points="0,50 90,50 90,90 0,90"/></pc:TextLine>
          <pc:TextEquiv><pc:Unicode>old text</pc:Unicode></pc:TextEquiv>
        </pc:TextRegion>
        <x:other id="l2_w1"/>
      </pc:Page>
    </pc:PcGts>
    """

  private let filled = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!-- a comment -->
    <pc:PcGts xmlns:pc="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15" xmlns:x="urn:x">
      <pc:Metadata><pc:Creator>me &amp; you</pc:Creator><pc:Created>2020-01-01T00:00:00</pc:Created>\
    <pc:LastChange>2026-01-31T12:00:00</pc:LastChange></pc:Metadata>
      <pc:Page imageFilename="1.png" imageWidth="100" imageHeight="200" x:mine="kept">
        <pc:TextRegion id="r">
          <pc:TextLine id="l1" custom="kept {a:b;}">
            <pc:Coords points="0,0 90,0 90,40 0,40"/>
            <pc:Baseline points="0,30 90,30"/>
            <pc:Word id="l1_w1">
              <pc:Coords points="0,20 10,20 10,30 0,30"/>
              <pc:TextEquiv conf="0.5">
                <pc:Unicode>new</pc:Unicode>
              </pc:TextEquiv>
            </pc:Word>
            <pc:Word id="l1_w2">
              <pc:Coords points="12,20 22,20 22,30 12,30"/>
              <pc:TextEquiv conf="0.5">
                <pc:Unicode>&lt;text&gt;</pc:Unicode>
              </pc:TextEquiv>
            </pc:Word>
            <pc:Word id="l1_w3">
              <pc:Coords points="24,20 34,20 34,30 24,30"/>
              <pc:TextEquiv conf="0.5">
                <pc:Unicode>&amp;</pc:Unicode>
              </pc:TextEquiv>
            </pc:Word>
            <pc:Word id="l1_w4">
              <pc:Coords points="36,20 46,20 46,30 36,30"/>
              <pc:TextEquiv conf="0.5">
                <pc:Unicode>"more"</pc:Unicode>
              </pc:TextEquiv>
            </pc:Word>
            <pc:TextEquiv conf="0.875">
              <pc:Unicode>new &lt;text&gt; &amp; "more"</pc:Unicode>
            </pc:TextEquiv>
            <pc:TextStyle fontSize="9"/>
          </pc:TextLine>
          <pc:TextLine id="l2">
            <pc:Coords points="0,50 90,50 90,90 0,90"/>
            <pc:Word id="l2_w1_2">
              <pc:Coords points="0,20 10,20 10,30 0,30"/>
              <pc:TextEquiv conf="0.5">
                <pc:Unicode>b\u{FFFD}</pc:Unicode>
              </pc:TextEquiv>
            </pc:Word>
            <pc:TextEquiv conf="0.875">
              <pc:Unicode>b\u{FFFD}</pc:Unicode>
            </pc:TextEquiv>
          </pc:TextLine>
          <pc:TextEquiv>
            <pc:Unicode>new &lt;text&gt; &amp; "more"
    b\u{FFFD}</pc:Unicode>
          </pc:TextEquiv>
        </pc:TextRegion>
        <x:other id="l2_w1"/>
      </pc:Page>
    </pc:PcGts>

    """

  @Test func pageIsKeptButForItsTexts() throws {
    #expect(try written(try open(commented), ["new <text> & \"more\"", "b\u{1}"]) == filled)
  }

  /// What is written is read back, whichever schema it came from, and in whichever it is written.
  @Test(arguments: [nil, PageFormat.page, .alto]) func textsComeBack(format: PageFormat?) throws {
    let page = pageXML(
      "<TextRegion id=\"r\">" + pageLine(words, "id=\"a\"") + pageLine("", "id=\"a b\"") + pageLine("")
        + "</TextRegion>")
    let alto = altoXML(
      altoLine("<Shape><Polygon POINTS=\"0 0 9 0 9 9\"/></Shape><String CONTENT=\"old\"/><SP/><String CONTENT=\"x\"/>")
        + altoLine("<String CONTENT=\"half\"/><HYP CONTENT=\"-\"/>", "BASELINE=\"0 24 40 25\"") + altoLine(""),
      head: "<Description><sourceImageInformation><fileName>1.png</fileName></sourceImageInformation></Description>")
    let texts = ["two words", "", "\u{5D0}\u{5D1} 12 \u{5D2}-"]
    for xml in [page, alto] {
      let before = try open(xml)
      let again = try open(try written(before, texts, as: format))
      #expect(again.document.schema == (format == .alto ? .alto : format == .page ? .page : before.document.schema))
      #expect(again.document.lines.map { $0.text ?? "nil" } == texts)
      #expect(again.document.imageName == "1.png" && again.document.size! == (100, 200))
      for (old, new) in zip(before.document.lines, again.document.lines) {
        #expect(old.outline.baseline == new.outline.baseline)
        #expect(old.outline.polygon.isEmpty && format == .page || old.outline.polygon == new.outline.polygon)
      }
      // The same again changes nothing.
      #expect(try written(again, texts) == written(open(written(again, texts)), texts))
    }
  }

  /// A file without the white space between its elements.
  private func dense(_ xml: String) -> String {
    xml.replacingOccurrences(of: ">\\s+<", with: "><", options: .regularExpression)
  }

  @Test func altoWords() throws {
    let xml = altoXML(
      altoLine("<Shape/><String CONTENT=\"old\" SUBS_CONTENT=\"x\"/><HYP CONTENT=\"-\"/>"),
      head: "<Description><sourceImageInformation><fileName>1.png</fileName></sourceImageInformation></Description>")
    let text = dense(try written(try open(xml), ["ab c"]))
    #expect(
      text.contains(
        #"<Shape/><String ID="l_s1" HPOS="0" VPOS="20" WIDTH="10" HEIGHT="10" CONTENT="ab" WC="0.5"/>"#
          + #"<SP WIDTH="2" VPOS="20" HPOS="10"/><String ID="l_s2" HPOS="12" VPOS="20" WIDTH="10" HEIGHT="10" CONTENT="c" WC="0.5"/></TextLine>"#
      ), "\(text)")
    #expect(!text.contains("old") && !text.contains("HYP"))
    let empty = dense(try written(try open(xml), [" "]))
    #expect(
      empty.contains(#"<String HPOS="10" VPOS="20" WIDTH="30" HEIGHT="6" CONTENT="" WC="0.875"/></TextLine>"#),
      "\(empty)")
  }

  /// PAGE of 2010 has elements for points; lines that were not read keep what they have.
  @Test func olderPagesAndLinesThatWereNotRead() throws {
    let points = "<Coords><Point x=\"0\" y=\"0\"/><Point x=\"9\" y=\"0\"/><Point x=\"9\" y=\"9\"/></Coords>"
    let xml = pageXML(
      "<TextRegion id=\"r\">" + pageLine(words, "id=\"a\"") + "<TextLine id=\"b\">\(points)</TextLine></TextRegion>",
      version: "2010-03-19")
    let text = try written(try open(xml), [nil, "x"])
    #expect(text.contains(words))
    #expect(text.contains("<Word id=\"b_w1\"><Coords><Point x=\"0\" y=\"20\"/><Point x=\"10\" y=\"20\"/>"), "\(text)")
  }

  /// UTF-16 and Latin-1 stay what they are, and hold every letter.
  @Test func encodingsAreKept() throws {
    let latin = pageXML("<TextRegion id=\"r\">" + pageLine("") + "</TextRegion>")
      .replacingOccurrences(of: "encoding=\"UTF-8\"", with: "encoding=\"ISO-8859-1\"")
    let text = try written(try open(latin), ["\u{DB1}"])
    #expect(text.contains("encoding=\"ISO-8859-1\"") && text.contains("&#3505;"), "\(text)")
    #expect(try open(text).document.lines[0].text == "\u{DB1}")
  }

  @Test func plainForms() throws {
    let xml = pageXML(
      "<TextRegion id=\"r\">" + pageLine("", "id=\"a\"") + pageLine("", "id=\"b\" readingDirection=\"right-to-left\"")
        + "</TextRegion>")
    let page = try open(xml)
    #expect(try written(page, ["a<b \u{2028}c", nil], as: .text) == "a<b  c\n")
    let lines = try written(page, ["ab c", "d"], as: .jsonl).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines[0].contains(#""line":"a""#) && lines[0].contains(#""points":[[0,20],[10,20],[10,30.4],[0,30.4]]"#),
      "\(lines)")
    let hocr = try written(page, ["a<b c", "d"], as: .hocr)
    #expect(hocr.contains(#"title="image &quot;1.png&quot;; bbox 0 0 100 200""#), "\(hocr)")
    #expect(
      hocr.contains(#"title="bbox 0 20 10 30; x_wconf 50">a&lt;b</span> <span"#) && hocr.contains(#"dir="rtl""#),
      "\(hocr)")
  }

  @Test func wordsAreSeparatedBySpaces() {
    #expect(LineTranscript.words(of: "") == [] && LineTranscript.words(of: " \t") == [])
    #expect(LineTranscript.words(of: " a bc\u{A0}d\u{3000}e ") == [1..<2, 3..<7, 8..<9])
  }
}
