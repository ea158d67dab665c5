/// The size of an image in pixels.
public struct ImageSize: Equatable, Sendable {
  /// The size of the upright image.
  public let width, height: Int
  /// Whether the rows of the stored image are columns of the upright one, as EXIF or TIFF says.
  public let isTurned: Bool
  /// Whether the upright image is another one than the stored image, of the same size.
  public let changesInPlace: Bool

  /// - Parameters:
  ///   - width: of the stored image, like `height`.
  ///   - orientation: what makes it upright.
  init(width: Int, height: Int, _ orientation: ImageOrientation) {
    (self.width, self.height) = orientation.upright(width: width, height: height)
    isTurned = orientation.isTurned
    changesInPlace = orientation != .upright && (!isTurned || width == height)
  }
}
