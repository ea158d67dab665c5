/// How far Sinhala letters take the forms of traditional faces, those of books and newspapers, which draw some in another way
/// than the sans serif and low-contrast faces of today:
/// - The diagonal of න ends in a foot on the baseline. Today's faces let it meet the bowl half-way up, where ත has its notch.
/// - An al-lakuna that is a hood, as on ට ම ව, or that of ේ, follows its letter's round top closely, and both together are
///   hardly higher than the letter alone.
///
/// Today's faces are given these forms by moving parts of their letters up and down; what a face draws as several glyphs
/// stays.
public struct TraditionalForms: Equatable, Sendable {
  /// How far the end of න's diagonal comes down: 0 not at all, 1 to the baseline.
  public var foot = 0.0
  /// Factor on the height of what stands above the letter.
  public var hood = 1.0
  /// How much letters make room for their hoods: 0 not at all, 1 so that both together are as high as the letter alone.
  public var nesting = 0.0
  /// How much lower letters with hoods are at both sides than in the middle, as a share of a letter's height.
  public var dome = 0.0

  /// Letters as the face has them.
  public init() {}

  /// Where today's faces let න's diagonal meet the bowl, as a share of the letter's height.
  private static let junction = 0.42
  /// Up to here, as the same share, the letter changes.
  private static let highest = 0.75
  /// What is lower makes no room for a hood, as a share of the letter's height.
  private static let body = 0.45
  /// How far from its left edge, as the same share, the letter changes.
  private static let reach = 0.7

  /// Whether the letter of a cluster changes.
  func applies(to cluster: [Unicode.Scalar]) -> Bool {
    if TraditionalForms.hasHood(cluster) { return hood != 1 || nesting > 0 || dome > 0 }
    return foot > 0 && TraditionalForms.hasFoot(cluster)
  }

  /// The new height of a point, above the baseline, of a cluster's letter that changes.
  /// - Parameters:
  ///   - height: the point's, in any unit.
  ///   - x: its distance from the letter's left edge.
  ///   - letter: the height of the letter without signs.
  ///   - size: the width and height of the glyph.
  func height(
    _ height: Double, x: Double, letter: Double, size: SIMD2<Double>, in cluster: [Unicode.Scalar]
  ) -> Double {
    if TraditionalForms.hasHood(cluster) {
      return nested(height / letter, at: x / size.x, top: size.y / letter) * letter
    }
    return lowered(height / letter, at: x / letter) * letter
  }

  private func nested(_ height: Double, at x: Double, top: Double) -> Double {
    let body = TraditionalForms.body
    guard top > 1, height > body else { return height }
    let close = height > 1 ? 1 + hood * (height - 1) : height
    let highest = 1 + hood * (top - 1)
    let nested = body + (close - body) * (1 + nesting * ((1 - body) / (highest - body) - 1))
    return nested - dome * (2 * x - 1) * (2 * x - 1) * (nested - body) / (1 - body)
  }

  private func lowered(_ height: Double, at x: Double) -> Double {
    let (junction, highest) = (TraditionalForms.junction, TraditionalForms.highest)
    guard height > 0, height < highest, x < TraditionalForms.reach else { return height }
    let t = max(0, x / TraditionalForms.reach)
    let low = junction * (1 - foot * (1 - t * t * (3 - 2 * t)))
    return height < junction
      ? height * low / junction
      : low + (height - junction) / (highest - junction) * (highest - low)
  }

  private static func hasFoot(_ cluster: [Unicode.Scalar]) -> Bool { cluster.first == "න" }

  private static func hasHood(_ cluster: [Unicode.Scalar]) -> Bool {
    // ේ is two signs, the second of which is al-lakuna; that of ෝ stands on its ා. With a joiner, there is none to see.
    guard let letter = cluster.first, hooded.contains(letter) else { return false }
    return cluster.contains(SinhalaOrthography.alLakuna) && !cluster.contains(SinhalaOrthography.zeroWidthJoiner)
      && !cluster.contains("\u{0DCF}")
  }

  /// Letters whose al-lakuna is a hood; that of others is a flag.
  private static let hooded: Set<Unicode.Scalar> = ["ඛ", "ඞ", "ච", "ඣ", "ට", "ඩ", "ඬ", "ධ", "බ", "ඹ", "ම", "ව"]
}
