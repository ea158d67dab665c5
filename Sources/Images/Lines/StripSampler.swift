/// Samples the page at a strip's pixels, in fixed point with 32 fractional bits.
struct StripSampler {
  /// A column: the place of its first pixel's center, from the center of the page's first pixel, and the step to the next
  /// row.
  private struct Place {
    var u, v, stepU, stepV: Int64

    /// The place of the pixel in row j, to the nearest 1/256.
    @inline(__always)
    func point(row j: Int64) -> (u: Int64, v: Int64) {
      (u &+ j &* stepU &+ 0x80_0000, v &+ j &* stepV &+ 0x80_0000)
    }
  }

  /// How many pixels are drawn at once.
  private static let piece = 128

  private let page: GrayView
  private let places: [Place]
  /// The step from a column to the next if the strip is straight and nearly level, so that long parts of its rows are on
  /// one row of the page.
  private let levelStep: (u: Int64, v: Int64)?

  init(_ strip: LineStrip, _ page: GrayView) {
    self.page = page
    let columns = strip.columns
    let height = Double(strip.top) + 0.5
    places = (0..<columns.count).map { i in
      let (stepX, stepY) = (-columns.dy[i], columns.dx[i])
      let (x, y) = (columns.x[i] + height * stepX - 0.5, columns.y[i] + height * stepY - 0.5)
      return Place(u: fixed(x), v: fixed(y), stepU: fixed(stepX), stepV: fixed(stepY))
    }
    let (dx, dy) = (columns.dx[0], columns.dy[0])
    let isLevel = dx > 0 && abs(dy) < 0.1 && columns.dx.allSatisfy { $0 == dx } && columns.dy.allSatisfy { $0 == dy }
    levelStep = isLevel ? (fixed(dx), fixed(dy)) : nil
  }

  /// Draws the pixels that are not 0 in the mask, and sets those to 0 in the mask that are not on the page.
  func draw(_ mask: LineMask, into image: GrayView) {
    for j in 0..<image.height {
      let start = j &* image.width
      for i in stride(from: 0, to: image.width, by: Self.piece) {
        let count = min(Self.piece, image.width &- i)
        let (part, row) = (mask.values + start + i, image.pixels + start + i)
        if isPaper(part, count) || drawLevel(row, i, Int64(j), count) { continue }
        drawPixels(part, row, i, Int64(j), count)
      }
    }
  }

  @inline(__always)
  private func isPaper(_ mask: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
    var sum: UInt8 = 0
    for k in 0..<count { sum |= mask[k] }
    return sum == 0
  }

  private func drawPixels(
    _ mask: UnsafeMutablePointer<UInt8>, _ row: UnsafeMutablePointer<UInt8>, _ first: Int, _ j: Int64, _ count: Int
  ) {
    for k in 0..<count where mask[k] != 0 {
      let (u, v) = places[first &+ k].point(row: j)
      if isInside(u, v) {
        row[k] = between(corners(u, v), u, v)
      } else if let corners = cornersAtEdge(u, v) {
        row[k] = between(corners, u, v)
      } else {
        mask[k] = 0
      }
    }
  }

  /// Draws pixels of a level strip if they are all within the page; false for others.
  private func drawLevel(_ row: UnsafeMutablePointer<UInt8>, _ first: Int, _ j: Int64, _ count: Int) -> Bool {
    guard let step = levelStep else { return false }
    let start = places[first].point(row: j)
    let last = Int64(count &- 1)
    guard isInside(start.u, start.v) && isInside(start.u &+ last &* step.u, start.v &+ last &* step.v) else {
      return false
    }
    var k = 0
    while k < count {
      let (u, v) = (start.u &+ Int64(k) &* step.u, start.v &+ Int64(k) &* step.v)
      // As long as the next pixel of the strip is the next of the page's row.
      let drift = step.u &- 1 << 32
      let run = steps(v, step.v, most: steps(u, drift, most: count &- k))
      // The same part of a pixel along all of the run, which is short enough.
      let along = UInt8(truncatingIfNeeded: (u &+ Int64(run / 2) &* drift) &>> 25) & 127
      let slope = UInt16(truncatingIfNeeded: step.v / 65_536)
      drawRun(
        row + k, from: page.pixels + (Int(v &>> 32) &* page.width &+ Int(u &>> 32)), along: along,
        across: UInt16(truncatingIfNeeded: v &>> 16), slope, run)
      k = k &+ run
    }
    return true
  }

  /// How many places of `most`, `step` apart, have the whole part of the first.
  @inline(__always)
  private func steps(_ place: Int64, _ step: Int64, most: Int) -> Int {
    if (place &+ Int64(most &- 1) &* step) &>> 32 == place &>> 32 { return most }
    let part = UInt32(truncatingIfNeeded: place)
    return Int(step > 0 ? ~part / UInt32(step) : part / UInt32(0 &- step)) &+ 1
  }

  /// Interpolates `count` neighbors: `along` in 1/128 pixel, `across` in 1/65536 and changing by `slope`. All in 16 bits,
  /// for the sake of vectors.
  @inline(__always)
  private func drawRun(
    _ row: UnsafeMutablePointer<UInt8>, from upper: UnsafeMutablePointer<UInt8>, along: UInt8, across: UInt16,
    _ slope: UInt16, _ count: Int
  ) {
    let lower = upper + page.width
    let (right, left) = (Int16(along), 128 &- Int16(along))
    for k in 0..<count {
      let above = Int16(upper[k]) &* left &+ Int16(upper[k &+ 1]) &* right
      let below = Int16(lower[k]) &* left &+ Int16(lower[k &+ 1]) &* right
      let part = Int16(truncatingIfNeeded: (across &+ UInt16(truncatingIfNeeded: k) &* slope) &>> 1)
      let half = Int16(truncatingIfNeeded: (Int32(below &- above) &* Int32(part)) &>> 16)
      row[k] = UInt8(truncatingIfNeeded: (above &+ 2 &* half &+ 64) &>> 7)
    }
  }

  /// Whether all four pixels around the place are of the page.
  @inline(__always)
  private func isInside(_ u: Int64, _ v: Int64) -> Bool {
    UInt64(bitPattern: u &>> 32) < UInt64(page.width &- 1) && UInt64(bitPattern: v &>> 32) < UInt64(page.height &- 1)
  }

  /// The four pixels around a place within the page: those of the upper row in bits 0 and 8, those of the lower in bits 32
  /// and 40.
  @inline(__always)
  private func corners(_ u: Int64, _ v: Int64) -> UInt64 {
    let corner = UnsafeRawPointer(page.pixels + (Int(v &>> 32) &* page.width &+ Int(u &>> 32)))
    let upper = UInt64(UInt16(littleEndian: corner.loadUnaligned(as: UInt16.self)))
    let lower = UInt64(UInt16(littleEndian: (corner + page.width).loadUnaligned(as: UInt16.self)))
    return upper | lower &<< 32
  }

  /// Four pixels of which some are beyond the page's edge, where the edge's own pixels go on; nil beyond the edge.
  @inline(never)
  private func cornersAtEdge(_ u: Int64, _ v: Int64) -> UInt64? {
    let half: Int64 = 1 << 31
    let (endU, endV) = (Int64(page.width) << 32 - half, Int64(page.height) << 32 - half)
    guard u >= -half && v >= -half && u < endU && v < endV else { return nil }
    let (x, y) = (Int(u >> 32), Int(v >> 32))
    func pixel(_ x: Int, _ y: Int) -> UInt64 {
      UInt64(page.pixels[max(0, min(y, page.height - 1)) * page.width + max(0, min(x, page.width - 1))])
    }
    return pixel(x, y) | pixel(x + 1, y) << 8 | pixel(x, y + 1) << 32 | pixel(x + 1, y + 1) << 40
  }

  /// The value between four pixels.
  @inline(__always)
  private func between(_ corners: UInt64, _ u: Int64, _ v: Int64) -> UInt8 {
    let (fx, fy) = (UInt64(truncatingIfNeeded: (u &>> 24) & 255), UInt64(truncatingIfNeeded: (v &>> 24) & 255))
    let left = corners & 0xFF_0000_00FF
    let right = (corners &>> 8) & 0xFF_0000_00FF
    // Both rows at once: no half of the sum is negative, though the difference may be.
    let rows = left &<< 8 &+ (right &- left) &* fx
    let (upper, lower) = (rows & 0xFFFF_FFFF, rows &>> 32)
    return UInt8(truncatingIfNeeded: (upper &<< 8 &+ (lower &- upper) &* fy &+ 32_768) &>> 16)
  }
}

/// A coordinate with 32 fractional bits.
private func fixed(_ x: Double) -> Int64 { Int64(x * 0x1p32) }
