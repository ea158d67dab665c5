/// What a network asks of its input images, and how many time steps it makes of them.
public struct InputGeometry: Sendable {
  /// Rows of every image.
  public let height: Int
  /// Columns above which a resized image is bad data.
  public let maximumWidth: Int
  /// Columns below which a resized image is stretched.
  public let minimumWidth: Int
  /// Time steps the network gives for an image of so many columns; never fewer for a wider image.
  public let sequenceLength: @Sendable (Int) -> Int

  public init(
    height: Int, maximumWidth: Int = 4096, minimumWidth: Int = 4, sequenceLength: @escaping @Sendable (Int) -> Int
  ) {
    precondition(height > 0 && minimumWidth > 0 && minimumWidth <= maximumWidth)
    self.height = height
    self.maximumWidth = maximumWidth
    self.minimumWidth = minimumWidth
    self.sequenceLength = sequenceLength
  }

  /// Columns of an image of `width` x `originalHeight` pixels after resizing to ``height`` with its aspect ratio kept:
  /// max(minimumWidth, round(height * width / originalHeight)). It may be above ``maximumWidth``.
  public func resizedWidth(width: Int, height originalHeight: Int) -> Int {
    max(minimumWidth, (2 * height * width + originalHeight) / (2 * originalHeight))
  }

  /// The narrowest width with at least `steps` time steps; nil if even ``maximumWidth`` has fewer.
  public func narrowestWidth(forSteps steps: Int) -> Int? {
    guard sequenceLength(maximumWidth) >= steps else { return nil }
    var (low, high) = (minimumWidth, maximumWidth)
    while low < high {
      let middle = (low + high) / 2
      if sequenceLength(middle) >= steps { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Time steps that CTC needs for a label: its length, and one blank between equal neighbors.
  public static func neededSteps(_ label: some Collection<some Equatable>) -> Int {
    label.count + zip(label, label.dropFirst()).count { $0 == $1 }
  }
}
