import Images
import Tensors

/// Makes clean pictures look scanned: perspective, blur, faded ink, uneven and textured paper, noise. Keeps scratch
/// memory: one per thread.
final class ScanStyle {
  private let blur = GaussianBlur()
  private let paperTexture = SoftTexture()
  private let inkTexture = SoftTexture()

  /// Changes `image` (black on white). The size is unchanged.
  func apply(to image: inout GrayImage, _ random: inout KeyedRandom) {
    image = tilted(image, &random)
    let sigma = random.uniform(0.35, 1.1)
    image.withView { blur.apply(to: $0, sigma: sigma, border: .paper) }
    compose(&image, &random)
    image.addNoise(&random, sigma: random.uniform(1, 9))
  }

  /// Moves each corner inwards by up to 6 % of the height, so that no ink leaves the picture.
  private func tilted(_ image: GrayImage, _ random: inout KeyedRandom) -> GrayImage {
    let (width, height) = (Double(image.width), Double(image.height))
    let reach = min(0.06 * height, 0.06 * width)
    let corners: [SIMD2<Double>] = [[0, 0], [width, 0], [width, height], [0, height]]
    let inwards: [SIMD2<Double>] = [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    let moved = zip(corners, inwards).map { corner, direction in
      corner + direction * SIMD2(Double(random.uniform()), Double(random.uniform())) * reach
    }
    guard let map = PerspectiveMap(from: moved, to: corners) else { return image }
    return image.perspective(inverse: map, width: image.width, height: image.height)
  }

  /// Composites the ink, with the picture's darkness as density, over paper with a gradient and a smooth texture.
  private func compose(_ image: inout GrayImage, _ random: inout KeyedRandom) {
    let (width, height) = (image.width, image.height)
    let paper = random.uniform(185, 250)
    // At least 80 gray levels between ink and paper.
    let ink = random.uniform(0, min(120, paper - 110))
    let (slopeX, slopeY) = (random.uniform(-25, 25) / Float(width), random.uniform(-15, 15) / Float(height))
    paperTexture.prepare(width: width, height: height, cell: 6 + random.integer(below: 20), &random)
    inkTexture.prepare(width: width, height: height, cell: 4 + random.integer(below: 8), &random)
    let (paperRoughness, fading) = (random.uniform(0, 8), random.uniform(0, 0.3))
    image.withView { view in
      for y in 0..<height {
        let row = view.pixels + y * width
        let base = paper + slopeY * (Float(y) - 0.5 * Float(height)) - slopeX * 0.5 * Float(width)
        for x in 0..<width {
          let ground = base + slopeX * Float(x) + paperRoughness * paperTexture.value(x, y)
          let density = (255 - Float(row[x])) * (1 / 255) * (1 - fading * (0.5 + 0.5 * inkTexture.value(x, y)))
          let value = ground + (ink - ground) * density
          row[x] = UInt8(max(0, min(255, value)))
        }
      }
    }
  }
}
