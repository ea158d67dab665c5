/// The losses of JPEG without its file format: blocks of 8 x 8 pixels are transformed, quantized by the standard's
/// table for gray images at a given quality, and transformed back. It uses basic float arithmetic only, so the same
/// bits everywhere.
public enum BlockCompression {
  /// Compresses in place.
  ///
  /// - Parameters:
  ///   - quality: 1...100, on libjpeg's scale.
  ///   - offsetX: columns from the block grid's start to the image, 0...7, as if the image were cut out of a larger
  ///     one.
  ///   - offsetY: the same for rows.
  public static func apply(to view: GrayView, quality: Int, offsetX: Int = 0, offsetY: Int = 0) {
    precondition((1...100).contains(quality) && (0..<8).contains(offsetX) && (0..<8).contains(offsetY))
    let scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
    withUnsafeTemporaryAllocation(of: SIMD8<Float>.self, capacity: 32) { memory in
      let memory = memory.baseAddress!
      let (block, other, steps, inverses) = (memory, memory + 8, memory + 16, memory + 24)
      for i in 0..<8 {
        var row = SIMD8<Float>()
        // Transposed, like the block during quantization.
        for j in 0..<8 { row[j] = Float(max(1, min(255, (luminance[j * 8 + i] * scale + 50) / 100))) }
        steps[i] = row
        inverses[i] = 1 / row
      }
      for top in stride(from: -offsetY, to: view.height, by: 8) {
        for left in stride(from: -offsetX, to: view.width, by: 8) {
          load(view, left, top, block)
          multiply(forward, block, other)
          transpose(other)
          multiply(forward, other, block)
          for i in 0..<8 {
            // Rounds to the nearest whole number.
            let levels = (block[i] * inverses[i] + magic) - magic
            block[i] = levels * steps[i]
          }
          multiply(backward, block, other)
          transpose(other)
          multiply(backward, other, block)
          store(block, view, left, top)
        }
      }
    }
  }

  private static let magic = SIMD8<Float>(repeating: 12_582_912)

  /// Pixels beyond the border repeat the border.
  private static func load(_ view: GrayView, _ left: Int, _ top: Int, _ block: UnsafeMutablePointer<SIMD8<Float>>) {
    let (width, height) = (view.width, view.height)
    for y in 0..<8 {
      let row = view.pixels + min(height &- 1, max(0, top &+ y)) &* width
      var values = SIMD8<Float>()
      for x in 0..<8 { values[x] = Float(row[min(width &- 1, max(0, left &+ x))]) }
      block[y] = values - 128
    }
  }

  private static func store(_ block: UnsafeMutablePointer<SIMD8<Float>>, _ view: GrayView, _ left: Int, _ top: Int) {
    for y in max(0, -top)..<min(8, view.height &- top) {
      let row = view.pixels + (top &+ y) &* view.width
      let values = block[y] + 128
      for x in max(0, -left)..<min(8, view.width &- left) {
        row[left &+ x] = UInt8(truncatingIfNeeded: nearest(max(0, min(255, values[x]))))
      }
    }
  }

  /// target = matrix * source, of 8 x 8.
  @inline(__always)
  private static func multiply(
    _ matrix: [Float], _ source: UnsafeMutablePointer<SIMD8<Float>>, _ target: UnsafeMutablePointer<SIMD8<Float>>
  ) {
    matrix.withUnsafeBufferPointer { matrix in
      for i in 0..<8 {
        var sum = matrix[8 &* i] * source[0]
        for k in 1..<8 { sum = sum + matrix[8 &* i &+ k] * source[k] }
        target[i] = sum
      }
    }
  }

  @inline(__always)
  private static func transpose(_ block: UnsafeMutablePointer<SIMD8<Float>>) {
    block.withMemoryRebound(to: Float.self, capacity: 64) { values in
      for i in 0..<8 {
        for j in 0..<i {
          let value = values[8 &* i &+ j]
          values[8 &* i &+ j] = values[8 &* j &+ i]
          values[8 &* j &+ i] = value
        }
      }
    }
  }

  /// The cosine transform: row k holds c(k) cos((2 i + 1) k pi / 16) / 2, c(0) = 1 / sqrt 2.
  private static let forward: [Float] = (0..<64).map { entry(row: $0 / 8, column: $0 % 8) }
  private static let backward: [Float] = (0..<64).map { entry(row: $0 % 8, column: $0 / 8) }

  private static func entry(row k: Int, column i: Int) -> Float {
    if k == 0 { return 0.353_553_39 }
    // cos(n pi / 16) / 2 for n = 0...8; the rest by symmetry.
    let cosines: [Float] = [
      0.5, 0.490_392_64, 0.461_939_77, 0.415_734_81, 0.353_553_39, 0.277_785_12, 0.191_341_72, 0.097_545_16, 0,
    ]
    let n = (2 * i + 1) * k % 32
    let folded = n > 16 ? 32 - n : n
    return folded > 8 ? -cosines[16 - folded] : cosines[folded]
  }

  /// ITU-T T.81, table K.1.
  private static let luminance: [Int] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
  ]
}
