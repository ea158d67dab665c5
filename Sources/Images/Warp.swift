extension GrayView {
  /// Draws this image (only read) into `destination`, every pixel of it: `inverse` maps destination coordinates to
  /// source coordinates; between pixel centers the four neighbors are interpolated (bilinear, in steps of 1/256), and
  /// points outside the source are `paper`. Integer arithmetic after the first step of each row: the same bits
  /// everywhere.
  ///
  /// Bounds: sides of both images up to 65,536; |a|, |b|, |d|, |e| <= 4096, |c|, |f| <= 2^24. The two must not overlap.
  public func affine(inverse map: AffineMap, into destination: GrayView, paper: UInt8 = 255) {
    precondition(max(width, height, destination.width, destination.height) <= 65_536)
    precondition(max(abs(map.a), abs(map.b), abs(map.d), abs(map.e)) <= 4096 && max(abs(map.c), abs(map.f)) <= 0x1p24)
    let sampler = BilinearSampler(self, paper: paper)
    let (stepX, stepY) = (fixed(map.a), fixed(map.d))
    for y in 0..<destination.height {
      let start = map(x: 0.5, y: Double(y) + 0.5)
      var (u, v) = (fixed(start.x - 0.5), fixed(start.y - 0.5))
      let row = destination.pixels + y &* destination.width
      for x in 0..<destination.width {
        row[x] = sampler.value(u, v)
        u = u &+ stepX
        v = v &+ stepY
      }
    }
  }

  /// Like `affine`, with a projective map. Pixels where the map's denominator is not positive are paper.
  ///
  /// Bounds: sides of both images up to 65,536; any nine numbers. The two must not overlap.
  public func perspective(inverse map: PerspectiveMap, into destination: GrayView, paper: UInt8 = 255) {
    precondition(max(width, height, destination.width, destination.height) <= 65_536)
    let sampler = BilinearSampler(self, paper: paper)
    let (m0, m1, m2, m3, m4) = (map.x.x, map.x.y, map.x.z, map.y.x, map.y.y)
    let (m5, m6, m7, m8) = (map.y.z, map.w.x, map.w.y, map.w.z)
    let (right, bottom) = (Double(width), Double(height))
    for j in 0..<destination.height {
      let y = Double(j) + 0.5
      let row = destination.pixels + j &* destination.width
      for i in 0..<destination.width {
        let x = Double(i) + 0.5
        let w = m6 * x + m7 * y + m8
        let u = (m0 * x + m1 * y + m2) / w - 0.5
        let v = (m3 * x + m4 * y + m5) / w - 0.5
        // False for NaN too.
        let near = w > 0 && u > -1 && v > -1 && u < right && v < bottom
        row[i] = near ? sampler.value(fixed(u), fixed(v)) : paper
      }
    }
  }
}

extension GrayView {
  /// Like `perspective`, with each destination pixel first shifted by `field`, which must be prepared for the
  /// destination's size.
  public func perspective(
    inverse map: PerspectiveMap, shiftedBy field: DisplacementField, into destination: GrayView, paper: UInt8 = 255
  ) {
    precondition(max(width, height, destination.width, destination.height) <= 65_536)
    precondition(field.width == destination.width && field.height == destination.height)
    let sampler = BilinearSampler(self, paper: paper)
    let (mx, my, mw) = (map.x, map.y, map.w)
    let (right, bottom) = (Double(width), Double(height))
    let isAffine = mw.x == 0 && mw.y == 0 && mw.z == 1
    for j in 0..<destination.height {
      let row = destination.pixels + j &* destination.width
      field.withRow(j) { shiftX, shiftY in
        for i in 0..<destination.width {
          let x = Double(i) + 0.5 + Double(shiftX[i])
          let y = Double(j) + 0.5 + Double(shiftY[i])
          let w = mw.x * x + mw.y * y + mw.z
          let scale = isAffine ? 1 : 1 / w
          let u = (mx.x * x + mx.y * y + mx.z) * scale - 0.5
          let v = (my.x * x + my.y * y + my.z) * scale - 0.5
          // False for NaN too.
          let near = w > 0 && u > -1 && v > -1 && u < right && v < bottom
          row[i] = near ? sampler.value(Int64(u * 0x1p32), Int64(v * 0x1p32)) : paper
        }
      }
    }
  }
}

extension GrayImage {
  /// This image drawn into one of width x height: see `GrayView.affine`, also for the bounds.
  public func affine(inverse map: AffineMap, width: Int, height: Int, paper: UInt8 = 255) -> GrayImage {
    withReadOnlyView { source in
      .filled(width: width, height: height) { source.affine(inverse: map, into: $0, paper: paper) }
    }
  }

  /// This image drawn into one of width x height: see `GrayView.perspective`, also for the bounds.
  public func perspective(inverse map: PerspectiveMap, width: Int, height: Int, paper: UInt8 = 255) -> GrayImage {
    withReadOnlyView { source in
      .filled(width: width, height: height) { source.perspective(inverse: map, into: $0, paper: paper) }
    }
  }

  /// This image drawn into one of the size that `field` was prepared for: see `GrayView.perspective`.
  public func perspective(
    inverse map: PerspectiveMap, shiftedBy field: DisplacementField, paper: UInt8 = 255
  ) -> GrayImage {
    withReadOnlyView { source in
      .filled(width: field.width, height: field.height) {
        source.perspective(inverse: map, shiftedBy: field, into: $0, paper: paper)
      }
    }
  }
}

/// A coordinate with 32 fractional bits.
@inline(__always)
private func fixed(_ x: Double) -> Int64 { Int64((x * 0x1p32).rounded()) }

/// Samples between pixels. (0, 0) is the center of the first pixel.
private struct BilinearSampler {
  private let pixels: UnsafePointer<UInt8>
  private let width: Int
  private let height: Int
  private let paper: UInt8

  init(_ view: GrayView, paper: UInt8) {
    pixels = UnsafePointer(view.pixels)
    (width, height) = (view.width, view.height)
    self.paper = paper
  }

  /// u and v have 32 fractional bits, rounded here to 8.
  @inline(__always)
  func value(_ u: Int64, _ v: Int64) -> UInt8 {
    let (u, v) = (Int(u &+ 0x80_0000), Int(v &+ 0x80_0000))
    let (x, y) = (u &>> 32, v &>> 32)
    guard x >= -1 && y >= -1 && x < width && y < height else { return paper }
    let (fx, fy) = (Int32(truncatingIfNeeded: (u &>> 24) & 255), Int32(truncatingIfNeeded: (v &>> 24) & 255))
    let top: (Int32, Int32)
    let bottom: (Int32, Int32)
    if x >= 0 && y >= 0 && x &+ 1 < width && y &+ 1 < height {
      let corner = pixels + (y &* width &+ x)
      top = (Int32(corner[0]), Int32(corner[1]))
      bottom = (Int32(corner[width]), Int32(corner[width &+ 1]))
    } else {
      top = (pixelOrPaper(x, y), pixelOrPaper(x &+ 1, y))
      bottom = (pixelOrPaper(x, y &+ 1), pixelOrPaper(x &+ 1, y &+ 1))
    }
    let upper = top.0 &* (256 &- fx) &+ top.1 &* fx
    let lower = bottom.0 &* (256 &- fx) &+ bottom.1 &* fx
    return UInt8(truncatingIfNeeded: (upper &* (256 &- fy) &+ lower &* fy &+ 32_768) &>> 16)
  }

  private func pixelOrPaper(_ x: Int, _ y: Int) -> Int32 {
    x >= 0 && y >= 0 && x < width && y < height ? Int32(pixels[y &* width &+ x]) : Int32(paper)
  }
}
