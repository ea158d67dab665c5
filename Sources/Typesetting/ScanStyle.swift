import Images
import Tensors

/// How clean a picture is.
public enum ImageStyle: String, CaseIterable, Sendable {
  /// Black on white; a third of the images slightly blurred.
  case plain
  /// As from a camera or scanner: `ScanStyle`.
  case scan
}

/// Makes clean pictures look scanned: perspective, blur, faded ink, uneven and textured paper, noise. Keeps scratch
/// memory: one for each thread.
public final class ScanStyle {
  private let blur = GaussianBlur()

  public init() {}

  /// Changes `image` (black on white) as `style` asks, with random numbers from `random` only. The size stays.
  public func apply(_ style: ImageStyle, to image: inout GrayImage, _ random: inout KeyedRandom) {
    switch style {
    case .plain:
      guard random.chance(0.33) else { return }
      let sigma = random.uniform(0.3, 0.7)
      image.withView { blur.apply(to: $0, sigma: sigma, border: .paper) }
    case .scan:
      image = tilted(image, &random)
      let sigma = random.uniform(0.35, 1.1)
      image.withView { blur.apply(to: $0, sigma: sigma, border: .paper) }
      compose(&image, &random)
      image.addNoise(&random, sigma: random.uniform(1, 9))
    }
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

  /// Lays the ink, as dense as the picture is dark, over paper with a gradient and a soft texture.
  private func compose(_ image: inout GrayImage, _ random: inout KeyedRandom) {
    let (width, height) = (image.width, image.height)
    let paper = random.uniform(185, 250)
    // At least 80 gray levels between ink and paper.
    let ink = random.uniform(0, min(120, paper - 110))
    let (slopeX, slopeY) = (random.uniform(-25, 25) / Float(width), random.uniform(-15, 15) / Float(height))
    let paperTexture = SoftTexture(width: width, height: height, cell: 6 + random.integer(below: 20), &random)
    let inkTexture = SoftTexture(width: width, height: height, cell: 4 + random.integer(below: 8), &random)
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

/// A field that varies softly in -1...1: random values on a grid, mixed linearly between its points.
private struct SoftTexture {
  private let columns: Int
  private let scale: Float
  private let values: [Float]

  init(width: Int, height: Int, cell: Int, _ random: inout KeyedRandom) {
    columns = width / cell + 2
    scale = 1 / Float(cell)
    values = (0..<columns * (height / cell + 2)).map { _ in random.uniform(-1, 1) }
  }

  @inline(__always)
  func value(_ x: Int, _ y: Int) -> Float {
    let (u, v) = (Float(x) * scale, Float(y) * scale)
    let (i, j) = (Int(u), Int(v))
    let (s, t) = (u - Float(i), v - Float(j))
    let at = j * columns + i
    let upper = values[at] + s * (values[at + 1] - values[at])
    let lower = values[at + columns] + s * (values[at + columns + 1] - values[at + columns])
    return upper + t * (lower - upper)
  }
}
