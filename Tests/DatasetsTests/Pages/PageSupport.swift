import Datasets
import Images
import Testing

/// The page in `xml`, read as the file page.xml.
func page(_ xml: String) throws(DataSetError) -> PageDocument {
  try PageDocument.read(Array(xml.utf8), path: "page.xml")
}

/// PAGE-XML around the content of a page of 100 x 200 pixels.
func pageXML(_ content: String, version: String = "2019-07-15") -> String {
  """
  <?xml version="1.0" encoding="UTF-8"?>
  <PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/\(version)" pcGtsId="p">
    <Metadata><Creator>test</Creator></Metadata>
    <Page imageFilename="1.png" imageWidth="100" imageHeight="200">
  \(content)
    </Page>
  </PcGts>
  """
}

/// A TextLine of PAGE with a polygon.
func pageLine(_ content: String, _ attributes: String = "id=\"l\"") -> String {
  "<TextLine \(attributes)><Coords points=\"0,0 9,0 9,9\"/>\(content)</TextLine>"
}

/// ALTO around the content of a block.
func altoXML(_ content: String, block: String = "", head: String = "") -> String {
  """
  <?xml version="1.0" encoding="UTF-8"?>
  <alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">
    \(head)
    <Layout><Page ID="p" WIDTH="100" HEIGHT="200"><PrintSpace><TextBlock ID="b" \(block)>
  \(content)
    </TextBlock></PrintSpace></Page></Layout>
  </alto>
  """
}

/// A TextLine of ALTO with a box from (10, 20) to (40, 26).
func altoLine(_ content: String, _ attributes: String = "") -> String {
  "<TextLine ID=\"l\" HPOS=\"10\" VPOS=\"20\" WIDTH=\"30\" HEIGHT=\"6\" \(attributes)>\(content)</TextLine>"
}

/// Checks that reading fails with one line that names the file and holds all `parts`.
func expectPageError(
  _ bytes: [UInt8], _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = dataSetError(
    { _ = try PageDocument.read(bytes, path: "page.xml") }, sourceLocation: sourceLocation)
  guard let text = error?.description else { return }
  for part in ["page.xml"] + parts {
    #expect(text.contains(part), "\(text) lacks \(part)", sourceLocation: sourceLocation)
  }
  #expect(!text.utf8.contains(10) && text.utf8.count < 1000, "\(text)", sourceLocation: sourceLocation)
}

func expectPageError(_ xml: String, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation) {
  expectPageError(Array(xml.utf8), parts, sourceLocation: sourceLocation)
}
