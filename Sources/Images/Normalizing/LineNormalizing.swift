/// A line's image after a normalizer.
public struct NormalizedLine: Sendable {
  public let image: GrayImage
  /// The column of the image before that is column 0 now; columns keep their width.
  public let left: Int

  public init(image: GrayImage, left: Int) { (self.image, self.left) = (image, left) }
}

extension GrayImage {
  /// Paper around the writing of a trimmed image, as a share of the writing's height.
  private static let margin = 0.12
  /// The least height of a trimmed image, in widths of a stroke: a dash does not fill the image.
  private static let leastHeight = 6.0

  /// The writing with a fixed margin: specks, frames, rules and pieces of neighboring lines do not count, and may be cut off. The image
  /// itself if no writing is found.
  public func trimmed() -> GrayImage { trimmedLine().image }

  /// What ``trimmed()`` makes, and where it was.
  public func trimmedLine() -> NormalizedLine {
    guard let ink = LineInk(self) else { return NormalizedLine(image: self, left: 0) }
    let factor = Double(ink.factor)
    let tall = Double(ink.box.height) * factor
    let rows = max(tall, GrayImage.leastHeight * ink.stroke * factor)
    let margin = (GrayImage.margin * rows).rounded(.up)
    let above = margin + (rows - tall) / 2
    let top = Int((Double(ink.box.top) * factor - above).rounded(.down))
    let left = Int((Double(ink.box.left) * factor - margin).rounded(.down))
    let width = Int((Double(ink.box.width) * factor + 2 * margin).rounded(.up))
    let height = Int((tall + 2 * above).rounded(.up))
    return NormalizedLine(
      image: window(left: left, top: top, width: width, height: height, paper: ink.paper), left: left)
  }

  /// Pixels `left ..< left + width`, `top ..< top + height`; outside of the image they are paper.
  private func window(left: Int, top: Int, width: Int, height: Int, paper: UInt8) -> GrayImage {
    .filled(width: width, height: height) { target in
      target.pixels.update(repeating: paper, count: target.count)
      let columns = max(0, left)..<max(0, left, min(self.width, left + width))
      for y in max(0, top)..<max(0, top, min(self.height, top + height)) {
        for x in columns { target.pixels[(y - top) * width + x - left] = pixels[y * self.width + x] }
      }
    }
  }

  /// The line brought to a straight center line, and to a height that follows from how far its ink lies from that line: margins, slope
  /// and curve are gone, and the x-height has the same size in all images. The method is that of OCRopus' CenterNormalizer (Breuel,
  /// ocrolib/lineest.py), for the writing that ``trimmed()`` finds. The image itself if there is none.
  public func centered() -> GrayImage { centeredLine().image }

  /// What ``centered()`` makes, and where it was.
  public func centeredLine() -> NormalizedLine {
    guard let ink = LineInk(self) else { return NormalizedLine(image: self, left: 0) }
    let line = CenterLine(ink)
    let factor = Double(ink.factor)
    let rows = max(2, Int((2 * line.range * factor).rounded()))
    let margin = Int((0.25 * line.range * factor).rounded())
    let left = ink.box.left * ink.factor - margin
    let width = ink.box.width * ink.factor + 2 * margin
    let paper = Int(ink.paper)
    let image = GrayImage.filled(width: width, height: rows) { target in
      for x in 0..<width {
        // The place in the copy, whose pixels have their centers at halves.
        let center = line.center(at: (Double(x + left) + 0.5) / factor - 0.5 - Double(ink.box.left))
        let top = (Double(ink.box.top) + center + 0.5) * factor - Double(rows) / 2
        let first = Int(top.rounded(.down))
        let part = Int(((top - Double(first)) * 256).rounded(.down))
        let column = x + left
        func value(_ y: Int) -> Int {
          (0..<self.width).contains(column) && (0..<self.height).contains(y)
            ? Int(pixels[y * self.width + column]) : paper
        }
        var upper = value(first)
        for y in 0..<rows {
          let lower = value(first + y + 1)
          target.pixels[y * width + x] = UInt8((upper * (256 - part) + lower * part + 128) >> 8)
          upper = lower
        }
      }
    }
    return NormalizedLine(image: image, left: left)
  }
}
