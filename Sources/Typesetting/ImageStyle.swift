import Images
import Tensors

/// The style of a picture: clean, scanned or photographed.
package enum ImageStyle: String, CaseIterable, Sendable {
  /// Black on white; a third of the images slightly blurred.
  case plain
  /// Like a scan, see `ScanStyle`.
  case scan
  /// Like a photo by a phone, see `PhotoStyle`.
  case photo
}

/// Applies a style to clean pictures. Keeps scratch memory: one per thread.
package final class ImageStyler {
  private let blur = GaussianBlur()
  private let scan = ScanStyle()
  private let photo = PhotoStyle()

  package init() {}

  /// Changes `image` (black on white) in the given style, with random numbers from `random` only. The size is
  /// unchanged.
  package func apply(_ style: ImageStyle, to image: inout GrayImage, _ random: inout KeyedRandom) {
    switch style {
    case .plain:
      guard random.chance(0.33) else { return }
      let sigma = random.uniform(0.3, 0.7)
      image.withView { blur.apply(to: $0, sigma: sigma, border: .paper) }
    case .scan: scan.apply(to: &image, &random)
    case .photo: photo.apply(to: &image, &random)
    }
  }
}
