extension LineOutline {
  /// Most points of baseline and polygon together.
  public static let mostPoints = 10_000
  /// Largest absolute value of a coordinate.
  public static let farthest = 1e6

  /// The size of the image that `LineCutter.cut` makes of this line, from geometry alone.
  public func size(
    onPageWidth pageWidth: Int, height pageHeight: Int, limits: ImageLimits = ImageLimits()
  ) throws(LineError) -> (width: Int, height: Int) {
    let strip = try strip(pageWidth: pageWidth, pageHeight: pageHeight, limits: limits)
    return (strip.width, strip.height)
  }

  /// Why `LineCutter.cut` refuses this line on a page of that size; nil if it does not.
  public func refusal(
    onPageWidth pageWidth: Int, height pageHeight: Int, limits: ImageLimits = ImageLimits()
  ) -> LineError? {
    do throws(LineError) {
      _ = try strip(pageWidth: pageWidth, pageHeight: pageHeight, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  /// The strip of the page that becomes the line's image.
  func strip(pageWidth: Int, pageHeight: Int, limits: ImageLimits) throws(LineError) -> LineStrip {
    try checkNumbers()
    let strip = try StripPlan(self, limits: limits).strip()
    guard strip.touches(pageWidth: pageWidth, pageHeight: pageHeight) else { throw .outsidePage }
    return strip
  }

  private func checkNumbers() throws(LineError) {
    let count = baseline.count + polygon.count
    guard count <= Self.mostPoints else { throw .tooManyPoints(count) }
    // False for NaN too.
    func isFine(_ point: PagePoint) -> Bool { abs(point.x) <= Self.farthest && abs(point.y) <= Self.farthest }
    let boxIsFine = box.map { isFine($0.from) && isFine($0.to) } ?? true
    guard baseline.allSatisfy(isFine), polygon.allSatisfy(isFine), boxIsFine, abs(rotation) <= Self.farthest else {
      throw .badCoordinate
    }
  }
}
