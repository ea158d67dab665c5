/// The augmentation of training images: the chance and the range of each operation. Every change is drawn anew for each
/// (seed, epoch, sample) and depends on nothing else. The operations are applied in the order of declaration. A chance
/// of 0 switches one off.
///
/// As JSON: an object with these names, in which a range is `[smallest, largest]`; see ``init(file:)``.
package struct Augmentation: Sendable, Codable, Equatable {
  package var affine: Affine
  package var perspective: Perspective
  package var curvature: Curvature
  package var elastic: Elastic
  package var padding: Padding
  package var stroke: Stroke
  package var erasing: Erasing
  package var background: Background
  package var shadow: Shadow
  package var blur: Blur
  package var motionBlur: MotionBlurring
  package var tone: Tone
  package var compression: Compression
  // What follows came later: nil is off, so that sets of runs begun before have their bits.
  package var paper: Paper?
  package var framing: Framing?
  package var neighbors: Neighbors?
  package var rules: Rules?
  package var resampling: Resampling?
  package var binarization: Binarization?
  package var inversion: Inversion?

  enum CodingKeys: String, CodingKey {
    case affine, perspective, curvature, elastic, padding, stroke, erasing, background, shadow, blur, motionBlur, tone
    case compression, paper, framing, neighbors, rules, resampling, binarization, inversion
  }

  /// Slant, rotation, stretching and shift, applied together.
  package struct Affine: Sendable, Codable, Equatable {
    package var chance: Float
    /// Largest slant to either side, in columns per row.
    package var shear: Float
    /// Largest rotation to either side, in degrees.
    package var rotation: Float
    /// Largest rise of a line from start to end by rotation, as a share of the image's height.
    package var rise: Float
    /// Factor on the width of the writing.
    package var width: ClosedRange<Float>
    /// Factor on its height, limited by the room in the image.
    package var height: ClosedRange<Float>
    /// Largest vertical shift of the baseline to either side, as a share of the image's height, limited by the room.
    package var shift: Float
  }

  /// The page is photographed at an angle: each corner of the writing moves inwards.
  package struct Perspective: Sendable, Codable, Equatable {
    package var chance: Float
    /// Largest movement of a corner in each direction, as a share of the writing's height.
    package var reach: Float
  }

  /// The baseline is bent to a parabola.
  package struct Curvature: Sendable, Codable, Equatable {
    package var chance: Float
    /// Largest rise of the bend up or down, as a share of the image's height.
    package var bend: Float
  }

  /// Elastic distortion: the points of a grid move at random, and the pixels between them are interpolated.
  package struct Elastic: Sendable, Codable, Equatable {
    package var chance: Float
    /// Largest movement of a point in each direction, as a share of the image's height.
    package var strength: ClosedRange<Float>
    /// Distance of the points, as a share of the image's height; at least 3 times the largest strength.
    package var cell: ClosedRange<Float>
  }

  /// Paper is added at the sides.
  package struct Padding: Sendable, Codable, Equatable {
    package var chance: Float
    /// Largest width at each side, as a share of the image's height.
    package var side: Float
  }

  /// Ink bleeds or thins: see `StrokeWeight`.
  package struct Stroke: Sendable, Codable, Equatable {
    package var chance: Float
    /// Pixels on each side of a stroke, negative to thin it.
    package var strength: ClosedRange<Float>
  }

  /// Small patches become paper.
  package struct Erasing: Sendable, Codable, Equatable {
    package var chance: Float
    /// Largest number of patches; at least one.
    package var count: Int
    /// Width and height of a patch, drawn independently, as a share of the image's height.
    package var size: ClosedRange<Float>
  }

  /// The paper has a texture.
  package struct Background: Sendable, Codable, Equatable {
    package var chance: Float
    /// Share of the paper's brightness that its darkest grains may lose.
    package var roughness: ClosedRange<Float>
  }

  /// Uneven light: a gradient, or the edge of a shadow.
  package struct Shadow: Sendable, Codable, Equatable {
    package var chance: Float
    /// Share of brightness that the darkest side loses.
    package var strength: ClosedRange<Float>
  }

  /// A Gaussian blur.
  package struct Blur: Sendable, Codable, Equatable {
    package var chance: Float
    /// In pixels.
    package var sigma: ClosedRange<Float>
  }

  /// A blur along a line of any direction.
  package struct MotionBlurring: Sendable, Codable, Equatable {
    package var chance: Float
    /// The line's extent in pixels, horizontally and vertically, drawn independently.
    package var length: ClosedRange<Float>
  }

  /// Contrast, brightness and noise, applied together.
  package struct Tone: Sendable, Codable, Equatable {
    package var chance: Float
    /// Factor on the ink, which is 255 - value.
    package var ink: ClosedRange<Float>
    /// Gray added to paper and ink, as a share of 255; negative to lighten.
    package var darkness: ClosedRange<Float>
    /// Largest standard deviation of the noise, as a share of 255.
    package var noise: Float
  }

  /// The losses of JPEG: see `BlockCompression`.
  package struct Compression: Sendable, Codable, Equatable {
    package var chance: Float
    /// The quality scale of libjpeg: 1 is the worst, 100 the best.
    package var quality: ClosedRange<Int>
  }
}
