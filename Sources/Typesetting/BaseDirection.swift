/// The direction in which the words of a line are set: Unicode Standard Annex 9, rules P2 and P3.
package enum BaseDirection: String, CaseIterable, Sendable {
  /// That of a line's first strong letter.
  case auto
  case ltr
  case rtl
}
