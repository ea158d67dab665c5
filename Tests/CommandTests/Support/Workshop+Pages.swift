import Datasets
import Foundation
import Images
import TestSupport

extension Workshop {
  /// Pages of PAGE-XML with the training images as lines, `size` on each, in `NAME/b0/p.xml` and so on.
  func writePages(to name: String, _ count: Int, of size: Int) throws -> String {
    let library = path(name)
    let records = try DataSet.load(train).records
    let images = RecordImages()
    for page in 0..<count {
      try FileManager.default.createDirectory(atPath: "\(library)/b\(page)", withIntermediateDirectories: true)
      var image = GrayImage(width: 400, height: 60 * size, filledWith: 240)
      var lines = ""
      for line in 0..<size {
        let record = records[page * size + line]
        let glyphs = try images.image(of: record)
        let (x, y) = (20 + 5 * line, 60 * line + 10)
        for row in 0..<glyphs.height {
          for column in 0..<glyphs.width { image[x + column, y + row] = glyphs[column, row] }
        }
        let (right, bottom) = (x + glyphs.width, y + glyphs.height)
        lines += """
          <TextLine id="l\(line)"><Coords points="\(x),\(y) \(right),\(y) \(right),\(bottom) \(x),\(bottom)"/>\
          <Baseline points="\(x),\(bottom - 4) \(right),\(bottom - 4)"/><TextEquiv><Unicode>\(record.text)</Unicode></TextEquiv></TextLine>
          """
      }
      try PNG.write(image, to: "\(library)/b\(page)/p.png")
      try GlyphData.write(
        [
          """
          <PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Metadata><Creator/>\
          <Created>2026-01-01T00:00:00</Created><LastChange>2026-01-01T00:00:00</LastChange></Metadata>\
          <Page imageFilename="p.png" imageWidth="400" imageHeight="\(60 * size)"><TextRegion id="r">\
          <Coords points="0,0 399,0 399,\(60 * size - 1) 0,\(60 * size - 1)"/>\(lines)</TextRegion></Page></PcGts>
          """
        ], to: "\(library)/b\(page)/p.xml")
    }
    return library
  }
}
