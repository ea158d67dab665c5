import Testing
import Typesetting

/// What makes Sinhala more than letters in a row, in each of the default faces.
@Suite struct ShapingTests {
  private let faces: [FontFace]
  private let renderer: WordRenderer

  init() throws {
    faces = try FontCatalog.resolve(FontCatalog.defaultNames)
    renderer = try WordRenderer(faces: faces)
  }

  private func glyphs(_ word: String, _ face: Int) throws -> [UInt32] {
    try renderer.shape(word, face: face).map(\.glyph)
  }

  private func width(_ word: String, _ face: Int, letterSpacing: Float = 0) throws -> Float {
    try renderer.shape(word, face: face, letterSpacing: letterSpacing).reduce(0) { $0 + $1.width }
  }

  @Test func joinedConjunctIsNarrowerThanAlLakuna() throws {
    for face in faces.indices {
      #expect(try width("ශ්\u{200D}රී", face) < 0.8 * width("ශ්රී", face), "\(faces[face].name)")
      let (joined, apart) = (
        try renderer.render("ශ්\u{200D}රී", face: face, appearance: WordAppearance()),
        try renderer.render("ශ්රී", face: face, appearance: WordAppearance())
      )
      #expect(joined.width < apart.width)
    }
  }

  @Test func kombuvaStandsLeftOfItsConsonant() throws {
    for face in faces.indices {
      let consonant = try glyphs("ක", face)
      let syllable = try renderer.shape("කෙ", face: face)
      #expect(consonant.count == 1 && syllable.count == 2)
      #expect(syllable[1].glyph == consonant[0] && syllable[0].glyph != consonant[0])
      // Both belong to the cluster that starts with ක.
      #expect(syllable.map(\.cluster) == [0, 0])
      // ො has a part on either side.
      let split = try glyphs("කො", face)
      #expect(split.count == 3 && split[0] == syllable[0].glyph && split[1] == consonant[0])
    }
  }

  @Test func everyConjunctOfTheGeneratorForms() throws {
    for face in faces.indices {
      for conjunct in SinhalaClusterGenerator.conjuncts {
        for position in joiners(conjunct) {
          let apart = removing(position, conjunct)
          #expect(try glyphs(conjunct, face) != glyphs(apart, face), "\(conjunct) in \(faces[face].name)")
        }
      }
    }
  }

  /// A joiner that changes nothing in the picture could not be learnt.
  @Test func everyJoinerOfTheWordsShows() throws {
    for face in faces.indices {
      for word in SinhalaWords.all {
        for position in joiners(word) {
          #expect(try glyphs(word, face) != glyphs(removing(position, word), face), "\(word) in \(faces[face].name)")
        }
      }
    }
  }

  @Test func noTwoLettersLookAlike() throws {
    let words =
      SinhalaOrthography.independentVowels.map { String($0) } + SinhalaOrthography.consonants.map { String($0) }
      + SinhalaOrthography.vowelSigns.map { "ක" + String($0) } + ["ක\u{0DCA}", "ක\u{0D82}", "ක\u{0D83}"]
    for face in faces.indices {
      var images: [[UInt8]: String] = [:]
      for word in words {
        let image = try renderer.render(word, face: face, appearance: WordAppearance(size: 40))
        let key = [UInt8(truncatingIfNeeded: image.width)] + image.pixels
        if let twin = images.updateValue(word, forKey: key) {
          Issue.record("\(word) looks like \(twin) in \(faces[face].name)")
        }
      }
    }
  }

  /// HarfBuzz takes the advance of ා, ැ and ෑ in LKLUG, which classes them as marks; the next letter must not cover them.
  @Test(.enabled(if: isInstalled("LKLUG"), "not installed: apt-get install fonts-lklug-sinhala"))
  func signsRightOfTheirLetterKeepTheirRoom() throws {
    let renderer = try WordRenderer(faces: FontCatalog.resolve(["LKLUG"]))
    func width(_ word: String, letterSpacing: Float = 0) throws -> Float {
      try renderer.shape(word, face: 0, letterSpacing: letterSpacing).reduce(0) { $0 + $1.width }
    }
    for sign in ["\u{0DCF}", "\u{0DD0}", "\u{0DD1}"] {
      #expect(try width("ක" + sign) > width("ක") + 6, "\(sign)")
      #expect(try width("ක" + sign + "ක") == width("ක" + sign) + width("ක"))
      #expect(try width("ක" + sign, letterSpacing: 2) >= width("ක" + sign))
      let (one, two) = (
        try renderer.render("ක" + sign, face: 0, appearance: WordAppearance()),
        try renderer.render("ක" + sign + "ක", face: 0, appearance: WordAppearance())
      )
      #expect(two.width > one.width + 12)
    }
    // ො and ෝ are made of ෙ, ා and al-lakuna.
    #expect(try width("කො") > width("කෙ") + 6 && width("කෝ") == width("කො"))
    // What takes no room keeps taking none.
    #expect(try width("කි") == width("ක") && width("ක්") == width("ක"))
  }

  /// A label says what the picture shows: a joiner that a face does not draw is not in it.
  @Test(.enabled(if: isInstalled("FreeSerif"), "not installed: apt-get install fonts-freefont-ttf"))
  func joinersThatDoNotShowAreLeftOut() throws {
    let renderer = try WordRenderer(faces: FontCatalog.resolve(["FreeSerif", "Noto Sans Sinhala"]))
    let word = "ඤ්\u{200D}චක්\u{200D}ර"
    #expect(try renderer.shown(word, face: 0) == "ඤ්චක්\u{200D}ර")
    #expect(try renderer.shown(word, face: 1) == word)
    let image = WordImage(text: word, face: 0, appearance: WordAppearance())
    #expect(try renderer.draw(image).text == "ඤ්චක්\u{200D}ර")
    for word in SinhalaWords.all { #expect(try renderer.shown(word, face: 1) == word) }
  }

  @Test func everyBundledWordCanBeDrawn() throws {
    for face in faces.indices {
      for word in SinhalaWords.all { #expect(throws: Never.self) { try renderer.shape(word, face: face) } }
    }
  }

  @Test func letterSpacingKeepsConjuncts() throws {
    for face in faces.indices {
      for word in SinhalaWords.all.prefix(200) + ["ක්‍ෂත්‍රිය", "ශ්‍රේෂ්ඨ", "ඉන්‍ද්‍ර", "ධර්‍ම"] {
        let spaced = try renderer.shape(word, face: face, letterSpacing: 2)
        #expect(spaced.map(\.glyph) == (try glyphs(word, face)), "\(word)")
      }
      #expect(try width("සහෝදරයා", face, letterSpacing: 2) > width("සහෝදරයා", face) + 6)
    }
  }

  @Test(arguments: [("தமிழ்", "U+0BA4"), ("සිංහල😀", "U+1F600"), ("漢", "U+6F22")])
  func missingGlyphIsAnError(word: String, codePoint: String) throws {
    let error = try #require(throws: TypesettingError.self) {
      try renderer.render(word, face: 0, appearance: WordAppearance())
    }
    #expect("\(error)".contains(word) && "\(error)".contains(codePoint) && "\(error)".contains("Noto Sans Sinhala"))
  }

  @Test(arguments: ["\u{0DD2}කක", "ක\u{0DCF}\u{0DCF}\u{0DD2}"])
  func signWithoutLetterIsAnError(word: String) throws {
    let error = try #require(throws: TypesettingError.self) {
      try renderer.render(word, face: 0, appearance: WordAppearance())
    }
    #expect("\(error)".contains("dotted circle"))
  }

  private func joiners(_ word: String) -> [Int] {
    word.unicodeScalars.enumerated().filter { $0.element == "\u{200D}" }.map(\.offset)
  }

  private func removing(_ position: Int, _ word: String) -> String {
    var scalars = Array(word.unicodeScalars)
    scalars.remove(at: position)
    return String(String.UnicodeScalarView(scalars))
  }
}

private func isInstalled(_ font: String) -> Bool { (try? FontCatalog.resolve([font])) != nil }
