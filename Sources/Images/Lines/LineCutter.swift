/// Cuts lines of writing out of a page: each is straightened along its baseline, and what is outside of its polygon becomes
/// paper. Made once for a page, and used by any number of threads at once.
///
/// An exactly horizontal or vertical line gives the page's own pixels; others are interpolated between four pixels
/// (bilinear). The same bits everywhere: integers for pixels, and for geometry only what IEEE 754 rounds exactly.
public struct LineCutter: Sendable {
  public let page: GrayImage
  public let limits: ImageLimits

  public init(_ page: GrayImage, limits: ImageLimits = ImageLimits()) { (self.page, self.limits) = (page, limits) }

  /// The line's image, of the size that `LineOutline.size` says.
  public func cut(_ outline: LineOutline) throws(LineError) -> GrayImage {
    let strip = try outline.strip(pageWidth: page.width, pageHeight: page.height, limits: limits)
    return page.withReadOnlyView { page in
      .filled(width: strip.width, height: strip.height) { strip.draw(page, into: $0) }
    }
  }
}

extension LineStrip {
  /// Draws the strip of `page` (only read) into `image`, every pixel of it.
  func draw(_ page: GrayView, into image: GrayView) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: image.count) { memory in
      let mask = LineMask(width: width, height: height, values: memory.baseAddress!)
      mask.fill(inside: self)
      StripSampler(self, page).draw(mask, into: image)
      let paper = LinePaper(image, inside: mask)
      paper.fill(image, outside: mask)
    }
  }
}

/// Samples the page at a strip's pixels, in fixed point with 32 fractional bits.
private struct StripSampler {
  private let page: GrayView
  /// For each column, the place of its first pixel's center, from the center of the page's first pixel, and the step to
  /// the next row.
  private let places: [SIMD4<Int64>]
  private let isUpright: Bool

  init(_ strip: LineStrip, _ page: GrayView) {
    self.page = page
    let columns = strip.columns
    let v = Double(strip.top) + 0.5
    places = (0..<columns.count).map { i in
      let (stepX, stepY) = (-columns.dy[i], columns.dx[i])
      let (x, y) = (columns.x[i] + v * stepX - 0.5, columns.y[i] + v * stepY - 0.5)
      // To the nearest 1/256.
      return SIMD4(Int64(x * 0x1p32) + 0x80_0000, Int64(y * 0x1p32) + 0x80_0000, Int64(stepX * 0x1p32), Int64(stepY * 0x1p32))
    }
    isUpright = columns.dx.allSatisfy { $0 == 1 }
  }

  /// Draws the pixels that are not 0 in the mask, and sets those to 0 in the mask that are not on the page.
  func draw(_ mask: LineMask, into image: GrayView) {
    places.withUnsafeBufferPointer { places in
      for j in 0..<image.height {
        let row = j &* image.width
        drawRow(j, mask.values + row, image.pixels + row, places.baseAddress!, image.width)
      }
    }
  }

  @inline(__always)
  private func drawRow(
    _ j: Int, _ mask: UnsafeMutablePointer<UInt8>, _ row: UnsafeMutablePointer<UInt8>,
    _ places: UnsafePointer<SIMD4<Int64>>, _ count: Int
  ) {
    let (pixels, width) = (UnsafePointer(page.pixels), page.width)
    let (right, bottom) = (UInt(bitPattern: page.width &- 1), UInt(bitPattern: page.height &- 1))
    let j = Int64(j)
    var i = 0
    while i < count {
      // Eight pixels that are paper.
      if i &+ 8 <= count && UnsafeRawPointer(mask + i).loadUnaligned(as: UInt64.self) == 0 {
        i = i &+ 8
        continue
      }
      if mask[i] != 0 {
        let place = places[i]
        let (u, v) = (place.x &+ j &* place.z, place.y &+ j &* place.w)
        let (x, y) = (Int(u &>> 32), Int(v &>> 32))
        if UInt(bitPattern: x) < right && UInt(bitPattern: y) < bottom {
          let (fx, fy) = (Int32(truncatingIfNeeded: (u &>> 24) & 255), Int32(truncatingIfNeeded: (v &>> 24) & 255))
          let corner = pixels + (y &* width &+ x)
          let upper = Int32(corner[0]) &* (256 &- fx) &+ Int32(corner[1]) &* fx
          let lower = Int32(corner[width]) &* (256 &- fx) &+ Int32(corner[width &+ 1]) &* fx
          row[i] = UInt8(truncatingIfNeeded: (upper &* (256 &- fy) &+ lower &* fy &+ 32_768) &>> 16)
        } else if let value = valueAtEdge(u, v) {
          row[i] = value
        } else {
          mask[i] = 0
        }
      }
      i = i &+ 1
    }
  }

  /// The value between pixels of which some are beyond the page's edge, where the edge's own pixels go on; nil beyond the
  /// edge.
  @inline(never)
  private func valueAtEdge(_ u: Int64, _ v: Int64) -> UInt8? {
    let half: Int64 = 1 << 31
    let (farX, farY) = (Int64(page.width) << 32 - half, Int64(page.height) << 32 - half)
    guard u >= -half && v >= -half && u < farX && v < farY else { return nil }
    let (x, y) = (Int(u >> 32), Int(v >> 32))
    func pixel(_ x: Int, _ y: Int) -> Int32 {
      Int32(page.pixels[max(0, min(y, page.height - 1)) * page.width + max(0, min(x, page.width - 1))])
    }
    let (fx, fy) = (Int32(truncatingIfNeeded: (u >> 24) & 255), Int32(truncatingIfNeeded: (v >> 24) & 255))
    let upper = pixel(x, y) * (256 - fx) + pixel(x + 1, y) * fx
    let lower = pixel(x, y + 1) * (256 - fx) + pixel(x + 1, y + 1) * fx
    return UInt8((upper * (256 - fy) + lower * fy + 32_768) >> 16)
  }
}
