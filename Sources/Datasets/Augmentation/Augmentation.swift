/// How strongly training images are changed: for each operation how likely it is and how far it may go. Every change is
/// drawn anew for each (seed, epoch, sample) and depends on nothing else. The operations are made in the order in which they
/// stand here. A chance of 0 switches one off.
///
/// As JSON: an object with these names, in which a range is `[smallest, largest]`; see ``init(file:)``.
public struct Augmentation: Sendable, Codable, Equatable {
  public var affine: Affine
  public var perspective: Perspective
  public var curvature: Curvature
  public var elastic: Elastic
  public var padding: Padding
  public var stroke: Stroke
  public var erasing: Erasing
  public var background: Background
  public var shadow: Shadow
  public var blur: Blur
  public var motionBlur: MotionBlurring
  public var tone: Tone
  public var compression: Compression

  enum CodingKeys: String, CodingKey {
    case affine, perspective, curvature, elastic, padding, stroke, erasing, background, shadow, blur, motionBlur, tone
    case compression
  }

  /// Slant, rotation, stretching and shift, all together.
  public struct Affine: Sendable, Codable, Equatable {
    public var chance: Float
    /// Largest slant to either side: columns per row.
    public var shear: Float
    /// Largest rotation to either side, in degrees.
    public var rotation: Float
    /// Largest rise of a line's end against its start by rotation, as a share of the image's height.
    public var rise: Float
    /// Factor on the width of the writing.
    public var width: ClosedRange<Float>
    /// Factor on its height, as far as there is room.
    public var height: ClosedRange<Float>
    /// Largest vertical shift of the baseline to either side, as a share of the image's height, as far as there is room.
    public var shift: Float
  }

  /// The page is not seen from straight above: each corner of the writing moves inwards.
  public struct Perspective: Sendable, Codable, Equatable {
    public var chance: Float
    /// Largest way of a corner in each direction, as a share of the writing's height.
    public var reach: Float
  }

  /// The baseline bends to a parabola.
  public struct Curvature: Sendable, Codable, Equatable {
    public var chance: Float
    /// Largest rise of the bend up or down, as a share of the image's height.
    public var bend: Float
  }

  /// Elastic distortion: the points of a grid move at random, and what lies between moves along.
  public struct Elastic: Sendable, Codable, Equatable {
    public var chance: Float
    /// Largest way of a point in each direction, as a share of the image's height.
    public var strength: ClosedRange<Float>
    /// Distance of the points, as a share of the image's height; at least 3 times the largest strength.
    public var cell: ClosedRange<Float>
  }

  /// Paper is added at the sides.
  public struct Padding: Sendable, Codable, Equatable {
    public var chance: Float
    /// Largest width at each side, as a share of the image's height.
    public var side: Float
  }

  /// Ink bleeds or thins: see ``Images/StrokeWeight``.
  public struct Stroke: Sendable, Codable, Equatable {
    public var chance: Float
    /// Pixels on each side of a stroke, negative to thin it.
    public var strength: ClosedRange<Float>
  }

  /// Small patches become paper.
  public struct Erasing: Sendable, Codable, Equatable {
    public var chance: Float
    /// Largest number of patches; at least one.
    public var count: Int
    /// Width and, drawn for itself, height of a patch, as a share of the image's height.
    public var size: ClosedRange<Float>
  }

  /// The paper has a texture.
  public struct Background: Sendable, Codable, Equatable {
    public var chance: Float
    /// Share of the paper's light that its darkest grains may lose.
    public var roughness: ClosedRange<Float>
  }

  /// Uneven light: a gradient, or the edge of a shadow.
  public struct Shadow: Sendable, Codable, Equatable {
    public var chance: Float
    /// Share of its light that the darkest side loses.
    public var strength: ClosedRange<Float>
  }

  /// A Gaussian blur.
  public struct Blur: Sendable, Codable, Equatable {
    public var chance: Float
    /// In pixels.
    public var sigma: ClosedRange<Float>
  }

  /// A blur along a line of any direction.
  public struct MotionBlurring: Sendable, Codable, Equatable {
    public var chance: Float
    /// The line's extent in pixels, to the side or, drawn for itself, up.
    public var length: ClosedRange<Float>
  }

  /// Contrast, brightness and noise, all together.
  public struct Tone: Sendable, Codable, Equatable {
    public var chance: Float
    /// Factor on the ink, that is 255 - value.
    public var ink: ClosedRange<Float>
    /// Gray added to paper and ink, as a share of 255; negative to lighten.
    public var darkness: ClosedRange<Float>
    /// Largest standard deviation of the noise, as a share of 255.
    public var noise: Float
  }

  /// The losses of JPEG: see ``Images/BlockCompression``.
  public struct Compression: Sendable, Codable, Equatable {
    public var chance: Float
    /// As libjpeg's: 1 is the worst, 100 the best.
    public var quality: ClosedRange<Int>
  }
}
