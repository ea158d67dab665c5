/// A view of gray pixels owned elsewhere, row by row without gaps: the form in which the loader passes its buffers to
/// image operations. Valid only during the lifetime of the owner's memory; operations that only read are documented so.
public struct GrayView {
  public let width: Int
  public let height: Int
  /// width * height values; row y starts at `y * width`.
  public let pixels: UnsafeMutablePointer<UInt8>

  public init(width: Int, height: Int, pixels: UnsafeMutablePointer<UInt8>) {
    precondition(width > 0 && height > 0)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  public var count: Int { width * height }
}

extension GrayImage {
  /// Runs `body` on the pixels in place.
  public mutating func withView<Result>(_ body: (GrayView) throws -> Result) rethrows -> Result {
    let (width, height) = (width, height)
    return try pixels.withUnsafeMutableBufferPointer {
      try body(GrayView(width: width, height: height, pixels: $0.baseAddress!))
    }
  }

  /// Runs `body` on the pixels, which it must not change.
  public func withReadOnlyView<Result>(_ body: (GrayView) throws -> Result) rethrows -> Result {
    try pixels.withUnsafeBufferPointer {
      try body(GrayView(width: width, height: height, pixels: UnsafeMutablePointer(mutating: $0.baseAddress!)))
    }
  }

  /// A new image; `fill` must write all of its pixels.
  static func filled(width: Int, height: Int, _ fill: (GrayView) -> Void) -> GrayImage {
    precondition(width > 0 && height > 0)
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, initialized in
      fill(GrayView(width: width, height: height, pixels: buffer.baseAddress!))
      initialized = width * height
    }
    return GrayImage(width: width, height: height, pixels: pixels)
  }
}
