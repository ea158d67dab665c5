import Images
import Tensors

/// Draws and applies the changes of an ``Augmentation``. Holds scratch memory, so each thread has its own; results
/// depend on the arguments only.
package final class Augmenter {
  /// The changes for one image.
  package struct Draw {
    /// Width of the changed image.
    package let width: Int
    /// nil if the geometry is unchanged.
    let placement: Placement?
    let blurSigma: Float
    let contrast: Float
    /// In gray levels.
    let brightness: Float
    /// In gray levels.
    let noiseSigma: Float
    /// The gray of uncovered paper.
    let paper: UInt8
    /// The generator that the noise continues.
    var random: KeyedRandom
    let epoch: UInt32
    let sample: UInt32
  }

  /// An independent stream for each operation, so that one does not shift the numbers of the next. Affine, blur and
  /// tone, which came first, share stream 0.
  private enum Stream: UInt16 {
    case perspective = 1
    case curvature, elastic, padding, stroke, erasing, background, shadow, motionBlur, compression, paper
    case framing, neighbors, rules, resampling, binarization, inversion
  }

  private let augmentation: Augmentation
  private let seed: UInt64
  private let geometry: InputGeometry
  private let blur = GaussianBlur()
  private let field = DisplacementField()
  private let weight = StrokeWeight()
  private let page = PaperAndLight()
  private let motion = MotionBlur()
  private let world = WorldEffects()
  private var outline = InkOutline()

  package init(_ augmentation: Augmentation, seed: UInt64, geometry: InputGeometry) {
    self.augmentation = augmentation
    self.seed = seed
    self.geometry = geometry
  }

  /// Reserves memory for images of up to `width` columns, before and after the changes.
  func reserve(width: Int) {
    let height = geometry.height
    outline.reserve(rows: height)
    blur.reserve(width: width, height: height, sigma: augmentation.blur.sigma.upperBound)
    if augmentation.elastic.chance > 0 || augmentation.curvature.chance > 0 {
      field.reserve(width: width, height: height, cell: cell(augmentation.elastic.cell.lowerBound))
    }
    if augmentation.stroke.chance > 0 { weight.reserve(width: width) }
    if augmentation.background.chance > 0 { page.reserve(width: width, height: height) }
    if augmentation.resampling != nil || augmentation.neighbors != nil { world.reserve(width: width, height: height) }
    if augmentation.motionBlur.chance > 0 {
      motion.reserve(width: width, height: height, length: augmentation.motionBlur.length.upperBound)
    }
  }

  /// Draws the changes for one image, keyed by (seed, epoch, sample).
  ///
  /// The changed image has enough columns for `neededSteps` time steps (or, if the original has fewer, at least those
  /// of the original), and at most the geometry's maximum.
  package func draw(_ image: GrayView, epoch: Int, sample: Int, neededSteps: Int) -> Draw {
    let (epoch, sample) = (UInt32(truncatingIfNeeded: epoch), UInt32(truncatingIfNeeded: sample))
    var random = KeyedRandom(seed: seed, purpose: .augmentation, time: epoch, sample: sample)
    // All numbers are drawn in any case, so that one change does not shift the numbers of the next.
    let (affine, tone) = (augmentation.affine, augmentation.tone)
    let isFormed = random.chance(affine.chance)
    let form = AffineForm(&random, affine, image)
    let blurred = random.chance(augmentation.blur.chance)
    let sigma = random.uniform(augmentation.blur.sigma)
    let toned = random.chance(tone.chance)
    let ink = random.uniform(tone.ink)
    let darkness = random.uniform(tone.darkness)
    let noise = random.uniform(0, tone.noise)

    var changes = Placement.Changes(affine: isFormed ? form : nil)
    drawDistortions(&changes, image, epoch, sample)
    if begin(.paper, augmentation.paper?.chance ?? 0, epoch, sample) != nil { changes.paper = image.paperValue }
    if let framing = augmentation.framing, var random = begin(.framing, framing.chance, epoch, sample) {
      changes.framing = (Double(random.uniform(framing.share)), Double(random.uniform()))
    }
    let placed =
      changes.isEmpty
      ? nil : Placement(changes, image, outline: &outline, geometry: geometry, neededSteps: neededSteps)
    // Ink factor and darkness, 255 - ((255 - v) * ink + 255 * darkness), in the form of `adjust`.
    return Draw(
      width: placed?.width ?? image.width, placement: placed, blurSigma: blurred ? sigma : 0,
      contrast: toned ? ink : 1, brightness: toned ? 127 * (1 - ink) - 255 * darkness : 0,
      noiseSigma: toned ? 255 * noise : 0, paper: changes.paper, random: random, epoch: epoch, sample: sample)
  }

  private func drawDistortions(_ changes: inout Placement.Changes, _ image: GrayView, _ epoch: UInt32, _ sample: UInt32)
  {
    let height = Float(image.height)
    if var random = begin(.perspective, augmentation.perspective.chance, epoch, sample) {
      changes.perspective = CornerShifts(&random, reach: augmentation.perspective.reach)
    }
    if var random = begin(.curvature, augmentation.curvature.chance, epoch, sample) {
      changes.bend = random.uniform(-augmentation.curvature.bend, augmentation.curvature.bend) * height
      changes.middle = random.uniform()
    }
    if var random = begin(.elastic, augmentation.elastic.chance, epoch, sample) {
      changes.elasticStrength = random.uniform(augmentation.elastic.strength) * height
      changes.elasticCell = cell(random.uniform(augmentation.elastic.cell))
      changes.elasticRandom = random
    }
    if var random = begin(.padding, augmentation.padding.chance, epoch, sample) {
      changes.padding.left = Double(random.uniform(0, augmentation.padding.side) * height)
      changes.padding.right = Double(random.uniform(0, augmentation.padding.side) * height)
    }
  }

  /// Renders the changed image. `target` has the drawn width and the height of `image`, which is only read.
  package func render(_ draw: Draw, _ image: GrayView, into target: GrayView) {
    precondition(target.width == draw.width && target.height == image.height)
    if let placement = draw.placement {
      placement.render(image, into: target, field: field)
    } else {
      target.pixels.update(from: image.pixels, count: image.count)
    }
    changeSurroundings(draw, target)
    changeInk(draw, target)
    changePage(draw, target)
    if draw.blurSigma > 0 { blur.apply(to: target, sigma: draw.blurSigma) }
    if var random = begin(.motionBlur, augmentation.motionBlur.chance, draw.epoch, draw.sample) {
      let (x, y) = (random.uniform(augmentation.motionBlur.length), random.uniform(augmentation.motionBlur.length))
      motion.apply(to: target, x: x, y: random.chance(0.5) ? y : -y)
    }
    if draw.contrast != 1 || draw.brightness != 0 {
      target.adjust(brightness: draw.brightness, contrast: draw.contrast)
    }
    if draw.noiseSigma > 0 {
      var random = draw.random
      target.addNoise(&random, sigma: draw.noiseSigma)
    }
    if var random = begin(.compression, augmentation.compression.chance, draw.epoch, draw.sample) {
      let quality = augmentation.compression.quality
      BlockCompression.apply(
        to: target, quality: quality.lowerBound + random.integer(below: quality.count),
        offsetX: random.integer(below: 8), offsetY: random.integer(below: 8))
    }
    if begin(.inversion, augmentation.inversion?.chance ?? 0, draw.epoch, draw.sample) != nil { target.invert() }
  }

  /// Adds ink that is not of the line, and makes the image coarser.
  private func changeSurroundings(_ draw: Draw, _ target: GrayView) {
    if let neighbors = augmentation.neighbors,
      var random = begin(.neighbors, neighbors.chance, draw.epoch, draw.sample)
    {
      outline.trace(target)
      if let first = outline.rows.first, let last = outline.rows.last {
        let reach = Float(target.height) * random.uniform(neighbors.reach)
        world.addNeighbors(to: target, ink: first.y..<last.y + 1, rows: Int(reach.rounded()), &random)
      }
    }
    if let rules = augmentation.rules, var random = begin(.rules, rules.chance, draw.epoch, draw.sample) {
      world.addRules(to: target, distance: Int((rules.distance * Float(target.height)).rounded()), &random)
    }
    if let resampling = augmentation.resampling,
      var random = begin(.resampling, resampling.chance, draw.epoch, draw.sample)
    {
      world.resample(target, scale: random.uniform(resampling.scale))
    }
    if let binarization = augmentation.binarization,
      var random = begin(.binarization, binarization.chance, draw.epoch, draw.sample)
    {
      target.separateInk(at: random.uniform(binarization.threshold))
    }
  }

  /// Changes the weight of strokes and erases patches.
  private func changeInk(_ draw: Draw, _ target: GrayView) {
    if var random = begin(.stroke, augmentation.stroke.chance, draw.epoch, draw.sample) {
      weight.apply(to: target, strength: random.uniform(augmentation.stroke.strength))
    }
    if var random = begin(.erasing, augmentation.erasing.chance, draw.epoch, draw.sample) {
      let height = Float(target.height)
      for _ in 0...random.integer(below: augmentation.erasing.count) {
        let width = Int((random.uniform(augmentation.erasing.size) * height).rounded())
        let rows = Int((random.uniform(augmentation.erasing.size) * height).rounded())
        let x = random.integer(below: target.width)
        let y = random.integer(below: target.height)
        target.fill(x: x..<min(target.width, x + width), y: y..<min(target.height, y + rows), with: draw.paper)
      }
    }
  }

  /// Changes paper and light.
  private func changePage(_ draw: Draw, _ target: GrayView) {
    if var random = begin(.background, augmentation.background.chance, draw.epoch, draw.sample) {
      page.texture(target, roughness: random.uniform(augmentation.background.roughness), &random)
    }
    if var random = begin(.shadow, augmentation.shadow.chance, draw.epoch, draw.sample) {
      page.shade(target, strength: random.uniform(augmentation.shadow.strength), &random)
    }
  }

  /// The spacing of an elastic grid in pixels, from a share of the height.
  private func cell(_ share: Float) -> Float { max(2, share * Float(geometry.height)) }

  /// The random numbers of an operation, after the one that decides whether to apply it; nil if it is not applied.
  @inline(__always)
  private func begin(_ stream: Stream, _ chance: Float, _ epoch: UInt32, _ sample: UInt32) -> KeyedRandom? {
    guard chance > 0 else { return nil }
    var random = KeyedRandom(
      seed: seed, purpose: .augmentation, time: epoch, sample: sample, stream: stream.rawValue)
    return random.chance(chance) ? random : nil
  }
}

extension KeyedRandom {
  fileprivate mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    uniform(range.lowerBound, range.upperBound)
  }
}
