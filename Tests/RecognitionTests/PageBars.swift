import Datasets
import Foundation
import Images
import NeuralNetwork
import Recognition
import TestSupport

/// Pages with lines of bars, and a network without training that reads them, as ``BarReader`` does; a low bar in the middle is a
/// space. So the text of a line and the place of each letter are known.
enum PageBars {
  /// The height of a line, and that of the network's input, in pixels.
  static let (lineHeight, height) = (40.0, 8)

  /// Scores of blank and four letters for a column: 60 for each pixel of ink in the letter's rows, -60 for others, and the bias.
  static func recognizer(
    letters: [Unicode.Scalar] = ["a", "b", "c", " "], direction: TextDirection? = nil
  ) throws -> Recognizer {
    let rows = [0..<0, 0..<4, 4..<8, 0..<8, 3..<5]
    let policy = TextPolicy(normalization: .nfc, whitespace: .keep, direction: direction)
    let recognizer = try Recognizer(
      ModelDescription(
        architecture: Architecture(name: "bars", inputHeight: height, stages: [.linear(name: "fc")]),
        alphabet: try Alphabet(scalars: letters), maximumWidth: 400, microBatch: 4, textPolicy: policy))
    let tensors = recognizer.network.parameters.tensors
    for (k, ink) in rows.enumerated() {
      for y in 0..<height { tensors[0].value.pointer[k * height + y] = k == 0 ? 0 : ink.contains(y) ? 60 : -60 }
      tensors[1].value.pointer[k] = k == 0 ? 60 : k == 3 ? -120 : 0
    }
    return recognizer
  }

  /// Where the bars of a text are along its line.
  static func bars(_ text: String) -> [(letter: Character, place: ClosedRange<Double>)] {
    var start = 0.0
    return text.map { letter in
      let width = letter == " " ? 60.0 : 20.0
      defer { start += width }
      return (letter, start + width / 2 - 5...start + width / 2 + 5)
    }
  }

  static func length(_ text: String) -> Double { text.reduce(0) { $0 + ($1 == " " ? 60 : 20) } }

  /// A line: its text, the corner at the top left of its first letter, and its direction in degrees, clockwise from the right.
  struct Line {
    var text: String
    var start: PagePoint
    var degrees = 0.0

    private var direction: PagePoint {
      // Exact for quarters.
      let turns = [0.0: (1.0, 0.0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)]
      let (x, y) = turns[degrees] ?? (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
      return PagePoint(x, y)
    }

    /// Where a point of the page is in the line: along it, and below its upper edge.
    func place(of point: PagePoint) -> (along: Double, below: Double) {
      let (dx, dy, d) = (point.x - start.x, point.y - start.y, direction)
      return (dx * d.x + dy * d.y, dy * d.x - dx * d.y)
    }

    func point(_ along: Double, _ below: Double) -> PagePoint {
      PagePoint(
        start.x + along * direction.x - below * direction.y, start.y + along * direction.y + below * direction.x)
    }

    var polygon: [PagePoint] {
      let length = PageBars.length(text)
      return [point(0, 0), point(length, 0), point(length, lineHeight), point(0, lineHeight)]
    }

    var baseline: [PagePoint] { [point(0, 30), point(PageBars.length(text), 30)] }

    /// Whether a point of the page is ink of the line.
    func hasInk(at point: PagePoint) -> Bool {
      let (along, below) = place(of: point)
      guard (0...lineHeight).contains(below) else { return false }
      return bars(text).contains { letter, range in
        guard range.contains(along) else { return false }
        switch letter {
        case "a": return below < 20
        case "b": return below >= 20
        case "c": return true
        default: return (15..<25).contains(below)
        }
      }
    }
  }

  /// Writes a page of 600 x 600 pixels, as PAGE-XML, and its image.
  static func write(_ lines: [Line], to folder: TemporaryDirectory, _ name: String = "page") throws -> String {
    var image = GrayImage(width: 600, height: 600)
    for y in 0..<600 {
      for x in 0..<600 where lines.contains(where: { $0.hasInk(at: PagePoint(Double(x) + 0.5, Double(y) + 0.5)) }) {
        image[x, y] = 0
      }
    }
    try folder.write(PNG.encode(image), "\(name).png")
    func list(_ points: [PagePoint]) -> String {
      points.map { "\(Int($0.x.rounded())),\(Int($0.y.rounded()))" }.joined(separator: " ")
    }
    let elements = lines.enumerated().map { number, line in
      """
      <TextLine id="l\(number)"><Coords points="\(list(line.polygon))"/><Baseline points="\(list(line.baseline))"/></TextLine>
      """
    }
    return try folder.write(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Metadata><Creator>x</Creator>\
      <Created>2026-01-01T00:00:00</Created><LastChange>2026-01-01T00:00:00</LastChange></Metadata>
      <Page imageFilename="\(name).png" imageWidth="600" imageHeight="600"><TextRegion id="r">\
      <Coords points="0,0 600,0 600,600 0,600"/>
      \(elements.joined(separator: "\n"))
      </TextRegion></Page></PcGts>
      """, "\(name).xml")
  }
}
