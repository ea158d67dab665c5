import Images
import Settings

/// What happens to an image before it is resized. A part of the model: training and reading do the same.
package struct ImagePreparation: Sendable, Equatable {
  package var polarity: Polarity
  package var lines: LineDirection

  /// What happens to light writing on dark paper.
  package enum Polarity: String, OptionChoice {
    case keep
    /// An image whose larger part is dark and whose strokes are lighter than what surrounds them is inverted.
    case auto
  }

  /// The direction of the lines in the images.
  package enum LineDirection: String, OptionChoice {
    case horizontal
    /// From top to bottom: the image is turned counterclockwise.
    case vertical
    /// From bottom to top: the image is turned clockwise.
    case verticalUp = "vertical-up"
  }

  package init(polarity: Polarity? = nil, lines: LineDirection? = nil) {
    (self.polarity, self.lines) = (polarity ?? .keep, lines ?? .horizontal)
  }

  /// The image with dark writing and horizontal lines, as far as the preparation asks for it.
  func applied(to image: GrayImage) -> GrayImage {
    var image = image
    switch lines {
    case .horizontal: break
    case .vertical: image = image.turnedCounterclockwise()
    case .verticalUp: image = image.turnedClockwise()
    }
    if polarity == .auto && InkSurvey(image).isInverted { image = image.inverted() }
    return image
  }
}

/// The options of an ``ImagePreparation``.
package struct ImageSettings: SettingsGroup {
  /// What happens to light writing on dark paper; nil keeps it.
  package var polarity: ImagePreparation.Polarity?
  /// The direction of the lines in the images; nil is horizontal.
  package var lines: ImagePreparation.LineDirection?

  package init() {}

  package var preparation: ImagePreparation { ImagePreparation(polarity: polarity, lines: lines) }

  package func validate() throws {}
}
