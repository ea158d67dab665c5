/// The degree to which Sinhala letters take the forms of traditional faces, those of books and newspapers. These draw
/// some letters differently from the sans serif and low-contrast faces of today:
/// - The bowl of න begins in a foot near the baseline, which the diagonal meets. In today's faces it begins half-way
///   up.
/// - The inner end of ට is higher, and curls.
/// - An al-lakuna that is a hood, as on ට ම ව, or that of ේ, follows its letter's round top closely, and both together
///   are hardly higher than the letter alone. It may be a plain arc, which leaves the letter's outline at the right:
///   see ``HoodArc``.
///
/// Today's faces get these forms by moving parts of their letters up and down; letters that a face draws as several
/// glyphs are unchanged.
package struct TraditionalForms: Equatable, Sendable {
  /// How far the left end of න's bowl descends: 0 not at all, 1 to the baseline.
  package var foot = 0.0
  /// Rise of the inner end of ට, as a share of the letter's height.
  package var curl = 0.0
  /// Factor on the height of signs above the letter.
  package var hood = 1.0
  /// How much letters make room for their hoods: 0 not at all, 1 so that both together are as high as the letter alone.
  package var nesting = 0.0
  /// How much lower the sides of letters with hoods are than their middle, as a share of a letter's height.
  package var dome = 0.0
  /// The hood as a separate arc; nil for the face's own, changed as above.
  package var arc: HoodArc?

  /// The face's own letters.
  package init() {}

  /// The height at which the bowl of න begins in today's faces, as a share of the letter's height.
  private static let junction = 0.42
  /// The height up to which it changes, as the same share.
  private static let highest = 0.75
  /// The distance from its left edge up to which it changes, as the same share.
  private static let reach = 0.7
  /// The height at which ට ends in today's faces, and the heights between which it changes, as shares of its height.
  private static let inner = (lowest: 0.15, end: 0.55, highest: 0.85)
  /// Parts below this height make no room for a hood, as a share of the letter's height.
  private static let body = 0.45

  /// Whether the letter of a cluster changes.
  func applies(to cluster: [Unicode.Scalar]) -> Bool {
    if TraditionalForms.hasHood(cluster) && (hood != 1 || nesting > 0 || dome > 0 || arc != nil) { return true }
    return switch cluster.first {
    case "න": foot > 0
    case "ට": curl > 0
    default: false
    }
  }

  /// The new height of a point, above the baseline, of a changed letter of a cluster.
  /// - Parameters:
  ///   - height: the height of the point, in any unit.
  ///   - x: its distance from the letter's left edge.
  ///   - letter: the height of the letter without signs.
  ///   - size: the width and height of the glyph.
  func height(
    _ height: Double, x: Double, letter: Double, size: SIMD2<Double>, in cluster: [Unicode.Scalar]
  ) -> Double {
    var share = height / letter
    switch cluster.first {
    case "න": share = lowered(share, at: x / letter)
    case "ට": share = curled(share, at: x / size.x)
    default: break
    }
    if TraditionalForms.hasHood(cluster) { share = nested(share, at: x / size.x, top: size.y / letter) }
    return share * letter
  }

  private func lowered(_ height: Double, at x: Double) -> Double {
    let (junction, highest) = (TraditionalForms.junction, TraditionalForms.highest)
    guard height > 0, height < highest, x < TraditionalForms.reach else { return height }
    let low = junction * (1 - foot * (1 - smoothstep(max(0, x / TraditionalForms.reach))))
    return height < junction
      ? height * low / junction
      : low + (height - junction) / (highest - junction) * (highest - low)
  }

  private func curled(_ height: Double, at x: Double) -> Double {
    let (lowest, end, highest) = TraditionalForms.inner
    guard height > lowest, height < highest else { return height }
    let high = end + curl * (1 - min(1, max(0, (x - 0.35) / 0.4)))
    return height < end
      ? lowest + (height - lowest) * (high - lowest) / (end - lowest)
      : high + (height - end) * (highest - high) / (highest - end)
  }

  private func nested(_ height: Double, at x: Double, top: Double) -> Double {
    let body = TraditionalForms.body
    guard top > 1, height > body else { return height }
    let close = height > 1 ? 1 + hood * (height - 1) : height
    let highest = 1 + hood * (top - 1)
    let nested = body + (close - body) * (1 + nesting * ((1 - body) / (highest - body) - 1))
    return nested - dome * (2 * x - 1) * (2 * x - 1) * (nested - body) / (1 - body)
  }

  /// Whether the cluster is a letter with an al-lakuna that is a hood.
  static func hasHood(_ cluster: [Unicode.Scalar]) -> Bool {
    // ේ consists of two signs, the second of which is al-lakuna; in ෝ it is above the ා. Before a joiner, it joins
    // letters.
    guard let letter = cluster.first, hooded.contains(letter) else { return false }
    return cluster.contains(SinhalaOrthography.alLakuna) && !cluster.contains(SinhalaOrthography.zeroWidthJoiner)
      && !cluster.contains("\u{0DCF}")
  }

  /// Letters whose al-lakuna is a hood; that of others is a flag.
  private static let hooded: Set<Unicode.Scalar> = ["ඛ", "ඞ", "ච", "ඣ", "ට", "ඩ", "ඬ", "ධ", "බ", "ඹ", "ම", "ව"]
}
