/// An invalid augmentation: the key and the reason. `description` is one line.
package struct AugmentationError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

extension Augmentation {
  /// Refuses values that an operation cannot use, or that would make texts unreadable.
  /// - Throws: ``AugmentationError`` that names the key, its value and its range.
  package func validate() throws(AugmentationError) {
    for (key, chance) in chances where !(0...1 ~= chance) {
      throw AugmentationError("\(key).chance \(chance): must be 0 to 1")
    }
    for (key, range, allowed) in limits {
      guard allowed.contains(range.lowerBound) && allowed.contains(range.upperBound) else {
        let value =
          range.lowerBound == range.upperBound
          ? "\(range.lowerBound)" : "[\(range.lowerBound), \(range.upperBound)]"
        throw AugmentationError("\(key) \(value): must be \(allowed.lowerBound) to \(allowed.upperBound)")
      }
    }
    guard 1...16 ~= erasing.count else { throw AugmentationError("erasing.count \(erasing.count): must be 1 to 16") }
    let quality = compression.quality
    guard 1...100 ~= quality.lowerBound && 1...100 ~= quality.upperBound else {
      throw AugmentationError(
        "compression.quality [\(quality.lowerBound), \(quality.upperBound)]: must be 1 to 100")
    }
    // Closer points would fold the image over itself.
    guard elastic.cell.lowerBound >= 3 * elastic.strength.upperBound else {
      throw AugmentationError(
        "elastic.cell \(elastic.cell.lowerBound): must be at least 3 times elastic.strength (\(elastic.strength.upperBound))"
      )
    }
  }

  private var chances: [(key: String, chance: Float)] {
    [
      ("affine", affine.chance), ("perspective", perspective.chance), ("curvature", curvature.chance),
      ("elastic", elastic.chance), ("padding", padding.chance), ("stroke", stroke.chance), ("erasing", erasing.chance),
      ("background", background.chance), ("shadow", shadow.chance), ("blur", blur.chance),
      ("motionBlur", motionBlur.chance), ("tone", tone.chance), ("compression", compression.chance),
      ("paper", paper?.chance ?? 0), ("framing", framing?.chance ?? 0), ("neighbors", neighbors?.chance ?? 0),
      ("rules", rules?.chance ?? 0), ("resampling", resampling?.chance ?? 0),
      ("binarization", binarization?.chance ?? 0), ("inversion", inversion?.chance ?? 0),
    ]
  }

  private var limits: [(key: String, range: ClosedRange<Float>, allowed: ClosedRange<Float>)] {
    func one(_ key: String, _ value: Float, _ allowed: ClosedRange<Float>) -> (
      String, ClosedRange<Float>, ClosedRange<Float>
    ) {
      // NaN is in no range and cannot be a bound.
      (key, value.isNaN ? (-.infinity)...(-.infinity) : value...value, allowed)
    }
    return [
      one("affine.shear", affine.shear, 0...1), one("affine.rotation", affine.rotation, 0...15),
      one("affine.rise", affine.rise, 0...1), ("affine.width", affine.width, 0.5...2),
      ("affine.height", affine.height, 0.5...2), one("affine.shift", affine.shift, 0...0.5),
      one("perspective.reach", perspective.reach, 0...0.3), one("curvature.bend", curvature.bend, 0...0.4),
      ("elastic.strength", elastic.strength, 0...0.1), ("elastic.cell", elastic.cell, 0.05...4),
      one("padding.side", padding.side, 0...4),
      ("stroke.strength", stroke.strength, -4...4), ("erasing.size", erasing.size, 0...1),
      ("background.roughness", background.roughness, 0...0.9), ("shadow.strength", shadow.strength, 0...0.9),
      ("blur.sigma", blur.sigma, 0...8), ("motionBlur.length", motionBlur.length, 0...16),
      ("tone.ink", tone.ink, 0.1...2), ("tone.darkness", tone.darkness, -0.5...0.5),
      one("tone.noise", tone.noise, 0...0.25),
      ("framing.share", framing?.share ?? 1...1, 0.2...1), ("neighbors.reach", neighbors?.reach ?? 0...0, 0...0.3),
      one("rules.distance", rules?.distance ?? 0, 0...0.3), ("resampling.scale", resampling?.scale ?? 1...1, 0.2...1),
      ("binarization.threshold", binarization?.threshold ?? 0.5...0.5, 0.1...0.9),
    ]
  }
}
