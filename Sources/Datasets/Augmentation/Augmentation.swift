/// How strongly training images are changed. Every change is drawn anew for each (seed, epoch, sample) and depends on
/// nothing else. The ranges are those of a PyTorch reference that learns Sinhala words well, and small rotations.
public struct Augmentation: Sendable, Codable, Equatable {
  /// Probability that the geometric changes are made, all together.
  public var geometryChance: Float
  /// Largest shear to either side: columns per row.
  public var shear: Float
  /// Largest rotation to either side, in degrees.
  public var rotation: Float
  /// Largest rise of a line's end against its start by rotation, as a share of the image's height.
  public var rise: Float
  /// Smallest and largest factor on the width and, drawn for itself, on the height of the writing.
  public var scale: ClosedRange<Float>
  /// Largest vertical shift to either side, as a share of the image's height.
  public var shift: Float
  /// Probability of a Gaussian blur.
  public var blurChance: Float
  /// Smallest and largest sigma of the blur, in pixels.
  public var blurSigma: ClosedRange<Float>
  /// Probability that contrast, brightness and noise are changed, all together.
  public var toneChance: Float
  /// Smallest and largest factor on the ink, that is 255 - value.
  public var ink: ClosedRange<Float>
  /// Smallest and largest gray added to paper and ink, as a share of 255.
  public var darkness: ClosedRange<Float>
  /// Largest standard deviation of the noise, as a share of 255.
  public var noise: Float

  /// The images as they are.
  public static let none = Augmentation(
    geometryChance: 0, shear: 0, rotation: 0, rise: 0, scale: 1...1, shift: 0, blurChance: 0, blurSigma: 0...0,
    toneChance: 0, ink: 1...1, darkness: 0...0, noise: 0)

  /// The default of training.
  public static let `default` = Augmentation(
    geometryChance: 0.5, shear: 0.25, rotation: 2, rise: 0.15, scale: 0.85...1.15, shift: 0.075, blurChance: 0.3,
    blurSigma: 0.3...1.3, toneChance: 0.5, ink: 0.6...1.1, darkness: -0.05...0.1, noise: 0.1)

  /// The augmentation of that name, "none" or "default".
  public init?(name: String) {
    switch name {
    case "none": self = .none
    case "default": self = .default
    default: return nil
    }
  }

  private init(
    geometryChance: Float, shear: Float, rotation: Float, rise: Float, scale: ClosedRange<Float>, shift: Float,
    blurChance: Float, blurSigma: ClosedRange<Float>, toneChance: Float, ink: ClosedRange<Float>,
    darkness: ClosedRange<Float>, noise: Float
  ) {
    (self.geometryChance, self.shear, self.rotation, self.rise) = (geometryChance, shear, rotation, rise)
    (self.scale, self.shift, self.blurChance, self.blurSigma) = (scale, shift, blurChance, blurSigma)
    (self.toneChance, self.ink, self.darkness, self.noise) = (toneChance, ink, darkness, noise)
  }
}
