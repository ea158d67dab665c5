/// The writing of a line image: what is left of its ink without specks, frames, rules, black edges and pieces of neighboring lines.
/// It is found on a copy of fewer than 256 rows, whose light is even.
struct LineInk {
  /// Pixels of the image for one of the copy, in each direction.
  let factor: Int
  /// The box of the writing, in pixels of the copy.
  let box: InkComponents.Piece
  /// Whether each pixel of the box belongs to the writing, row by row.
  let isWriting: [Bool]
  /// Height of the pieces that hold most of the ink, in pixels of the copy: slope does not change it.
  let usualHeight: Int
  /// Width of a stroke, in pixels of the copy.
  let stroke: Double
  /// The paper's gray value in the image.
  let paper: UInt8

  /// Least difference of ink and paper, in gray values.
  private static let leastContrast = 24
  /// Writing is at least so much of the image's height; a dash counts as six strokes. What is lower is what an image of bars and edges has
  /// between them.
  private static let leastShare = 0.125

  /// nil if no writing is found.
  init?(_ image: GrayImage) {
    factor = max(1, image.height / 128)
    let copy = image.reduced(by: factor)
    let even = copy.withEvenLight()
    guard let threshold = LineInk.threshold(of: even) else { return nil }
    let isInk = even.pixels.map { $0 <= threshold }
    let components = InkComponents(width: copy.width, height: copy.height, isInk: isInk)
    let choice = WritingChoice(components)
    guard let box = choice.box else { return nil }
    self.box = box
    usualHeight = choice.usual
    var isWriting = [Bool](repeating: false, count: box.width * box.height)
    for y in 0..<box.height {
      for x in 0..<box.width {
        let label = components.labels[(box.top + y) * copy.width + box.left + x]
        isWriting[y * box.width + x] = label >= 0 && choice.isKept[Int(label)]
      }
    }
    self.isWriting = isWriting
    stroke = LineInk.strokeWidth(isWriting, width: box.width)
    guard max(Double(box.height), 6 * stroke) >= LineInk.leastShare * Double(copy.height) else { return nil }
    var counts = [Int](repeating: 0, count: 256)
    for (value, ink) in zip(copy.pixels, isInk) where !ink { counts[Int(value)] += 1 }
    var half = counts.reduce(0, +) / 2
    paper = UInt8(
      counts.firstIndex {
        half -= $0; return half < 0
      } ?? 255)
  }

  /// A value between ink and paper, nearer to paper; nil if there is no ink.
  static func threshold(of image: GrayImage) -> UInt8? {
    var counts = [Int](repeating: 0, count: 256)
    for value in image.pixels { counts[Int(value)] += 1 }
    func level(after passed: Int) -> Int {
      var left = passed
      return counts.firstIndex {
        left -= $0; return left < 0
      } ?? 255
    }
    let (ink, paper) = (level(after: image.pixels.count / 200), level(after: image.pixels.count * 3 / 4))
    return paper - ink < leastContrast ? nil : UInt8(paper - (paper - ink) * 2 / 5)
  }

  /// The mean length of runs of ink, across or down, whichever is shorter.
  private static func strokeWidth(_ isInk: [Bool], width: Int) -> Double {
    var (area, across, down) = (0, 0, 0)
    for (place, ink) in isInk.enumerated() where ink {
      area += 1
      if place % width == 0 || !isInk[place - 1] { across += 1 }
      if place < width || !isInk[place - width] { down += 1 }
    }
    return Double(area) / Double(max(1, across, down))
  }
}

extension GrayImage {
  /// Means of squares of factor x factor pixels; what remains at the right and at the bottom belongs to the last squares.
  func reduced(by factor: Int) -> GrayImage {
    guard factor > 1 else { return self }
    let (columns, rows) = (max(1, width / factor), max(1, height / factor))
    return .filled(width: columns, height: rows) { target in
      for y in 0..<rows {
        for x in 0..<columns {
          var (sum, count) = (0, 0)
          for row in y * factor..<(y + 1 == rows ? height : (y + 1) * factor) {
            for place in row * width + x * factor..<row * width + (x + 1 == columns ? width : (x + 1) * factor) {
              sum += Int(pixels[place])
              count += 1
            }
          }
          target.pixels[y * columns + x] = UInt8((2 * sum + count) / (2 * count))
        }
      }
    }
  }
}
