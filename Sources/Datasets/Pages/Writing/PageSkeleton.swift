import Images
import Messages

/// A page without texts in the other schema: PAGE-XML 2019-07-15 or ALTO 4.4, with the lines of a document in its order.
struct PageSkeleton {
  private let document: PageDocument
  private let time: String
  /// The lines of the document that stand somewhere.
  let places: [Int]

  init(_ document: PageDocument, time: String) {
    (self.document, self.time) = (document, time)
    places = document.lines.indices.filter { !document.lines[$0].outline.corners.isEmpty }
  }

  private var imageName: String { (document.imageName ?? "").markup }
  private var size: (width: Int, height: Int) {
    document.size ?? PageBox(document.lines.flatMap(\.outline.corners), nil).corner
  }

  /// The lines by their regions. Lines of a region that those of another one separate are in two.
  private var regions: [[Int]] {
    var regions: [[Int]] = []
    for place in places {
      if let last = regions.last?.last, document.lines[last].region == document.lines[place].region {
        regions[regions.count - 1].append(place)
      } else {
        regions.append([place])
      }
    }
    return regions
  }

  /// A name for a line that is one in XML, and no other's.
  private func names(_ prefix: String) -> [String] {
    var taken: Set<String> = []
    return document.lines.enumerated().map { place, line in
      let name = line.id.isXMLName && !line.id.hasPrefix(prefix) && taken.insert(line.id).inserted ? line.id : nil
      return name ?? "\(prefix)line\(place + 1)"
    }
  }

  private static let prefix = "akuru_"

  // MARK: - PAGE

  var page: String {
    let names = names(PageSkeleton.prefix)
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15" \
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
      xsi:schemaLocation="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15 \
      http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15/pagecontent.xsd">
        <Metadata>
          <Creator>akuru \(akuruVersion.markup)</Creator>
          <Created>\(time)</Created>
          <LastChange>\(time)</LastChange>
        </Metadata>
        <Page imageFilename="\(imageName)" imageWidth="\(size.width)" imageHeight="\(size.height)">

      """
    for (number, region) in regions.enumerated() {
      let points = region.flatMap { document.lines[$0].outline.corners }
      text += """
            <TextRegion id="\(PageSkeleton.prefix)region\(number + 1)">
              <Coords points="\(corners(points))"/>

        """
      for place in region { text += pageLine(document.lines[place], names[place]) }
      text += "    </TextRegion>\n"
    }
    return text + "  </Page>\n</PcGts>\n"
  }

  private func pageLine(_ line: PageDocument.Line, _ name: String) -> String {
    let outline = line.outline
    let direction = line.direction.map { " readingDirection=\"\($0.rawValue)\"" } ?? ""
    let polygon = outline.polygon.isEmpty ? corners(outline.corners) : list(outline.polygon)
    var text = """
            <TextLine id="\(name)"\(direction)>
              <Coords points="\(polygon)"/>

      """
    if !outline.baseline.isEmpty { text += "        <Baseline points=\"\(list(outline.baseline))\"/>\n" }
    return text + "      </TextLine>\n"
  }

  private func list(_ points: [PagePoint]) -> String {
    points.map { $0.onPage(document.size) }.map { "\($0.x),\($0.y)" }.joined(separator: " ")
  }

  private func corners(_ points: [PagePoint]) -> String {
    let box = PageBox(points, document.size)
    return "\(box.left),\(box.top) \(box.right),\(box.top) \(box.right),\(box.bottom) \(box.left),\(box.bottom)"
  }

  // MARK: - ALTO

  var alto: String {
    let names = names(PageSkeleton.prefix)
    let (width, height) = size
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
      xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# http://www.loc.gov/standards/alto/v4/alto-4-4.xsd">
        <Description>
          <MeasurementUnit>pixel</MeasurementUnit>
          <sourceImageInformation>
            <fileName>\(imageName)</fileName>
          </sourceImageInformation>
          <Processing ID="\(PageSkeleton.prefix)processing">
            <processingDateTime>\(time)</processingDateTime>
            <processingSoftware>
              <softwareName>akuru</softwareName>
              <softwareVersion>\(akuruVersion.markup)</softwareVersion>
            </processingSoftware>
          </Processing>
        </Description>
        <Layout>
          <Page ID="\(PageSkeleton.prefix)page" WIDTH="\(width)" HEIGHT="\(height)" PHYSICAL_IMG_NR="1">
            <PrintSpace HPOS="0" VPOS="0" WIDTH="\(width)" HEIGHT="\(height)">

      """
    for (number, region) in regions.enumerated() {
      let points = region.flatMap { document.lines[$0].outline.corners }
      text += "        <TextBlock ID=\"\(PageSkeleton.prefix)block\(number + 1)\" \(place(points))>\n"
      for place in region { text += altoLine(document.lines[place], names[place]) }
      text += "        </TextBlock>\n"
    }
    return text + "      </PrintSpace>\n    </Page>\n  </Layout>\n</alto>\n"
  }

  private func altoLine(_ line: PageDocument.Line, _ name: String) -> String {
    let outline = line.outline
    func points(_ points: [PagePoint]) -> String {
      points.map { $0.onPage(document.size) }.map { "\($0.x) \($0.y)" }.joined(separator: " ")
    }
    let baseline = outline.baseline.isEmpty ? "" : " BASELINE=\"\(points(outline.baseline))\""
    let direction = line.direction.map { " BASEDIRECTION=\"\($0.alto)\"" } ?? ""
    var text = "          <TextLine ID=\"\(name)\" \(place(outline.corners))\(baseline)\(direction)>\n"
    if !outline.polygon.isEmpty {
      text += """
                  <Shape>
                    <Polygon POINTS="\(points(outline.polygon))"/>
                  </Shape>

        """
    }
    return text + "          </TextLine>\n"
  }

  private func place(_ points: [PagePoint]) -> String {
    let box = PageBox(points, document.size)
    return "HPOS=\"\(box.left)\" VPOS=\"\(box.top)\" WIDTH=\"\(box.width)\" HEIGHT=\"\(box.height)\""
  }
}

extension PageBox {
  /// The corner at the bottom right: the size of a page that holds the box.
  fileprivate var corner: (width: Int, height: Int) { (right, bottom) }
}

extension LineOutline {
  /// All that says where the line is: its polygon, or its box, or else its baseline.
  package var corners: [PagePoint] {
    if !polygon.isEmpty { return polygon }
    return box.map { [$0.from, $0.to] } ?? baseline
  }
}

extension PageDocument.Direction {
  /// The direction's name in ALTO (4.3, InlineDirType).
  fileprivate var alto: String {
    switch self {
    case .leftToRight: "ltr"
    case .rightToLeft: "rtl"
    case .topToBottom: "ttb"
    case .bottomToTop: "btt"
    }
  }
}

extension String {
  /// The text in XML and HTML, also between quotation marks.
  var markup: String {
    var result = ""
    for scalar in inXML.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += "&#\(scalar.value);"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
