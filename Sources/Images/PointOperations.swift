import Tensors

/// Operations that change each pixel independently, in place.
extension GrayView {
  /// v -> (v - 128) * contrast + 128 + brightness, rounded (halves away from zero) and clamped to 0...255.
  /// - Parameters:
  ///   - brightness: gray levels, -255...255; 0 changes nothing.
  ///   - contrast: 0...16; 1 changes nothing.
  public func adjust(brightness: Float, contrast: Float) {
    precondition(abs(brightness) <= 255 && contrast >= 0 && contrast <= 16)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
      for v in 0..<256 {
        let value = ((Float(v) - 128) * contrast + 128 + brightness).rounded()
        table[v] = UInt8(max(0, min(255, value)))
      }
      let table = table.baseAddress!
      for i in 0..<count { pixels[i] = table[Int(pixels[i])] }
    }
  }

  /// Adds independent noise of mean 0, nearly normal: the sum of the four bytes of one random number per pixel, so
  /// never beyond 3.45 sigma. Values are rounded and clamped to 0...255.
  /// - Parameters:
  ///   - random: advanced by one number per pixel, or not at all if sigma is 0.
  ///   - sigma: the standard deviation in gray levels, 0...64.
  public func addNoise(_ random: inout KeyedRandom, sigma: Float) {
    precondition(sigma >= 0 && sigma <= 64)
    // A byte has mean 127.5 and variance (256^2 - 1) / 12; the sum of four a deviation of 147.80.
    let scale = Int32((Double(sigma) * 65_536 / 147.800_54).rounded())
    if scale == 0 { return }
    let piece = 256  // 1024 bytes: a larger buffer would not be on the stack
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: piece) { buffer in
      let numbers = buffer.baseAddress!
      var start = 0
      while start < count {
        let length = min(piece, count &- start)
        random.fill(numbers, count: length)
        let values = pixels + start
        for i in 0..<length {
          let n = numbers[i]
          let sum = Int32(truncatingIfNeeded: (n & 255) &+ (n &>> 8 & 255) &+ (n &>> 16 & 255) &+ (n &>> 24))
          let value = ((Int32(values[i]) &<< 16) &+ (sum &- 510) &* scale &+ 32_768) &>> 16
          values[i] = UInt8(truncatingIfNeeded: max(0, min(255, value)))
        }
        start &+= length
      }
    }
  }

  /// Sets the pixels of a rectangle within the image to one value.
  public func fill(x: Range<Int>, y: Range<Int>, with value: UInt8) {
    precondition(x.lowerBound >= 0 && x.upperBound <= width && y.lowerBound >= 0 && y.upperBound <= height)
    for row in y { (pixels + row * width + x.lowerBound).update(repeating: value, count: x.count) }
  }

  /// v -> 255 - v.
  public func invert() {
    for i in 0..<count { pixels[i] = ~pixels[i] }
  }
}

extension GrayImage {
  /// See `GrayView.adjust`, also for the bounds.
  public mutating func adjust(brightness: Float, contrast: Float) {
    withView { $0.adjust(brightness: brightness, contrast: contrast) }
  }

  /// See `GrayView.addNoise`, also for the bounds.
  public mutating func addNoise(_ random: inout KeyedRandom, sigma: Float) {
    withView { $0.addNoise(&random, sigma: sigma) }
  }

  /// v -> 255 - v.
  public mutating func invert() {
    withView { $0.invert() }
  }
}
