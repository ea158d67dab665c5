/// The 8-bit channels that a decoder gives for a pixel, and their conversion to gray.
enum ImageChannels {
  case gray
  case grayAlpha
  case rgb
  case rgba
  /// Gray and alpha, where gray was multiplied by alpha already.
  case grayMultiplied
  /// Red, green, blue and alpha, where the colors were multiplied by alpha already.
  case rgbMultiplied
  /// 255 minus cyan, magenta, yellow and black.
  case cmyk

  /// Bytes of a pixel.
  var count: Int {
    switch self {
    case .gray: 1
    case .grayAlpha, .grayMultiplied: 2
    case .rgb: 3
    case .rgba, .rgbMultiplied, .cmyk: 4
    }
  }

  /// `count` gray values from the samples of as many pixels. Gray and transparency are rounded once, together.
  func gray(_ samples: [UInt8], count: Int) -> [UInt8] {
    if case .gray = self { return samples }
    return [UInt8](unsafeUninitializedCapacity: count) { gray, initialized in
      samples.withUnsafeBufferPointer { fill(gray.baseAddress!, from: $0.baseAddress!, count: count) }
      initialized = count
    }
  }

  private func fill(_ gray: UnsafeMutablePointer<UInt8>, from samples: UnsafePointer<UInt8>, count: Int) {
    switch self {
    case .gray:
      gray.update(from: samples, count: count)
    case .grayAlpha:
      for i in 0..<count {
        let (value, alpha) = (UInt32(samples[2 &* i]), UInt32(samples[2 &* i &+ 1]))
        gray[i] = UInt8(truncatingIfNeeded: (value &* alpha &+ 255 &* (255 &- alpha) &+ 127) / 255)
      }
    case .grayMultiplied:
      for i in 0..<count {
        gray[i] = UInt8(truncatingIfNeeded: min(255, UInt32(samples[2 &* i]) &+ 255 &- UInt32(samples[2 &* i &+ 1])))
      }
    case .rgb:
      for i in 0..<count {
        gray[i] = UInt8(truncatingIfNeeded: (thousandths(samples + 3 &* i) &+ 500) / 1000)
      }
    case .rgba:
      for i in 0..<count {
        let pixel = samples + 4 &* i
        let alpha = UInt32(pixel[3])
        let blended = thousandths(pixel) &* alpha &+ 255_000 &* (255 &- alpha)
        gray[i] = UInt8(truncatingIfNeeded: (blended &+ 127_500) / 255_000)
      }
    case .rgbMultiplied:
      for i in 0..<count {
        let pixel = samples + 4 &* i
        let blended = thousandths(pixel) &+ 1000 &* (255 &- UInt32(pixel[3]))
        gray[i] = UInt8(truncatingIfNeeded: min(255, (blended &+ 500) / 1000))
      }
    case .cmyk:
      for i in 0..<count {
        let pixel = samples + 4 &* i
        gray[i] = UInt8(truncatingIfNeeded: (thousandths(pixel) &* UInt32(pixel[3]) &+ 127_500) / 255_000)
      }
    }
  }

  /// 1000 times the gray value of red, green and blue.
  @inline(__always)
  private func thousandths(_ pixel: UnsafePointer<UInt8>) -> UInt32 {
    299 &* UInt32(pixel[0]) &+ 587 &* UInt32(pixel[1]) &+ 114 &* UInt32(pixel[2])
  }
}
