extension GrayImage {
  /// The image turned by 90 degrees: what is at the right comes to the top.
  public func turnedCounterclockwise() -> GrayImage { ImageOrientation.turnedLeft.upright(self) }

  /// The image turned by 90 degrees: what is at the left comes to the top.
  public func turnedClockwise() -> GrayImage { ImageOrientation.turnedRight.upright(self) }

  /// The image with dark for light.
  public func inverted() -> GrayImage { GrayImage(width: width, height: height, pixels: pixels.map { 255 - $0 }) }
}
