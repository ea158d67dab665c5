import Images
import Tensors

/// Makes clean pictures look photographed: perspective, a bent page, textured paper, uneven light and shadows, an
/// unsharp or moving camera, sensor noise and the losses of JPEG. Keeps scratch memory: one per thread.
final class PhotoStyle {
  private let blur = GaussianBlur()
  private let motion = MotionBlur()
  private let page = PaperAndLight()
  private let field = DisplacementField()

  /// Changes `image` (black on white). The size is unchanged, and no ink leaves the picture.
  func apply(to image: inout GrayImage, _ random: inout KeyedRandom) {
    image = bent(image, &random)
    let paper = random.uniform(165, 250)
    // At least 130 gray levels between ink and paper, before shadows.
    let ink = random.uniform(0, min(80, paper - 130))
    let contrast = (paper - ink) / 255
    let height = Float(image.height)
    image.withView { view in
      view.adjust(brightness: ink - 128 + 128 * contrast, contrast: contrast)
      page.texture(view, roughness: random.uniform(0, 0.2), &random)
      page.shade(view, strength: random.uniform(0, 0.25), &random)
      if random.chance(0.5) { page.shade(view, strength: random.uniform(0.05, 0.3), &random) }
      blur.apply(to: view, sigma: random.uniform(0.012, 0.029) * min(height, 64))
      if random.chance(0.35) {
        let reach = min(MotionBlur.longestWay, 0.06 * height)
        motion.apply(to: view, x: random.uniform(-reach, reach), y: random.uniform(-reach, reach) / 2)
      }
      view.addNoise(&random, sigma: random.uniform(1, 11))
      if random.chance(0.8) {
        BlockCompression.apply(
          to: view, quality: 15 + random.integer(below: 66), offsetX: random.integer(below: 8),
          offsetY: random.integer(below: 8))
      }
    }
  }

  /// Moves each corner inwards by up to 9 % of the height and bends the line by up to 10 % of it.
  private func bent(_ image: GrayImage, _ random: inout KeyedRandom) -> GrayImage {
    let (width, height) = (Double(image.width), Double(image.height))
    let bend = random.chance(0.6) ? Double(random.uniform(-0.1, 0.1)) * height : 0
    let reach = min(0.09 * height, 0.09 * width)
    func way() -> SIMD2<Double> {
      SIMD2(Double(random.uniform()) * reach, Double(random.uniform()) * reach + abs(bend) / 2)
    }
    let (a, b, c, d) = (way(), way(), way(), way())
    let quadrilateral = PerspectiveMap(
      unitSquareTo: a, SIMD2(width - b.x, b.y), SIMD2(width - c.x, height - c.y), SIMD2(d.x, height - d.y))
    let toSquare = PerspectiveMap(AffineMap.scale(x: 1 / width, y: 1 / height))
    guard let inverse = quadrilateral.flatMap({ toSquare.then($0).inverse }) else { return image }
    field.prepare(
      width: image.width, height: image.height, strength: 0, cell: 8, bend: Float(bend), middle: random.uniform(),
      &random)
    return image.perspective(inverse: inverse, shiftedBy: field)
  }
}
