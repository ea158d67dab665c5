import CPango
import Foundation

/// One face of a font: a file, and the description under which Pango finds it there.
package struct FontFace: Equatable, Sendable {
  /// As the user gave it: a family with an optional weight, or a path, and fallbacks.
  package fileprivate(set) var name: String
  package let file: String
  /// Family, weight, width and style in Pango's notation, without a size.
  let description: String
  /// Letters of the words for which the face has no glyph: known and accepted missing glyphs.
  package var lacking: Set<Unicode.Scalar> = []
  /// Faces for letters that it lacks, the first first.
  package var fallbacks: [FontFace] = []

  /// The family in its description.
  var family: String {
    let font = pango_font_description_from_string(description)
    defer { pango_font_description_free(font) }
    return pango_font_description_get_family(font).map { String(cString: $0) } ?? ""
  }

  /// Whether its file has a glyph for a letter.
  fileprivate func has(_ scalar: Unicode.Scalar) -> Bool {
    var count: Int32 = 0
    guard let pattern = FcFreeTypeQuery(file, 0, nil, &count) else { return false }
    defer { FcPatternDestroy(pattern) }
    var glyphs: OpaquePointer?
    return FcPatternGetCharSet(pattern, FC_CHARSET, 0, &glyphs) == FcResultMatch
      && FcCharSetHasChar(glyphs, scalar.value) != 0
  }

  /// Whether its strokes are hairlines, by its description.
  package var isThin: Bool {
    let font = pango_font_description_from_string(description)
    defer { pango_font_description_free(font) }
    return pango_font_description_get_weight(font).rawValue <= PANGO_WEIGHT_ULTRALIGHT.rawValue
  }

  /// The face's width as a share of the normal one, 0.5...2, by its description.
  var relativeWidth: Double {
    let font = pango_font_description_from_string(description)
    defer { pango_font_description_free(font) }
    return switch pango_font_description_get_stretch(font) {
    case PANGO_STRETCH_ULTRA_CONDENSED: 0.5
    case PANGO_STRETCH_EXTRA_CONDENSED: 0.625
    case PANGO_STRETCH_CONDENSED: 0.75
    case PANGO_STRETCH_SEMI_CONDENSED: 0.875
    case PANGO_STRETCH_SEMI_EXPANDED: 1.125
    case PANGO_STRETCH_EXPANDED: 1.25
    case PANGO_STRETCH_EXTRA_EXPANDED: 1.5
    case PANGO_STRETCH_ULTRA_EXPANDED: 2
    default: 1
    }
  }
}

/// Finds fonts through fontconfig. There is no substitution: a missing font is an error.
package enum FontCatalog {
  /// The Sinhala faces of Debian's `fonts-noto-core`.
  package static let defaultNames = [
    "Noto Sans Sinhala", "Noto Sans Sinhala Bold", "Noto Serif Sinhala", "Noto Serif Sinhala Bold",
  ]

  /// Families that `--fonts all` uses besides Noto.
  private static let otherFamilies = ["Gemunu Libre"]
  /// The share of the letters that a face may lack.
  private static let largestLack = 0.05

  /// Every installed face of a Noto family and of Gemunu Libre, in all weights and widths, that has glyphs for at least
  /// 95 % of the scalars, see ``FontFace/lacking``; sorted by file. For Sinhala, those of Debian's `fonts-noto-core`,
  /// `fonts-noto-ui-core`, `fonts-noto-extra` and `fonts-gemunu-libre`: others, such as LKLUG and FreeSerif, stay
  /// unseen for tests.
  /// - Parameter fallback: the names of faces, separated by " + ", whose letters the others need not have.
  /// - Throws: `TypesettingError.font` if no face has all.
  package static func all(
    covering scalars: some Sequence<Unicode.Scalar>, fallback: String? = nil
  ) throws(TypesettingError) -> [FontFace] {
    var fallbacks: [FontFace] = []
    for name in fallback?.split(separator: " + ", omittingEmptySubsequences: false) ?? [] {
      fallbacks.append(try face(String(name)))
    }
    let letters = scalars.filter { scalar in
      !scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isWhitespace
        && !fallbacks.contains { $0.has(scalar) }
    }
    let pattern = FcPatternCreate()
    defer { FcPatternDestroy(pattern) }
    var faces: [FontFace] = []
    for (file, description, has) in installed(pattern, letters: letters)
    where description.hasPrefix("Noto ") || otherFamilies.contains(where: description.hasPrefix) {
      let lacking = Set(zip(letters, has).filter { !$1 }.map(\.0))
      if Double(lacking.count) > largestLack * Double(letters.count) { continue }
      let face = FontFace(
        name: description, file: file, description: description, lacking: lacking, fallbacks: fallbacks)
      if !faces.contains(face) { faces.append(face) }
    }
    if !faces.contains(where: \.lacking.isEmpty) {
      throw .font(
        "all",
        why:
          "no installed Noto face has every letter of the words; install fonts-noto-core and fonts-noto-extra, or name "
          + "fonts, where a second one may have what the first lacks, as in \"Noto Sans Hebrew + Noto Sans\"")
    }
    return faces
  }

  /// Every installed face of a Noto family and of Gemunu Libre that has some of the letters, and those that it has; first the faces
  /// with most of them.
  static func installed(with letters: Set<Unicode.Scalar>) -> [(face: FontFace, letters: Set<Unicode.Scalar>)] {
    let letters = Array(letters)
    let pattern = FcPatternCreate()
    defer { FcPatternDestroy(pattern) }
    var faces: [(face: FontFace, letters: Set<Unicode.Scalar>)] = []
    for (file, description, has) in installed(pattern, letters: letters)
    where description.hasPrefix("Noto ") || otherFamilies.contains(where: description.hasPrefix) {
      let had = Set(zip(letters, has).filter(\.1).map(\.0))
      if !had.isEmpty { faces.append((FontFace(name: description, file: file, description: description), had)) }
    }
    return faces.enumerated()
      .sorted { ($1.element.letters.count, $0.offset) < ($0.element.letters.count, $1.offset) }.map(\.element)
  }

  /// The faces of the given names, in their order. A name that ends in .ttf, .otf or .ttc is a path; any other name is
  /// a family with an optional weight, width and slant ("Noto Sans Sinhala Condensed Bold"). " + " stands before a face that
  /// is to give the letters that the first lacks ("Noto Naskh Arabic + Noto Sans").
  /// - Throws: `TypesettingError.font`.
  package static func resolve(_ names: [String]) throws(TypesettingError) -> [FontFace] {
    if names.isEmpty { throw .option("no font is named; give --fonts at least one") }
    var faces: [FontFace] = []
    for name in names {
      var parts: [FontFace] = []
      for part in name.split(separator: " + ", omittingEmptySubsequences: false) {
        parts.append(try face(String(part)))
      }
      var face = parts.removeFirst()
      face.fallbacks = parts
      if let twin = faces.first(where: {
        $0.file == face.file && $0.description == face.description && $0.fallbacks == face.fallbacks
      }) {
        throw .font(name, why: "the same face as \"\(twin.name)\"; name each once")
      }
      if !parts.isEmpty { face.name = name }
      faces.append(face)
    }
    return faces
  }

  private static func face(_ text: String) throws(TypesettingError) -> FontFace {
    let name = text.trimmingCharacters(in: .whitespaces)
    if name == "all" { throw .font(name, why: "stands alone or first; name the fonts to combine it with others") }
    let isPath = [".ttf", ".otf", ".ttc"].contains { name.lowercased().hasSuffix($0) }
    return isPath ? try face(path: name) : try face(family: name)
  }

  private static func face(path: String) throws(TypesettingError) -> FontFace {
    var count: Int32 = 0
    guard let pattern = FcFreeTypeQuery(path, 0, nil, &count) else {
      throw .font(path, why: "no such file, or not a font; give the path of a .ttf or .otf file")
    }
    defer { FcPatternDestroy(pattern) }
    return FontFace(name: path, file: path, description: describe(pattern))
  }

  private static func face(family name: String) throws(TypesettingError) -> FontFace {
    let wanted = pango_font_description_from_string(name)
    defer { pango_font_description_free(wanted) }
    let candidates = pango_font_description_get_family(wanted).map { installed(family: String(cString: $0)) } ?? []
    if candidates.isEmpty {
      throw .font(
        name,
        why: "not installed; install its package (apt-get install \(package(ofFamily: name))), "
          + "or give the path of a .ttf or .otf file")
    }
    let (weight, slant) = (pango_font_description_get_weight(wanted), pango_font_description_get_style(wanted))
    let width = pango_font_description_get_stretch(wanted)
    for candidate in candidates {
      let found = pango_font_description_from_string(candidate.description)
      defer { pango_font_description_free(found) }
      if pango_font_description_get_weight(found) == weight && pango_font_description_get_style(found) == slant
        && pango_font_description_get_stretch(found) == width
      {
        return FontFace(name: name, file: candidate.file, description: candidate.description)
      }
    }
    let present = candidates.map(\.description).joined(separator: ", ")
    throw .font(name, why: "the family is installed, but not this weight, width and slant; there is: \(present)")
  }

  /// A family of Noto that has a letter of many texts in other scripts; nil for others.
  static func family(with scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0x21..<0x530, 0x1E00..<0x2000, 0x2010..<0x2070, 0x20A0..<0x20C0: "Noto Sans"
    case 0x2E80..<0xA4D0, 0xAC00..<0xD7B0, 0xF900..<0xFB00, 0xFF00..<0xFFF0: "Noto Sans CJK SC"
    default: nil
    }
  }

  /// Debian's package of a family.
  static func package(ofFamily name: String) -> String {
    for (part, package) in [
      (" CJK ", "fonts-noto-cjk"), ("Noto Color Emoji", "fonts-noto-color-emoji"),
      ("Gemunu Libre", "fonts-gemunu-libre"),
      ("LKLUG", "fonts-lklug-sinhala"), ("Free", "fonts-freefont-ttf"), ("DejaVu", "fonts-dejavu"),
      ("Condensed", "fonts-noto-extra"), ("SemiBold", "fonts-noto-extra"), ("ExtraBold", "fonts-noto-extra"),
      ("Light", "fonts-noto-extra"), ("Medium", "fonts-noto-extra"), ("Thin", "fonts-noto-extra"),
    ] where "\(name) ".contains(part) {
      return package
    }
    return "fonts-noto-core"
  }

  /// The faces of a family, in all weights, sorted by file and description.
  private static func installed(family: String) -> [(file: String, description: String)] {
    let pattern = FcPatternCreate()
    defer { FcPatternDestroy(pattern) }
    FcPatternAddString(pattern, FC_FAMILY, family)
    return installed(pattern).map { ($0.file, $0.description) }
  }

  /// The faces that match a pattern, sorted by file and description, and the letters that each has.
  private static func installed(
    _ pattern: OpaquePointer?, letters: [Unicode.Scalar] = []
  ) -> [(file: String, description: String, has: [Bool])] {
    let fields = FcObjectSetCreate()
    defer { FcObjectSetDestroy(fields) }
    for field in [FC_FAMILY, FC_WEIGHT, FC_SLANT, FC_WIDTH, FC_FILE, FC_VARIABLE, FC_CHARSET] {
      FcObjectSetAdd(fields, field)
    }
    guard let set = FcFontList(nil, pattern, fields) else { return [] }
    defer { FcFontSetDestroy(set) }
    var faces: [(file: String, description: String, has: [Bool])] = []
    for i in 0..<Int(set.pointee.nfont) {
      guard let font = set.pointee.fonts[i] else { continue }
      // For a variable font, fontconfig lists the range and each named instance; only the instances are used.
      var variable: FcBool = 0
      if FcPatternGetBool(font, FC_VARIABLE, 0, &variable) == FcResultMatch && variable != 0 { continue }
      var file: UnsafeMutablePointer<FcChar8>?
      guard FcPatternGetString(font, FC_FILE, 0, &file) == FcResultMatch, let file else { continue }
      var glyphs: OpaquePointer?
      guard FcPatternGetCharSet(font, FC_CHARSET, 0, &glyphs) == FcResultMatch else { continue }
      faces.append(
        (String(cString: file), describe(font), letters.map { FcCharSetHasChar(glyphs, $0.value) != 0 }))
    }
    return faces.sorted { ($0.file, $0.description) < ($1.file, $1.description) }
  }

  private static func describe(_ pattern: OpaquePointer) -> String {
    let description = pango_fc_font_description_from_pattern(pattern, 0)
    defer { pango_font_description_free(description) }
    let text = pango_font_description_to_string(description)!
    defer { g_free(text) }
    return String(cString: text)
  }
}
