import Datasets
import Images
import Testing

@Suite struct ALTOTests {
  @Test func aPageOfEScriptorium() throws {
    let document = try page(
      altoXML(
        """
        <Shape><Polygon POINTS="0 0 90 0 90 90"/></Shape>
        <TextLine ID="l1" TAGREFS="LT1 LT9" BASELINE="10 20 50 21" HPOS="10" VPOS="10" WIDTH="40" HEIGHT="15">
          <Shape><Polygon POINTS="10 10 50 10 50 25 10 25"/></Shape>
          <String CONTENT="A &quot;B&quot;  ක්" HPOS="1" VPOS="1" WIDTH="1" HEIGHT="1"></String>
        </TextLine>
        <TextLine ID="l2" HPOS="10" VPOS="30" WIDTH="40.5" HEIGHT="15.25"><String CONTENT=""/></TextLine>
        """, block: "TAGREFS=\"BT1\"",
        head: """
          <Description><MeasurementUnit>pixel</MeasurementUnit><sourceImageInformation>
            <fileName> a b.jpg
            </fileName><fileIdentifier>https://example.org/1</fileIdentifier></sourceImageInformation></Description>
          <Tags><OtherTag ID="BT1" LABEL="MainZone" DESCRIPTION="block type"/>
            <StructureTag ID="LT1" LABEL="DefaultLine"/><NamedEntityTag ID="LT9" LABEL="Paris"/></Tags>
          """))
    #expect(document.schema == .alto && document.imageName == "a b.jpg")
    #expect(document.size?.width == 100 && document.size?.height == 200 && document.lines.count == 2)
    let line = document.lines[0]
    #expect(line.id == "l1" && line.types == ["DefaultLine", "MainZone"] && line.text == "A \"B\"  ක්")
    #expect(line.place == 10 && line.fault == nil)
    #expect(line.outline.baseline == [PagePoint(10, 20), PagePoint(50, 21)] && line.outline.polygon.count == 4)
    #expect(line.outline.box == .init(from: PagePoint(10, 10), to: PagePoint(50, 25)))
    #expect(document.lines[1].text == "" && document.lines[1].types == ["MainZone"])
    #expect(document.lines[1].outline.box == .init(from: PagePoint(10, 30), to: PagePoint(50.5, 45.25)))
  }

  /// Version 2, as ABBYY FineReader writes it: words with boxes, and one number as baseline.
  @Test func aPageOfABBYY() throws {
    let document = try page(
      """
      <?xml version="1.0" encoding="ISO-8859-1"?>
      <a:alto xmlns:a="http://www.loc.gov/standards/alto/ns-v2#"><a:Layout>
      <a:Page ID="P1" PHYSICAL_IMG_NR="1" HEIGHT="200.4" WIDTH="100.0"><a:TopMargin HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9">
      <a:ComposedBlock ID="C" TYPE="table"><a:TextBlock ID="B" ROTATION="270.0">
      <a:TextLine BASELINE="24" HPOS="10" VPOS="20" WIDTH="30" HEIGHT="6"><a:String CONTENT="x"/></a:TextLine>
      </a:TextBlock></a:ComposedBlock></a:TopMargin>
      <a:PrintSpace HPOS="0" VPOS="0" WIDTH="1" HEIGHT="1"><a:TextBlock ID="T" STYLEREFS="S">
      <a:TextLine BASELINE="24" HPOS="10" VPOS="20" WIDTH="30" HEIGHT="6">
        <a:String STYLE="bold" WC="0.9" CONTENT="one" HPOS="10" VPOS="20" WIDTH="9" HEIGHT="6"/><a:SP WIDTH="3"/>
        <a:String SUBS_TYPE="HypPart1" SUBS_CONTENT="twofold" CONTENT="two"><a:ALTERNATIVE>x</a:ALTERNATIVE></a:String>
        <a:HYP CONTENT="-"/></a:TextLine>
      <a:TextLine BASELINE="0"><a:String CONTENT="fold" SUBS_TYPE="HypPart2" HPOS="5" VPOS="30" WIDTH="5" HEIGHT="6"/>
        <a:String CONTENT="," HPOS="11" VPOS="34" WIDTH="2" HEIGHT="4"/></a:TextLine>
      </a:TextBlock></a:PrintSpace></a:Page></a:Layout></a:alto>
      """)
    let lines = document.lines
    #expect(document.size?.height == 200 && document.imageName == nil && lines.allSatisfy { $0.fault == nil })
    #expect(lines.map(\.id) == ["line 1", "line 2", "line 3"] && lines.map(\.text) == ["x", "one two-", "fold,"])
    #expect(lines.map(\.types) == [["table"], [], []] && lines.map(\.outline.rotation) == [-90, 0, 0])
    #expect(lines.map(\.outline.baseline) == [[], [PagePoint(10, 24), PagePoint(40, 24)], []])
    #expect(lines[2].outline.box == .init(from: PagePoint(5, 30), to: PagePoint(13, 38)))
  }

  @Test(arguments: [
    ("<String CONTENT=\"a\"/><SP/><String CONTENT=\"b\"/>", "a b"), ("<String CONTENT=\" a \"/>", " a "),
    ("<String CONTENT=\"a\"/><String CONTENT=\"b\"/>", "a b"), ("<String CONTENT=\"a\"/><SP/><SP/>", "a  "),
    ("<String CONTENT=\"a\"/><HYP CONTENT=\"-\"/>", "a-"), ("<String CONTENT=\"a-\"/><HYP CONTENT=\"-\"/>", "a-"),
    ("<String CONTENT=\"a-\"/><HYP CONTENT=\"&#xAD;\"/>", "a-"),
    ("<String CONTENT=\"a\"/><HYP CONTENT=\"&#xAD;\"/>", "a\u{AD}"),
    ("<String CONTENT=\"a\"/><HYP/>", "a"), ("<HYP CONTENT=\"-\"/>", "-"), ("<SP/>", nil), ("", nil),
    ("<String/>", nil),
    ("<SP/><String CONTENT=\"a\"/>", " a"), ("<String CONTENT=\"\"/>", ""),
    (
      "<String CONTENT=\"ab\"><Glyph CONTENT=\"a\"/><Glyph CONTENT=\"b\"><Variant CONTENT=\"h\"/></Glyph></String>",
      "ab"
    ),
  ])
  func texts(_ content: String, _ text: String?) throws {
    #expect(try page(altoXML(altoLine(content))).lines.map(\.text) == [text])
  }

  /// A file with SP says where spaces are; one without leaves them to its reader.
  @Test func spacesOfAFileWithoutSP() throws {
    let split = altoLine("<String CONTENT=\"a\"/><String CONTENT=\",\"/>")
    let space = altoLine("<String CONTENT=\"a\"/><SP/><String CONTENT=\"b\"/>")
    #expect(try page(altoXML(split + split)).lines.map(\.text) == ["a ,", "a ,"])
    #expect(try page(altoXML(split + space)).lines.map(\.text) == ["a,", "a b"])
  }

  @Test(arguments: [
    ("10 24 40 25", [PagePoint(10, 24), PagePoint(40, 25)]), ("10,24 40,25", [PagePoint(10, 24), PagePoint(40, 25)]),
    ("24", [PagePoint(10, 24), PagePoint(40, 24)]), ("24.5", [PagePoint(10, 24.5), PagePoint(40, 24.5)]),
    ("0", []), ("90", []), ("10 24", []), ("", []),
  ])
  func baselines(_ text: String, _ points: [PagePoint]) throws {
    let line = try page(altoXML(altoLine("", "BASELINE=\"\(text)\""))).lines[0]
    #expect(line.outline.baseline == points && line.fault == nil)
    #expect(line.outline.box == .init(from: PagePoint(10, 20), to: PagePoint(40, 26)))
  }

  @Test(arguments: [
    ("BASELINE=\"1 2 3\"", "odd"), ("BASELINE=\"x\"", "\"x\""), ("HPOS=\"a\"", "HPOS"),
    ("WIDTH=\"-1\"", "WIDTH is negative"),
    ("HEIGHT=\"-0.5\"", "HEIGHT is negative"), ("VPOS=\"nan\"", "VPOS"), ("VPOS=\"inf\"", "VPOS"),
    ("WIDTH=\"1e300\"", "WIDTH"),
    ("HPOS=\"1 2\"", "not a number"), ("WIDTH=\"0\"", nil), ("WIDTH=\"\"", nil),
  ])
  func placesThatCannotBeRead(_ attribute: String, _ part: String?) throws {
    let name = attribute.prefix { $0 != "=" }
    let all = ["HPOS=\"10\"", "VPOS=\"20\"", "WIDTH=\"30\"", "HEIGHT=\"6\""].filter { !$0.hasPrefix(name + "=") }
    let bad = "<TextLine \(all.joined(separator: " ")) \(attribute)><String CONTENT=\"a\"/></TextLine>"
    let lines = try page(altoXML(bad + altoLine(""))).lines
    #expect(lines.count == 2 && lines[1].fault == nil && lines[0].text == "a")
    #expect(part.map { lines[0].fault?.contains($0) == true } ?? (lines[0].fault == nil), "\(lines[0])")
    #expect(lines[0].outline == LineOutline(), "\(lines[0])")
  }

  /// Parts of a line: none of them is its outline, the box around all is.
  @Test func severalPolygons() throws {
    let line = try page(
      altoXML("<TextLine><Shape><Polygon POINTS=\"1 1 5 1 5 5\"/><Polygon POINTS=\"8,2 9,2 9,7\"/></Shape></TextLine>")
    ).lines[0]
    #expect(line.outline.polygon.isEmpty && line.fault == nil)
    #expect(line.outline.box == .init(from: PagePoint(1, 1), to: PagePoint(9, 7)))
  }

  @Test func rotationAndDirectionAreInherited() throws {
    let xml = altoXML(altoLine("") + altoLine("", "BASEDIRECTION=\"rtl\""), block: "BASEDIRECTION=\"ttb\"")
      .replacing("<Page ", with: "<Page ROTATION=\"90\" ")
    let lines = try page(xml).lines
    #expect(lines.map(\.outline.rotation) == [90, 90] && lines.map(\.direction) == [.topToBottom, .rightToLeft])
    #expect(lines.map(\.id) == ["l", "l (2)"])
  }

  @Test(arguments: ["mm10", "inch1200", "furlong"])
  func otherUnits(_ unit: String) throws {
    let head = "<Description>\n<MeasurementUnit>\(unit)</MeasurementUnit></Description>"
    expectPageError(altoXML("", head: head), ["line 4", "MeasurementUnit", "export the page in pixels"])
    #expect(try page(altoXML("", head: head.replacing(unit, with: " Pixel\n"))).lines.isEmpty)
  }

  @Test func pagesOfAFile() throws {
    #expect(try page("<alto><Layout><Page/></Layout></alto>").size == nil)
    expectPageError("<alto><Layout/></alto>", ["no <Page>"])
    expectPageError("<alto><Layout>\n<Page/>\n<Page/></Layout></alto>", ["line 3", "second <Page>"])
  }

  /// The text of an attribute that is turned around, as XML says (3.3.3).
  @Test func characterReferences() throws {
    let lines = try page(altoXML(altoLine("<String CONTENT=\"a&#10;b\tc &lt;&apos;&#x1F600;\"/>"))).lines
    #expect(lines[0].text == "a\nb c <'\u{1F600}")
  }
}
