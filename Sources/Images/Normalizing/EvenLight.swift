/// Removes uneven light: the brightness of the paper is measured in blocks, and each pixel is divided by that of its place. Integer
/// arithmetic: the same bits everywhere.
struct EvenLight {
  /// The share of a block's pixels that is darker than its paper, in percent.
  private static let paperShare = 85
  /// Least side of a block, in pixels; a block must hold more paper than ink.
  private static let leastSide = 16
  /// No paper is darker.
  private static let darkestPaper = 32

  private let side: Int
  private let columns: Int
  private let rows: Int
  /// The paper's value in each block, row by row.
  private let paper: [Int]

  init(_ image: GrayImage) {
    let side = max(EvenLight.leastSide, min(image.width, image.height) / 3)
    self.side = side
    let (columns, rows) = ((image.width + side - 1) / side, (image.height + side - 1) / side)
    (self.columns, self.rows) = (columns, rows)
    var levels = [Int](repeating: 255, count: columns * rows)
    var counts = [Int](repeating: 0, count: 256)
    for row in 0..<rows {
      for column in 0..<columns {
        for value in 0..<256 { counts[value] = 0 }
        let (right, bottom) = (min(image.width, (column + 1) * side), min(image.height, (row + 1) * side))
        for y in row * side..<bottom {
          for place in y * image.width + column * side..<y * image.width + right {
            counts[Int(image.pixels[place])] += 1
          }
        }
        var left = (right - column * side) * (bottom - row * side) * EvenLight.paperShare / 100
        levels[row * columns + column] =
          counts.firstIndex {
            left -= $0; return left < 0
          } ?? 255
      }
    }
    // A block that is full of ink has the paper of its lightest neighbor.
    paper = (0..<columns * rows).map { place in
      let (row, column) = (place / columns, place % columns)
      var lightest = EvenLight.darkestPaper
      for y in max(0, row - 1)...min(rows - 1, row + 1) {
        for x in max(0, column - 1)...min(columns - 1, column + 1) { lightest = max(lightest, levels[y * columns + x]) }
      }
      return lightest
    }
  }

  /// The image with white paper everywhere.
  func applied(to image: GrayImage) -> GrayImage {
    var pixels = image.pixels
    let places = (0..<image.width).map { place($0, of: columns) }
    var line = [Int](repeating: 0, count: columns)
    for y in 0..<image.height {
      let (upper, lower, down) = place(y, of: rows)
      for x in 0..<columns {
        line[x] = paper[upper * columns + x] * (256 - down) + paper[lower * columns + x] * down
      }
      for x in 0..<image.width {
        let (left, right, across) = places[x]
        let level = (line[left] * (256 - across) + line[right] * across) >> 8  // in 1/256
        let value = (Int(pixels[y * image.width + x]) * 255 * 256 + level / 2) / level
        pixels[y * image.width + x] = UInt8(min(255, value))
      }
    }
    return GrayImage(width: image.width, height: image.height, pixels: pixels)
  }

  /// The blocks before and after a pixel, and the weight of the second in 1/256.
  private func place(_ position: Int, of count: Int) -> (Int, Int, Int) {
    let shifted = max(0, (2 * position + 1 - side) * 128)
    let first = min(count - 1, shifted / (256 * side))
    let second = min(count - 1, first + 1)
    return (first, second, first == second ? 0 : (shifted - first * 256 * side) / side)
  }
}

extension GrayImage {
  /// The image without uneven light: its paper is white everywhere.
  public func withEvenLight() -> GrayImage { EvenLight(self).applied(to: self) }
}
