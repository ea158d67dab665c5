import Foundation

/// A letter with its signs, and their glyphs.
struct GlyphCluster {
  /// In the order of the text, decomposed.
  let scalars: [Unicode.Scalar]
  /// Separate glyphs of signs.
  private let signs: Set<UInt32>
  /// The glyph that shows the letter, and may show signs as well; nil if there are only signs.
  let letterGlyph: UInt32?

  /// - Parameters:
  ///   - text: the text of the cluster.
  ///   - glyphs: its glyphs, from left to right.
  ///   - nominalGlyph: the face's glyph for a single scalar.
  init(_ text: String, glyphs: [UInt32], nominalGlyph: (Unicode.Scalar) -> UInt32) {
    let scalars = Array(text.decomposedStringWithCanonicalMapping.unicodeScalars)
    let signs = Set(scalars.filter(\.isSign).map(nominalGlyph))
    self.scalars = scalars
    self.signs = signs
    let letter = scalars.first.map(nominalGlyph)
    letterGlyph = glyphs.first { $0 == letter && !signs.contains($0) } ?? glyphs.first { !signs.contains($0) }
  }

  /// Whether the glyph shows a sign only.
  func isSign(_ glyph: UInt32) -> Bool { signs.contains(glyph) }
}

extension Unicode.Scalar {
  /// Whether it is a mark: a vowel sign, al-lakuna, anusvara.
  fileprivate var isSign: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }
}
