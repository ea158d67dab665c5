/// The limits of an image, checked before any memory is allocated for it.
public struct ImageLimits: Equatable, Sendable {
  /// Largest file, in bytes.
  public var fileBytes: Int
  /// Largest number of pixels in a row.
  public var width: Int
  /// Largest number of rows.
  public var height: Int
  /// Largest width * height.
  public var pixels: Int

  public init(fileBytes: Int = 64 << 20, width: Int = 32_768, height: Int = 8_192, pixels: Int = 64 << 20) {
    self.fileBytes = fileBytes
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The reason to refuse a declared size; nil if it is accepted.
  func refusal(width: Int, height: Int) -> ImageError.Reason? {
    guard width > 0, height > 0, width <= Int32.max, height <= Int32.max else {
      return .corrupt("declared \(width) x \(height)")
    }
    guard width <= self.width, height <= self.height, width * height <= min(pixels, 1 << 40) else {
      return .tooLarge("declared \(width) x \(height), at most \(self.width) x \(self.height) and \(pixels) pixels")
    }
    return nil
  }
}
