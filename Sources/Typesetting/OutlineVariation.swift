import Tensors

/// How the outlines of a word differ from what its font says. With many of these, few fonts stand for many. What is left to
/// do with pixels, such as blur, is no concern of it.
public struct OutlineVariation: Equatable, Sendable {
  /// Factor on the width; the renderer does not make a condensed face narrower than 0.6 of a normal one.
  public var width = 1.0
  /// Slant to the right: columns per row.
  public var slant = 0.0
  /// Thicker, or with a negative number thinner, strokes: a share of the mean thickness, -1...1.
  public var weight = 0.0
  /// The pen that makes strokes thicker or thinner: its height as a share of its width, above 0...1. A flat pen changes the
  /// contrast between strokes.
  public var penHeight = 1.0
  /// The pen's turn, in radians.
  public var penAngle = 0.0
  /// Whether thicker strokes get round corners.
  public var isRound = false
  /// Rise of the baseline's parabola, in ems, negative to bend the other way.
  public var bend = 0.0
  /// Where the parabola's vertex is: 0 at the left end, 1 at the right.
  public var bendMiddle = 0.5
  /// Largest shift of the outlines by a soft random field, in ems.
  public var wobble = 0.0
  /// Distance of the field's points, in ems.
  public var wobbleCell = 0.5
  /// Numbers for the field.
  public var wobbleSeed: UInt64 = 0

  /// The outlines as they are.
  public init() {}

  /// A variation from the whole range, in which each kind of change is made to some of the words.
  public init(_ random: inout KeyedRandom) {
    func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * Double(random.uniform()) }
    if random.chance(0.7) { width = uniform(0.8, 1.3) }
    if random.chance(0.4) { slant = uniform(-0.15, 0.3) }
    if random.chance(0.7) { weight = uniform(-0.4, 0.8) }
    if random.chance(0.5) {
      penHeight = uniform(0.25, 1)
      penAngle = uniform(0, .pi)
    }
    isRound = random.chance(0.5)
    if random.chance(0.25) {
      bend = uniform(-0.25, 0.25)
      bendMiddle = uniform(0, 1)
    }
    if random.chance(0.5) {
      wobble = uniform(0.01, 0.035)
      wobbleCell = uniform(0.3, 0.9)
      wobbleSeed = UInt64(random.nextUInt32())
    }
  }
}
