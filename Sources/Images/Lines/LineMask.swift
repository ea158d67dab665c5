/// A plane beside a line's image: `inside` in the line's polygon, less in the rim around it, 0 farther out.
struct LineMask {
  /// The value in the polygon.
  static let inside: UInt8 = 4
  /// The width of the rim.
  private static let rim = 3
  /// Eight times `inside`.
  static let eightInside: UInt64 = 0x0404_0404_0404_0404

  let width: Int
  let height: Int
  /// width * height values, row by row.
  let values: UnsafeMutablePointer<UInt8>

  /// Writes all values. A pixel is inside if the polygon winds around its center, so loops of a polygon that crosses itself
  /// are inside.
  func fill(inside strip: LineStrip) {
    if strip.polygon.isEmpty {
      values.update(repeating: Self.inside, count: width * height)
      return
    }
    values.update(repeating: 0, count: width * height)
    let top = Double(strip.top) + 0.5
    strip.columns.forEachCrossing(of: strip.polygon) { i, v, turn in
      // The first row whose center is below the crossing.
      let place = v - top
      let row = max(0, Int(place) + (place > 0 && Double(Int(place)) < place ? 1 : 0))
      guard row < height else { return }
      values[row &* width &+ i] &+= UInt8(truncatingIfNeeded: turn)
    }
    windings { copy, j in
      let row = values + j &* width
      row.update(from: copy, count: width)
      // Around the inside, values fall by one per pixel along and across.
      for distance in 1...Self.rim {
        raise(row, to: copy - distance, minus: UInt8(distance))
        raise(row, to: copy + distance, minus: UInt8(distance))
      }
      if j > 0 { raise(row, to: row - width, minus: 1) }
    }
    for j in (0..<height - 1).reversed() { raise(values + j * width, to: values + (j + 1) * width, minus: 1) }
  }

  /// Calls `body` for each row with `inside` where the sum of the values from above, the winding number, is not 0. Zeros
  /// are before and after.
  @inline(__always)
  private func windings(_ body: (UnsafeMutablePointer<UInt8>, Int) -> Void) {
    let room = width + 2 * Self.rim
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * room) { memory in
      let sums = memory.baseAddress!
      sums.update(repeating: 0, count: 2 * room)
      let row = sums + room + Self.rim
      for j in 0..<height {
        let turns = values + j &* width
        for i in 0..<width {
          sums[i] = sums[i] &+ turns[i]
          row[i] = sums[i] == 0 ? 0 : Self.inside
        }
        body(row, j)
      }
    }
  }

  /// Raises the values of `row` to those of `other` minus `drop`, where they are less.
  @inline(__always)
  private func raise(_ row: UnsafeMutablePointer<UInt8>, to other: UnsafePointer<UInt8>, minus drop: UInt8) {
    var i = 0
    let drops = SIMD16<UInt8>(repeating: drop)
    while i &+ 16 <= width {
      let place = UnsafeMutableRawPointer(row + i)
      let own = place.loadUnaligned(as: SIMD16<UInt8>.self)
      let value = UnsafeRawPointer(other + i).loadUnaligned(as: SIMD16<UInt8>.self)
      let lowered = value.replacing(with: drops, where: value .< drops) &- drops
      place.storeBytes(of: own.replacing(with: lowered, where: own .< lowered), as: SIMD16<UInt8>.self)
      i = i &+ 16
    }
    while i < width {
      row[i] = max(row[i], max(other[i], drop) &- drop)
      i = i &+ 1
    }
  }
}
