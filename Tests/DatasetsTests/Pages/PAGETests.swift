import Datasets
import Images
import Testing

@Suite struct PAGETests {
  @Test func aPageOfTranskribus() throws {
    let document = try page(
      pageXML(
        """
        <ReadingOrder><OrderedGroup id="o"><RegionRefIndexed index="0" regionRef="r1"/></OrderedGroup></ReadingOrder>
        <TextRegion type="heading" id="r1" custom="readingOrder {index:0;} structure {type:heading;}">
          <Coords points="1,1 90,1 90,50 1,50"/>
          <TextLine id="r1l1" custom="readingOrder {index:0;} structure {type:title; score:0.5;}">
            <Coords points="2,3 80,3 80,20 2,20"/>
            <Baseline points="2,17 80,18"/>
            <Word id="w1"><Coords points="2,3 30,3 30,20"/><TextEquiv><Unicode>not</Unicode></TextEquiv></Word>
            <TextEquiv><Unicode>A &amp; B &#xD9A;</Unicode></TextEquiv>
          </TextLine>
          <TextEquiv><Unicode>not the line's</Unicode></TextEquiv>
        </TextRegion>
        """, version: "2013-07-15"))
    #expect(document.schema == .page && document.imageName == "1.png")
    #expect(document.size?.width == 100 && document.size?.height == 200)
    let line = try #require(document.lines.first)
    #expect(document.lines.count == 1 && line.id == "r1l1" && line.place == 8 && line.fault == nil)
    #expect(line.text == "A & B ක" && line.types == ["title", "heading"])
    #expect(line.outline.baseline == [PagePoint(2, 17), PagePoint(80, 18)])
    #expect(line.outline.polygon == [PagePoint(2, 3), PagePoint(80, 3), PagePoint(80, 20), PagePoint(2, 20)])
    #expect(line.outline.box == nil && line.outline.rotation == 0 && line.direction == nil)
  }

  /// OCR-D writes prefixes, several texts with an index, and nested regions.
  @Test func aPageOfOCRD() throws {
    let xml = pageXML(
      """
      <pc:TextRegion id="r" type="paragraph" orientation="-2.5" readingDirection="right-to-left">
        <pc:TextRegion id="q" type="drop-capital"><pc:TextLine id="a"><pc:Coords points="0,0 9,0 9,9"/>
          <pc:TextEquiv index="1" conf="1"><pc:Unicode>one</pc:Unicode></pc:TextEquiv>
          <pc:TextEquiv index="0" conf="0.1"><pc:PlainText>plain</pc:PlainText><pc:Unicode>zero</pc:Unicode></pc:TextEquiv>
        </pc:TextLine></pc:TextRegion>
        <pc:TextLine id="b" readingDirection="left-to-right"><pc:Coords points="0,0 9,0 9,9"/></pc:TextLine>
      </pc:TextRegion>
      <pc:TableRegion id="t"><pc:TextRegion id="c" orientation="90" readingOrientation="-180">
        <pc:TextLine id="d"><pc:Coords points="0,0 9,0 9,9"/></pc:TextLine></pc:TextRegion></pc:TableRegion>
      """
    ).replacing("<PcGts xmlns=", with: "<pc:PcGts xmlns:pc=").replacing("</PcGts>", with: "</pc:PcGts>")
      .replacing("<Page", with: "<pc:Page orientation=\"7\"").replacing("</Page>", with: "</pc:Page>")
    let lines = try page(xml).lines
    #expect(lines.map(\.id) == ["a", "b", "d"] && lines.map(\.text) == ["zero", nil, nil])
    #expect(lines.map(\.types) == [["drop-capital", "paragraph"], ["paragraph"], []])
    #expect(lines.map(\.outline.rotation) == [-2.5, -2.5, -90])
    #expect(lines.map(\.direction) == [.rightToLeft, .leftToRight, nil])
    #expect(try page(pageXML(pageLine(""))).lines.map(\.outline.rotation) == [0])
  }

  /// In 2010, points were elements.
  @Test func aPageOf2010() throws {
    let points = "<Coords><Point x=\"1\" y=\"2\"/><Point x=\"30\" y=\"2\"/><Point x=\"30\" y=\"9\"/></Coords>"
    let lines = try page(
      pageXML(
        "<TextRegion id=\"r\">\(points)<TextLine id=\"l\">\(points)</TextLine></TextRegion>", version: "2010-03-19")
    ).lines
    #expect(lines.map(\.outline.polygon) == [[PagePoint(1, 2), PagePoint(30, 2), PagePoint(30, 9)]])
    let bad = try page(pageXML("<TextLine id=\"l\"><Coords><Point x=\"1\"/></Coords></TextLine>")).lines
    #expect(bad[0].fault?.contains("y of Coords") == true)
  }

  @Test(arguments: [
    ("<TextEquiv><Unicode>a</Unicode></TextEquiv><TextEquiv><Unicode>b</Unicode></TextEquiv>", "a"),
    (
      "<TextEquiv conf=\"0.2\"><Unicode>a</Unicode></TextEquiv><TextEquiv conf=\"0.9\"><Unicode>b</Unicode></TextEquiv>",
      "b"
    ),
    (
      "<TextEquiv conf=\"1\"><Unicode>a</Unicode></TextEquiv><TextEquiv index=\"5\"><Unicode>b</Unicode></TextEquiv>",
      "b"
    ),
    ("<TextEquiv index=\"x\"/><TextEquiv><Unicode>b</Unicode></TextEquiv>", "b"),
    ("<TextEquiv><Unicode/></TextEquiv>", ""), ("<TextEquiv><Unicode></Unicode></TextEquiv>", ""),
    ("<TextEquiv/>", nil), ("", nil), ("<TextEquiv><PlainText>a</PlainText></TextEquiv>", nil),
    ("<TextEquiv><Unicode> a\n b </Unicode></TextEquiv>", " a\n b "),
    ("<TextEquiv><Unicode>a<![CDATA[<b>]]><!-- no -->c</Unicode></TextEquiv>", "a<b>c"),
    (
      "<Word><TextEquiv><Unicode>a</Unicode></TextEquiv></Word><Word/><Word><TextEquiv><Unicode>b</Unicode></TextEquiv>"
        + "<Glyph><TextEquiv><Unicode>x</Unicode></TextEquiv></Glyph></Word>", "a b"
    ),
    ("<Word><TextEquiv><Unicode>a</Unicode></TextEquiv></Word><TextEquiv><Unicode/></TextEquiv>", "a"),
    ("<TextEquiv><Unicode/></TextEquiv><Word><TextEquiv><Unicode/></TextEquiv></Word>", ""),
  ])
  func texts(_ content: String, _ text: String?) throws {
    #expect(try page(pageXML(pageLine(content))).lines.map(\.text) == [text])
  }

  @Test(arguments: [
    ("structure {type:heading;}", ["heading"]), ("structure{type : page number ;}", ["page number"]),
    ("readingOrder {index:1;} structure {score:1;type:a;} structure {type:b;}", ["a", "b"]),
    ("structure {type:;}", []), ("structure {type", []), ("person {type:x;}", []), ("type:x", []), ("{{}};;::", []),
  ])
  func structureTypes(_ custom: String, _ types: [String]) throws {
    #expect(try page(pageXML(pageLine("", "id=\"l\" custom=\"\(custom)\""))).lines.map(\.types) == [types])
  }

  @Test func namesOfLines() throws {
    let ids = ["id=\"a\"", "", "id=\"a\"", "id=\"\"", "id=\"a (2)\"", "id=\"a\"", "id=\"line 2\""]
    let lines = try page(pageXML(ids.map { pageLine("", $0) }.joined())).lines
    #expect(lines.map(\.id) == ["a", "line 2", "a (2)", "line 4", "a (2) (2)", "a (3)", "line 2 (2)"])
  }

  @Test(arguments: [
    ("1,2 3,4 5,x", "\"x\""), ("1,2 3,4 5", "odd"), ("1,,2 3,4", "\"\""), ("1,2 3,4,", "comma"),
    ("nan,1 2,3", "\"nan\""),
    ("1,2 inf,3", "\"inf\""), ("0x10,1 2,3", "\"0x10\""), ("1e9,1 2,3", "\"1e9\""), ("9999999,1 2,3", "\"9999999\""),
    ("1,2\u{A0}3,4", "\"2\u{A0}3\""),
  ])
  func pointsThatCannotBeRead(_ points: String, _ part: String) throws {
    let good = pageLine("<TextEquiv><Unicode>a</Unicode></TextEquiv>")
    let lines = try page(pageXML("<TextLine id=\"x\"><Coords points=\"\(points)\"/></TextLine>" + good)).lines
    #expect(lines.count == 2 && lines[1].fault == nil)
    #expect(lines[0].fault?.contains(part) == true && lines[0].outline == LineOutline(), "\(lines[0])")
  }

  @Test func pointsThatCanBeRead() throws {
    func line(_ points: String) throws -> PageDocument.Line {
      try page(pageXML("<TextLine><Coords points=\"\(points)\"/></TextLine>")).lines[0]
    }
    let points = [PagePoint(1, 2), PagePoint(-3.5, 4), PagePoint(50, 6)]
    for text in ["1,2 -3.5,4 50,6", "  1,2\n-3.5,4\t5e1,6 ", "1 2 -3.5 4 50 6", "1, 2 -3.5 , 4 +50.0,6."] {
      #expect(try line(text).outline.polygon == points && line(text).fault == nil, "\(text)")
    }
  }

  @Test func tooFewPointsAreNone() throws {
    func line(_ content: String) throws -> PageDocument.Line {
      try page(pageXML("<TextLine>\(content)</TextLine>")).lines[0]
    }
    let polygon = try line("<Coords points=\"0,0 9,0 9,9\"/><Baseline points=\"1,1\"/>")
    #expect(polygon.outline.baseline.isEmpty && polygon.outline.polygon.count == 3 && polygon.fault == nil)
    let baseline = try line("<Coords points=\"0,0\"/><Baseline points=\"1,1 2,2\"/>")
    #expect(baseline.outline.baseline.count == 2 && baseline.outline.polygon.isEmpty && baseline.fault == nil)
    for content in ["<Baseline points=\"1,1\"/>", "<Coords points=\"1,2 3,4\"/>", "<Coords points=\"\"/>"] {
      let nowhere = try line(content)
      #expect(nowhere.fault == nil && nowhere.outline == LineOutline())
    }
  }

  @Test func imageAndSizeMayBeMissing() throws {
    let document = try page("<PcGts><Page imageFilename=\"\" imageWidth=\"0\" imageHeight=\" \"/></PcGts>")
    #expect(document.imageName == nil && document.size == nil && document.lines.isEmpty)
    expectPageError("<PcGts/>", ["line 1", "no <Page>"])
    expectPageError("<PcGts>\n<Page/>\n<Page/></PcGts>", ["line 3", "second <Page>"])
  }

  @Test func aRotationThatCannotBeReadIsAFaultOfTheRegionsLines() throws {
    let lines = try page(
      pageXML("<TextRegion orientation=\"up\">\(pageLine(""))</TextRegion>\(pageLine(""))")
    ).lines
    #expect(lines[0].fault?.contains("orientation of its region") == true && lines[1].fault == nil)
  }
}
