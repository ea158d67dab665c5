import Images
import Tensors

/// Draws and makes the changes of an ``Augmentation``. Holds scratch memory, so each thread has one of its own; results
/// depend on the arguments only.
public final class Augmenter {
  /// The changes for one image.
  public struct Draw {
    /// Width of the changed image.
    public let width: Int
    /// From the changed image back to the original; nil if the geometry stays.
    let inverse: AffineMap?
    let blurSigma: Float
    let contrast: Float
    /// In gray levels.
    let brightness: Float
    /// In gray levels.
    let noiseSigma: Float
    /// Continues with the numbers for the noise.
    var random: KeyedRandom
  }

  private let augmentation: Augmentation
  private let seed: UInt64
  private let geometry: InputGeometry
  private let blur = GaussianBlur()
  private var outline = InkOutline()

  public init(_ augmentation: Augmentation, seed: UInt64, geometry: InputGeometry) {
    self.augmentation = augmentation
    self.seed = seed
    self.geometry = geometry
  }

  /// Makes room for images of up to `width` columns.
  func reserve(width: Int) {
    blur.reserve(width: width, height: geometry.height, sigma: augmentation.blurSigma.upperBound)
    outline.reserve(rows: geometry.height)
  }

  /// Draws the changes for one image, keyed by (seed, epoch, sample).
  ///
  /// The changed image is never narrower than `neededSteps` time steps demand (unless the original is: then no narrower
  /// than the original) and never wider than the geometry's maximum.
  public func draw(_ image: GrayView, epoch: Int, sample: Int, neededSteps: Int) -> Draw {
    var random = KeyedRandom(
      seed: seed, purpose: .augmentation, time: UInt32(truncatingIfNeeded: epoch),
      sample: UInt32(truncatingIfNeeded: sample))
    // All numbers are drawn in any case, so that one change does not shift the numbers of the next.
    let geometric = random.chance(augmentation.geometryChance)
    let form = Form(&random, augmentation, image)
    let blurred = random.chance(augmentation.blurChance)
    let sigma = random.uniform(augmentation.blurSigma.lowerBound, augmentation.blurSigma.upperBound)
    let toned = random.chance(augmentation.toneChance)
    let ink = random.uniform(augmentation.ink.lowerBound, augmentation.ink.upperBound)
    let darkness = random.uniform(augmentation.darkness.lowerBound, augmentation.darkness.upperBound)
    let noise = random.uniform(0, augmentation.noise)
    let placed = geometric ? place(form, image, neededSteps: neededSteps) : nil
    // Ink factor and darkness, 255 - ((255 - v) * ink + 255 * darkness), in the terms of `adjust`.
    return Draw(
      width: placed?.width ?? image.width, inverse: placed?.inverse, blurSigma: blurred ? sigma : 0,
      contrast: toned ? ink : 1, brightness: toned ? 127 * (1 - ink) - 255 * darkness : 0,
      noiseSigma: toned ? 255 * noise : 0, random: random)
  }

  /// Makes the changed image; `target` has the width that was drawn and the height of `image`, which is only read.
  public func render(_ draw: Draw, _ image: GrayView, into target: GrayView) {
    precondition(target.width == draw.width && target.height == image.height)
    if let inverse = draw.inverse {
      image.affine(inverse: inverse, into: target, paper: 255)
    } else {
      target.pixels.update(from: image.pixels, count: image.count)
    }
    if draw.blurSigma > 0 { blur.apply(to: target, sigma: draw.blurSigma) }
    if draw.contrast != 1 || draw.brightness != 0 {
      target.adjust(brightness: draw.brightness, contrast: draw.contrast)
    }
    if draw.noiseSigma > 0 {
      var random = draw.random
      target.addNoise(&random, sigma: draw.noiseSigma)
    }
  }

  /// The drawn form of the writing.
  private struct Form {
    let scaleX: Double
    /// About the image's centre, without shift.
    let map: AffineMap
    /// In pixels.
    let shift: Double

    init(_ random: inout KeyedRandom, _ augmentation: Augmentation, _ image: GrayView) {
      let shear = Double(random.uniform(-augmentation.shear, augmentation.shear))
      let (low, high) = (augmentation.scale.lowerBound, augmentation.scale.upperBound)
      scaleX = Double(random.uniform(low, high))
      let scaleY = Double(random.uniform(low, high))
      shift = Double(random.uniform(-augmentation.shift, augmentation.shift)) * Double(image.height)
      let rise = Double(augmentation.rise) * Double(image.height) / Double(image.width)
      let largest = min(Double(augmentation.rotation) * Double.pi / 180, rise)
      let angle = largest * Double(random.uniform(-1, 1))
      // Series instead of libm, whose last bit differs between systems; the error is below 1e-7 up to 2 degrees.
      let (sine, cosine) = (angle - angle * angle * angle / 6, 1 - angle * angle / 2)
      map = AffineMap.scale(x: scaleX, y: scaleY).then(.shear(shear)).then(AffineMap(cosine, -sine, 0, sine, cosine, 0))
        .about(x: Double(image.width) / 2, y: Double(image.height) / 2)
    }
  }

  /// Puts the changed writing on a canvas: margins left and right stay (scaled), so that slant and rotation push no ink
  /// out at the sides, and the writing stays between the upper and the lower edge. nil if it cannot be placed.
  private func place(_ form: Form, _ image: GrayView, neededSteps: Int) -> (width: Int, inverse: AffineMap)? {
    outline.trace(image)
    let box = outline.box(under: form.map)
    let left = Double(outline.margins.left) * form.scaleX
    let right = Double(outline.margins.right) * form.scaleX
    let natural = Int((left + (box.right - box.left) + right).rounded())
    let narrowest = geometry.narrowestWidth(forSteps: neededSteps) ?? image.width
    let width = max(natural, geometry.minimumWidth, min(narrowest, image.width))
    guard width <= geometry.maximumWidth else { return nil }
    let height = Double(image.height)
    let fit = min(1, height / (box.bottom - box.top))
    let (top, bottom) = (box.top * fit, box.bottom * fit)
    // The shift goes as far as the writing stays inside; squeezing moves it towards the upper edge, which this corrects.
    let wanted = form.shift + (box.top + box.bottom) / 2 - (top + bottom) / 2
    let shiftY = max(-top, min(height - bottom, wanted))
    let shiftX = left - box.left + Double(width - natural) / 2
    let map = form.map.then(.scale(x: 1, y: fit)).then(.translation(x: shiftX, y: shiftY))
    return map.inverse.map { (width, $0) }
  }
}
