extension UnsafeMutableBufferPointer<UInt8> {
  /// Morphological closing of coverage, 0...255, by a square: gaps that are narrower than `gap` pixels, horizontally
  /// and vertically, are filled; the rest is unchanged. (Serra 1982, Image Analysis and Mathematical Morphology,
  /// chapter II.)
  /// - Parameter stride: bytes from row to row.
  func close(width: Int, height: Int, stride: Int, gap: Double) {
    let radius = Int((gap / 2).rounded())
    if radius < 1 { return }
    var line = [UInt8](repeating: 0, count: Swift.max(width, height))
    line.withUnsafeMutableBufferPointer { line in
      for isMaximum in [true, false] {
        for y in 0..<height { filter(y * stride, step: 1, count: width, radius, isMaximum, line) }
        for x in 0..<width { filter(x, step: stride, count: height, radius, isMaximum, line) }
      }
    }
  }

  /// The largest or smallest of each `2 * radius + 1` neighbors in a row or column. Pixels outside have no ink; the
  /// minimum ignores them, or ink at an edge would be lost.
  private func filter(
    _ start: Int, step: Int, count: Int, _ radius: Int, _ isMaximum: Bool, _ line: UnsafeMutableBufferPointer<UInt8>
  ) {
    for i in 0..<count { line[i] = self[start + i * step] }
    for i in 0..<count {
      var value = line[i]
      for j in Swift.max(0, i - radius)...Swift.min(count - 1, i + radius) {
        value = isMaximum ? Swift.max(value, line[j]) : Swift.min(value, line[j])
      }
      self[start + i * step] = value
    }
  }
}
