import Images
import Messages
import Settings

/// What happens to an image before it is a network's input. A part of the model: training and reading do the same.
package struct ImagePreparation: Sendable, Equatable {
  package var polarity: Polarity
  package var lines: LineDirection
  package var light: Light
  package var normalizer: LineNormalizer
  package var resampling: Resampling
  /// White columns left and right of the resized image.
  package var sideMargin: Int

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

  /// What happens to uneven light.
  package enum Light: String, OptionChoice {
    case keep
    /// Each pixel is divided by the brightness of the paper around it.
    case even
  }

  /// How the writing is brought to its place and size.
  package enum LineNormalizer: String, OptionChoice {
    /// The image is taken as it is.
    case none
    /// The writing with a fixed margin: `GrayImage.trimmed()`.
    case trim
    /// A straight center line and a fixed x-height: `GrayImage.centered()`.
    case center
  }

  /// How an image gets the network's height.
  package enum Resampling: String, OptionChoice {
    /// A triangle over the pixels, and the nearest width that keeps the aspect ratio.
    case bilinear
    /// Lanczos' filter, and the width rounded down, as kraken does.
    case lanczos
  }

  package init(
    polarity: Polarity? = nil, lines: LineDirection? = nil, light: Light? = nil, normalizer: LineNormalizer? = nil,
    resampling: Resampling? = nil, sideMargin: Int? = nil
  ) {
    (self.polarity, self.lines) = (polarity ?? .keep, lines ?? .horizontal)
    (self.light, self.normalizer) = (light ?? .keep, normalizer ?? .none)
    (self.resampling, self.sideMargin) = (resampling ?? .bilinear, sideMargin ?? 0)
  }

  /// What tells one preparation from another in the identity of a cache. What came later is named only if it does something: caches
  /// from before stay valid.
  var name: String {
    var name = "\(polarity.rawValue) \(lines.rawValue)"
    if light != .keep { name += " light \(light.rawValue)" }
    if normalizer != .none { name += " normalizer \(normalizer.rawValue) \(LineNormalizer.version)" }
    if resampling != .bilinear { name += " resampling \(resampling.rawValue)" }
    if sideMargin != 0 { name += " side margin \(sideMargin)" }
    return name
  }

  /// The image as the network sees it, before it is resized.
  func applied(to image: GrayImage) -> GrayImage { line(of: image).image }

  /// The image as the network sees it, before it is resized, and the column of the turned image that is its first.
  func line(of image: GrayImage) -> NormalizedLine {
    var image = image
    switch lines {
    case .horizontal: break
    case .vertical: image = image.turnedCounterclockwise()
    case .verticalUp: image = image.turnedClockwise()
    }
    if polarity == .auto && InkSurvey(image).isInverted { image = image.inverted() }
    if light == .even { image = image.withEvenLight() }
    switch normalizer {
    case .none: return NormalizedLine(image: image, left: 0)
    case .trim: return image.trimmedLine()
    case .center: return image.centeredLine()
    }
  }
}

extension ImagePreparation {
  /// What resizes the image.
  var filter: Resampler.Filter {
    switch resampling {
    case .bilinear: .bilinear
    case .lanczos: .lanczos
    }
  }
}

extension ImagePreparation.LineNormalizer {
  /// Increment it when a normalizer gives other pixels.
  static let version = 2
}

/// The options of an ``ImagePreparation``.
package struct ImageSettings: SettingsGroup {
  /// What happens to light writing on dark paper; nil keeps it.
  package var polarity: ImagePreparation.Polarity?
  /// The direction of the lines in the images; nil is horizontal.
  package var lines: ImagePreparation.LineDirection?
  /// What happens to uneven light; nil keeps it.
  package var light: ImagePreparation.Light?
  /// How the writing is brought to its place and size; nil, also of models from before there was a choice, is `none`.
  package var lineNormalizer: ImagePreparation.LineNormalizer?
  /// How images get the network's height; nil is `bilinear`.
  package var resampling: ImagePreparation.Resampling?
  /// White columns left and right of the resized image; nil is none.
  package var sideMargin: Int?

  package init() {}

  package var preparation: ImagePreparation {
    ImagePreparation(
      polarity: polarity, lines: lines, light: light, normalizer: lineNormalizer, resampling: resampling,
      sideMargin: sideMargin)
  }

  package func validate() throws {
    if let sideMargin, !(0...256).contains(sideMargin) {
      throw ConfigurationError(option: CodingKeys.sideMargin.stringValue, " \(sideMargin): give a number from 0 to 256")
    }
  }
}
