/// A network's requirements of input images, and the number of time steps that it makes of them.
package struct InputGeometry: Sendable {
  /// Rows of every image.
  package let height: Int
  /// The widest resized image, in columns; wider ones are bad data.
  package let maximumWidth: Int
  /// The narrowest resized image, in columns; narrower ones are stretched.
  package let minimumWidth: Int
  /// What happens to images before they are resized.
  package let preparation: ImagePreparation
  /// Time steps of the network for an image of a given number of columns; never fewer for a wider image.
  package let sequenceLength: @Sendable (Int) -> Int

  package init(
    height: Int, maximumWidth: Int = 4096, minimumWidth: Int = 4,
    preparation: ImagePreparation = ImagePreparation(), sequenceLength: @escaping @Sendable (Int) -> Int
  ) {
    precondition(height > 0 && minimumWidth > 0 && minimumWidth <= maximumWidth)
    self.height = height
    self.maximumWidth = maximumWidth
    self.minimumWidth = minimumWidth
    self.preparation = preparation
    self.sequenceLength = sequenceLength
  }

  /// Columns of an image of `width` x `originalHeight` pixels after resizing to ``height`` with its aspect ratio kept:
  /// max(minimumWidth, round(height * width / originalHeight)), and the margins at both sides; with Lanczos' filter it is rounded
  /// down. It may be above ``maximumWidth``.
  package func resizedWidth(width: Int, height originalHeight: Int) -> Int {
    let half = preparation.resampling == .lanczos ? 0 : originalHeight
    return max(minimumWidth, (2 * height * width + half) / (2 * originalHeight)) + 2 * preparation.sideMargin
  }

  /// The narrowest width with at least `steps` time steps; nil if even ``maximumWidth`` has fewer.
  package func narrowestWidth(forSteps steps: Int) -> Int? {
    guard sequenceLength(maximumWidth) >= steps else { return nil }
    var (low, high) = (minimumWidth, maximumWidth)
    while low < high {
      let middle = (low + high) / 2
      if sequenceLength(middle) >= steps { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Time steps that CTC needs for a label: its length, and one blank between equal neighbors.
  package static func neededSteps(_ label: some Collection<some Equatable>) -> Int {
    label.count + zip(label, label.dropFirst()).count { $0 == $1 }
  }
}
