import Foundation
import Tensors

/// The variation of a word's outlines from its font. Many variations make few fonts act like many. Pixel
/// operations, such as blur, are not part of it.
package struct OutlineVariation: Equatable, Sendable {
  /// Factor on the width; the renderer does not make a condensed face narrower than 0.6 of a normal one.
  package var width = 1.0
  /// Slant to the right: columns per row.
  package var slant = 0.0
  /// The mean thickness of strokes, in ems; nil for the face's own. Hairlines do not vanish completely, and letters
  /// stay open: see `OutlinePen`.
  package var thickness: Double?
  /// The pen that makes strokes thicker or thinner: its height as a share of its width, above 0...1. A flat pen changes
  /// the contrast between strokes, and gives a thin face the look of a broad nib: hairlines, and swelling strokes.
  package var penHeight = 1.0
  /// The pen's angle, in radians.
  package var penAngle = 0.0
  /// Extra thickness of strokes on the baseline, in ems, so that bowls become crescents; higher strokes get less.
  package var stress = 0.0
  /// Gaps and counters up to this width are filled, in ems: hooks become the balls of a serif face.
  package var closing = 0.0
  /// Whether thicker strokes get round corners.
  package var isRound = false
  /// Rise of the baseline's parabola, in ems, negative to bend the other way.
  package var bend = 0.0
  /// The position of the parabola's vertex: 0 at the left end, 1 at the right.
  package var bendMiddle = 0.5
  /// Factor on the parts above `upperStart`, such as signs on letters; 1 changes nothing.
  package var upper = 1.0
  /// Height above the baseline, in ems.
  package var upperStart = 0.55
  /// Factor on the parts below the baseline.
  package var lower = 1.0
  /// Largest change of a glyph's own width and height, as a share; the same at all positions in the word.
  package var glyphScale = 0.0
  /// Largest slope of a glyph's horizontals, upwards or downwards, in rows per column; the same at all positions in the
  /// word.
  package var glyphSlope = 0.0
  /// Factor on the size of small signs, such as anusvara.
  package var signScale = 1.0
  /// Rise of separate small signs, in ems.
  package var signRise = 0.0
  /// The degree to which Sinhala letters take traditional forms.
  package var forms = TraditionalForms()
  /// Largest shift of glyphs on top of other glyphs, in ems.
  package var markShift = 0.0
  /// Largest shift of the outlines by a smooth random field, in ems.
  package var wobble = 0.0
  /// Spacing of the field's points, in ems.
  package var wobbleCell = 0.5
  /// Numbers for the field, and for glyphs.
  package var seed: UInt64 = 0
  /// The seed as a Philox key.
  var key: SIMD2<UInt32> { SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)) }

  /// Unchanged outlines.
  package init() {}

  /// A variation from the whole range, where each kind of change is applied to some of the words.
  /// - Parameter nib: whether a broad nib follows the strokes of a thin face.
  package init(nib: Bool = false, _ random: inout KeyedRandom) {
    func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * Double(random.uniform()) }
    if random.chance(0.7) { width = uniform(0.8, 1.3) }
    if random.chance(0.4) { slant = uniform(-0.15, 0.3) }
    if nib {
      thickness = uniform(0.045, 0.12)
      penHeight = exp(uniform(log(0.02), log(0.3)))
      penAngle = uniform(0, .pi)
    } else {
      if random.chance(0.8) { thickness = exp(uniform(log(0.025), log(0.12))) }
      if random.chance(0.7) {
        penHeight = exp(uniform(log(0.04), 0))
        penAngle = uniform(0, .pi)
      }
    }
    if random.chance(0.4) { stress = uniform(0.02, 0.1) }
    if random.chance(0.3) { closing = uniform(0.03, 0.08) }
    isRound = random.chance(0.5)
    if random.chance(0.25) {
      bend = uniform(-0.25, 0.25)
      bendMiddle = uniform(0, 1)
    }
    if random.chance(0.7) {
      upper = uniform(0.2, 1.2)
      upperStart = uniform(0.5, 0.85)
      lower = uniform(0.6, 1.3)
    }
    if random.chance(0.6) {
      glyphScale = uniform(0, 0.15)
      markShift = uniform(0, 0.05)
    }
    if random.chance(0.6) { glyphSlope = uniform(0, 0.3) }
    if random.chance(0.5) { signScale = uniform(0.4, 1.2) }
    if random.chance(0.7) {
      wobbleCell = uniform(0.3, 0.9)
      wobble = uniform(0.01, 0.05 + 0.12 * (wobbleCell - 0.3))
    }
    if random.chance(0.4) { signRise = uniform(-0.05, 0.1) }
    if random.chance(0.5) { forms.foot = uniform(0.5, 1) }
    if random.chance(0.5) { forms.curl = uniform(0, 0.2) }
    if random.chance(0.5) {
      forms.arc = HoodArc(gap: uniform(0.03, 0.12), nesting: uniform(0, 1), tick: uniform(0, 1))
    } else if random.chance(0.3) {
      forms.hood = uniform(0.3, 0.7)
      forms.nesting = uniform(0.3, 1)
      forms.dome = uniform(0, 0.35)
    }
    seed = UInt64(random.nextUInt32())
  }
}
