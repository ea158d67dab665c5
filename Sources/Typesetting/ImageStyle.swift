import Images
import Tensors

/// How clean a picture is.
package enum ImageStyle: String, CaseIterable, Sendable {
  /// Black on white; a third of the images slightly blurred.
  case plain
  /// As from a scanner: `ScanStyle`.
  case scan
  /// As from a telephone's camera: `PhotoStyle`.
  case photo
}

/// Makes clean pictures look as a style says. Keeps scratch memory: one for each thread.
package final class ImageStyler {
  private let blur = GaussianBlur()
  private let scan = ScanStyle()
  private let photo = PhotoStyle()

  package init() {}

  /// Changes `image` (black on white) as `style` asks, with random numbers from `random` only. The size stays.
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
