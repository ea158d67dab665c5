/// An 8-bit gray image, row by row without gaps: 0 is black, 255 is white (paper).
public struct GrayImage: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// width * height values; row y starts at `y * width`.
  public var pixels: [UInt8]

  /// An image of one gray value.
  public init(width: Int, height: Int, filledWith value: UInt8 = 255) {
    self.init(width: width, height: height, pixels: [UInt8](repeating: value, count: width * height))
  }

  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  public subscript(x: Int, y: Int) -> UInt8 {
    get { pixels[y * width + x] }
    set { pixels[y * width + x] = newValue }
  }
}
