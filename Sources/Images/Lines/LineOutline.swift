/// A place on a page, in pixels: x to the right, y downward, (0, 0) at the corner of the first pixel.
public struct PagePoint: Equatable, Sendable, Codable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// Where a line of writing stands on its page. At least one of baseline, polygon and box is there.
public struct LineOutline: Equatable, Sendable, Codable {
  /// The line that the letters stand on, in the direction of reading or against it; empty if unknown, or 2 points or more.
  public var baseline: [PagePoint]
  /// The region of the line's ink, closed; empty if unknown, or 3 points or more.
  public var polygon: [PagePoint]
  /// The smallest and the largest corner of the upright box around the line; nil if unknown.
  public var box: Box?
  /// Degrees by which the page is to be turned clockwise for this line to be upright, if the file says so. A baseline says
  /// more: with one, this is not used.
  public var rotation: Double

  /// An upright box; `from` is its corner at the top left.
  public struct Box: Equatable, Sendable, Codable {
    public var from: PagePoint
    public var to: PagePoint

    public init(from: PagePoint, to: PagePoint) { (self.from, self.to) = (from, to) }
  }

  public init(baseline: [PagePoint] = [], polygon: [PagePoint] = [], box: Box? = nil, rotation: Double = 0) {
    (self.baseline, self.polygon, self.box, self.rotation) = (baseline, polygon, box, rotation)
  }
}
