/// The paper of a line, as its own pixels show it: a level for each window along the line, above and below, interpolated
/// between. Light or dark does not matter: paper is the level that most pixels are near to.
struct LinePaper {
  /// Levels along the upper and the lower half, in 1/128, one per column.
  private let upper: [Int16]
  private let lower: [Int16]

  /// - Parameter image: its pixels inside `mask` are drawn.
  init(_ image: GrayView, inside mask: LineMask) {
    let window = max(16, min(image.height, image.width))
    let windows = max(1, image.width / window)
    var halves: [[Int32]] = []
    for rows in [0..<image.height / 2, image.height / 2..<image.height] {
      let counts = Self.counts(image, mask, rows: rows, windows: windows)
      halves.append(Self.levels(counts, windows: windows))
    }
    for k in 0..<windows {
      // A half without paper takes the other's.
      if halves[0][k] < 0 { halves[0][k] = halves[1][k] }
      if halves[1][k] < 0 { halves[1][k] = halves[0][k] }
    }
    upper = Self.columns(halves[0], count: image.width)
    lower = Self.columns(halves[1], count: image.width)
  }

  /// 256 counts for each window, of pixels inside: of a quarter of them if they are many.
  private static func counts(_ image: GrayView, _ mask: LineMask, rows: Range<Int>, windows: Int) -> [Int32] {
    let step = image.height > 40 ? 2 : 1
    var counts = [Int32](repeating: 0, count: 256 * windows)
    counts.withUnsafeMutableBufferPointer { counts in
      for j in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
        let (row, inside) = (image.pixels + j * image.width, mask.values + j * image.width)
        for k in 0..<windows {
          let bins = counts.baseAddress! + 256 * k
          let (from, to) = (k * image.width / windows, (k + 1) * image.width / windows)
          for i in stride(from: from, to: to, by: step) where inside[i] == LineMask.inside {
            bins[Int(row[i])] &+= 1
          }
        }
      }
    }
    return counts
  }

  /// A window and its neighbors, one at the ends; of two windows each stands alone.
  private static func merged(_ window: Int, of windows: Int) -> ClosedRange<Int> {
    windows < 3 ? window...window : max(0, window - 1)...min(windows - 1, window + 1)
  }

  /// A level in 1/128 for each window, by its pixels and its neighbors'; -1 where there are none.
  private static func levels(_ counts: [Int32], windows: Int) -> [Int32] {
    (0..<windows).map { k in
      var sums = [Int32](repeating: 0, count: 256)
      for neighbor in merged(k, of: windows) {
        for (value, count) in counts[256 * neighbor..<256 * (neighbor + 1)].enumerated() { sums[value] &+= count }
      }
      return level(sums)
    }
  }

  /// The mean of the 33 neighboring values that hold the most pixels, in 1/128.
  private static func level(_ counts: [Int32]) -> Int32 {
    var (best, most, held) = (0, Int32(0), Int32(0))
    for value in 0..<256 + 16 {
      if value < 256 { held &+= counts[value] }
      if value >= 33 { held &-= counts[value - 33] }
      if held > most { (best, most) = (value - 16, held) }
    }
    guard most > 0 else { return -1 }
    var sum: Int64 = 0
    for value in max(0, best - 16)...min(255, best + 16) { sum += Int64(counts[value]) * Int64(value) }
    return Int32((128 * sum + Int64(most) / 2) / Int64(most))
  }

  /// Levels at the centers of what they were taken from, interpolated, and going on at the ends by 16 levels at most;
  /// windows without paper do not count. White if there is none at all.
  private static func columns(_ levels: [Int32], count: Int) -> [Int16] {
    let known = levels.indices.filter { levels[$0] >= 0 }
    guard let first = known.first else { return [Int16](repeating: 255 << 7, count: count) }
    var columns = [Int16](repeating: Int16(levels[first]), count: count)
    func center(_ window: Int) -> Int {
      let windows = merged(window, of: levels.count)
      return (windows.lowerBound + windows.upperBound + 1) * count / (2 * levels.count)
    }
    for (index, (a, b)) in zip(known, known.dropFirst()).enumerated() {
      let (start, end) = (center(a), center(b))
      let (isFirst, isLast) = (index == 0, index == known.count - 2)
      let (low, high) = (min(levels[a], levels[b]), max(levels[a], levels[b]))
      let (least, most) = (isFirst || isLast ? low - 2_048 : low, isFirst || isLast ? high + 2_048 : high)
      for i in (isFirst ? 0 : start)..<(isLast ? count : end) {
        let level = levels[a] + (levels[b] - levels[a]) * Int32(i - start) / Int32(end - start)
        columns[i] = Int16(max(0, least, min(level, most, 255 << 7)))
      }
    }
    return columns
  }

  /// Writes paper where the mask is 0. In the rim the page goes over into it, without its ink.
  func fill(_ image: GrayView, outside mask: LineMask) {
    upper.withUnsafeBufferPointer { upper in
      lower.withUnsafeBufferPointer { lower in
        for j in 0..<image.height {
          let row = j * image.width
          // Half a height is between the centers of the halves.
          let below = Int16(max(0, min(32_767, (4 * j - image.height) * 16_384 / image.height)))
          fillRow(
            image.pixels + row, mask.values + row, upper.baseAddress!, lower.baseAddress!, below, count: image.width)
        }
      }
    }
  }

  @inline(__always)
  private func fillRow(
    _ row: UnsafeMutablePointer<UInt8>, _ mask: UnsafeMutablePointer<UInt8>, _ upper: UnsafePointer<Int16>,
    _ lower: UnsafePointer<Int16>, _ below: Int16, count: Int
  ) {
    var i = 0
    while i < count {
      if i &+ 8 <= count {
        let eight = UnsafeRawPointer(mask + i).loadUnaligned(as: UInt64.self)
        if eight == 0 { for k in i..<i &+ 8 { row[k] = paper(upper[k], lower[k], below) } }
        if eight == 0 || eight == LineMask.eightInside {
          i = i &+ 8
          continue
        }
      }
      for k in i..<min(i &+ 8, count) { row[k] = faded(row[k], paper(upper[k], lower[k], below), mask[k]) }
      i = i &+ 8
    }
  }

  /// The level between two, `below` of the way in 1/32768.
  @inline(__always)
  private func paper(_ upper: Int16, _ lower: Int16, _ below: Int16) -> UInt8 {
    let half = Int16(truncatingIfNeeded: (Int32(lower &- upper) &* Int32(below)) &>> 16)
    return UInt8(truncatingIfNeeded: (upper &+ 2 &* half &+ 64) &>> 7)
  }

  /// A pixel inside as it is, and paper outside. In the rim, what differs from paper by up to 24 levels is faded; what
  /// differs by more than 48 is ink and gone. Without branches, for the sake of vectors.
  @inline(__always)
  private func faded(_ pixel: UInt8, _ paper: UInt8, _ mask: UInt8) -> UInt8 {
    let difference = Int16(pixel) &- Int16(paper)
    let size = difference < 0 ? 0 &- difference : difference
    let rest = size > 48 ? 0 : 48 &- size
    let part = ((size < rest ? size : rest) &* Int16(mask)) &>> 2
    let rim = Int16(paper) &+ (difference < 0 ? 0 &- part : part)
    return mask == LineMask.inside ? pixel : UInt8(truncatingIfNeeded: rim)
  }
}
