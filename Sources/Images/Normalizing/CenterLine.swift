/// The center line of a line's writing, and how far the writing reaches. As in OCRopus, the line goes through the greatest value of each
/// column of the smoothed ink, and is smoothed itself. Sums of integers and divisions in a fixed order: the same bits everywhere.
struct CenterLine {
  /// The row of the center in each column, from 0 for the first row of the box; in pixels of the copy.
  private let rows: [Double]
  /// Rows above and below the center that the line gets.
  let range: Double

  /// Standard deviations as shares of the line's height, which is that of the writing, but at most twice that of its pieces: of the ink's smoothing down and across, and of the line's.
  private static let (smoothDown, smoothAcross, smoothLine) = (0.5, 1.0, 0.3)
  /// ``range`` as a multiple of the mean distance of ink from the center.
  private static let reach = 4.0

  init(_ ink: LineInk) {
    let (width, height) = (ink.box.width, ink.box.height)
    // A line that rises is not higher than a level one.
    let lineHeight = Double(min(height, 2 * ink.usualHeight))
    var sums = ink.isWriting.map { $0 ? 1 : 0 }
    for x in 0..<width {
      let column = boxSums(
        stride(from: x, to: width * height, by: width).map { sums[$0] }, CenterLine.smoothDown * lineHeight)
      for y in 0..<height { sums[y * width + x] = column[y] }
    }
    for y in 0..<height {
      let row = boxSums(Array(sums[y * width..<(y + 1) * width]), CenterLine.smoothAcross * lineHeight)
      sums.replaceSubrange(y * width..<(y + 1) * width, with: row)
    }
    var centers = [Int](repeating: -1, count: width)
    for x in 0..<width {
      var greatest = 0
      for y in 0..<height where sums[y * width + x] > greatest { (greatest, centers[x]) = (sums[y * width + x], y) }
    }
    // Wide gaps have no ink near them.
    let first = centers.first { $0 >= 0 } ?? height / 2
    for x in 0..<width where centers[x] < 0 { centers[x] = x == 0 ? first : centers[x - 1] }
    let edge = max(1, height)
    let padded = Array(repeating: centers[0], count: edge) + centers + Array(repeating: centers[width - 1], count: edge)
    let smooth = boxSums(padded, CenterLine.smoothLine * lineHeight)
    let whole = boxSums(Array(repeating: 1, count: padded.count), CenterLine.smoothLine * lineHeight)
    rows = (0..<width).map { Double(smooth[edge + $0]) / Double(whole[edge + $0]) }
    var (distance, area) = (0.0, 0.0)
    for x in 0..<width {
      for y in 0..<height where ink.isWriting[y * width + x] {
        distance += abs(Double(y) - rows[x])
        area += 1
      }
    }
    range = max(1 + CenterLine.reach * distance / max(1, area), 3 * ink.stroke)
  }

  /// The center at a column, between columns too; beyond the ends it goes on level.
  func center(at x: Double) -> Double {
    let place = max(0, min(Double(rows.count - 1), x))
    let first = Int(place)
    let part = place - Double(first)
    return rows[first] * (1 - part) + rows[min(rows.count - 1, first + 1)] * part
  }
}

/// Three sums over neighbors, one after the other: nearly a Gaussian of that standard deviation, times a constant. Beyond the ends are
/// zeros. A sum has at most 255 values, so nothing overflows for values below 2^15.
private func boxSums(_ values: [Int], _ deviation: Double) -> [Int] {
  let radius = max(0, min(127, Int((((4 * deviation * deviation + 1).squareRoot() - 1) / 2).rounded())))
  // What leaks over the ends comes back in the next sum.
  let beyond = [Int](repeating: 0, count: 2 * radius)
  var sums = beyond + values + beyond
  for _ in 0..<3 {
    var sum = sums.prefix(radius).reduce(0, +)
    sums = sums.indices.map { i in
      if i + radius < sums.count { sum += sums[i + radius] }
      if i > radius { sum -= sums[i - radius - 1] }
      return sum
    }
  }
  return Array(sums[2 * radius..<2 * radius + values.count])
}
