import Images
import Testing
import Typesetting

@Suite struct FontCatalogTests {
  @Test func defaultFacesAreFourFilesAndNoneIsHeldOut() throws {
    let faces = try FontCatalog.resolve(FontCatalog.defaultNames)
    #expect(Set(faces.map(\.file)).count == 4)
    for face in faces {
      #expect(face.file.contains("Noto") && face.file.contains("Sinhala"))
      #expect(face.file.contains("Bold") == face.name.contains("Bold"))
      #expect(face.file.contains("Serif") == face.name.contains("Serif"))
    }
  }

  @Test(arguments: ["No Such Family", "Noto Sans Sinhal", ""])
  func missingFamilyNamesFontAndPackage(name: String) throws {
    let error = try #require(throws: TypesettingError.self) { try FontCatalog.resolve([name]) }
    #expect("\(error)".contains("\"\(name)\"") && "\(error)".contains("fonts-noto-core"))
    #expect(!"\(error)".contains("\n"))
  }

  @Test(arguments: ["Noto Sans Sinhala Semi-Light", "Noto Sans Sinhala Italic", "Noto Sans Sinhala Bold Oblique"])
  func missingWeightOrSlantIsNotSubstituted(name: String) throws {
    let error = try #require(throws: TypesettingError.self) { try FontCatalog.resolve([name]) }
    #expect("\(error)".contains(name) && "\(error)".contains("Noto Sans Sinhala Bold"))
  }

  @Test func pathGivesTheSamePicturesAsTheName() throws {
    let named = try FontCatalog.resolve(["Noto Serif Sinhala Bold"])
    let path = try FontCatalog.resolve([named[0].file])
    let appearance = WordAppearance(size: 31)
    let (a, b) = (try WordRenderer(faces: named), try WordRenderer(faces: path))
    #expect(
      try a.render("ප්‍රඥාව", face: 0, appearance: appearance) == b.render("ප්‍රඥාව", face: 0, appearance: appearance))
  }

  @Test func packagesOfFamilies() throws {
    for (name, package) in [
      ("Noto Sans CJK XX", "fonts-noto-cjk"), ("LKLUG Bold X", "fonts-lklug-sinhala"),
      ("Noto Sans XX Light", "fonts-noto-extra"),
      ("FreeX", "fonts-freefont-ttf"), ("Noto Serif XX", "fonts-noto-core"),
    ] {
      let error = try #require(throws: TypesettingError.self) { try FontCatalog.resolve([name]) }
      #expect("\(error)".contains("apt-get install \(package))"), "\(error)")
    }
  }

  /// Letters that a face lacks come from the face behind it, and only these.
  @Test func fallbackFaces() throws {
    let faces = try FontCatalog.resolve(["Noto Sans Hebrew + Noto Sans", "Noto Sans Hebrew", "Noto Sans"])
    #expect(faces[0].fallbacks == [faces[2]] && faces[0].name == "Noto Sans Hebrew + Noto Sans")
    let renderer = try WordRenderer(faces: faces)
    let appearance = WordAppearance(size: 40)
    #expect(renderer.has("x", face: 0) && !renderer.has("x", face: 1))
    #expect(throws: TypesettingError.self) { try renderer.render("\u{5D0}x", face: 1, appearance: appearance) }
    #expect(
      try renderer.render("\u{5D0}\u{5D1}", face: 0, appearance: appearance)
        == renderer.render("\u{5D0}\u{5D1}", face: 1, appearance: appearance))
    #expect(
      try renderer.render("xy", face: 0, appearance: appearance)
        == renderer.render("xy", face: 2, appearance: appearance))
    _ = try renderer.render("\u{5D0} (xy)", face: 0, appearance: appearance)
    let twice = try #require(throws: TypesettingError.self) {
      try FontCatalog.resolve(["Noto Sans Hebrew + Noto Sans", "Noto Sans Hebrew + Noto Sans"])
    }
    #expect("\(twice)".contains("name each once"))
    for name in ["Noto Sans + ", " + Noto Sans", "Noto Sans + No Such Family"] {
      #expect(throws: TypesettingError.self) { try FontCatalog.resolve([name]) }
    }
  }

  /// The base direction decides where the words of a line stand.
  @Test func baseDirection() throws {
    let faces = try FontCatalog.resolve(["Noto Sans Hebrew + Noto Sans"])
    func image(_ text: String, _ direction: BaseDirection) throws -> GrayImage {
      try WordRenderer(faces: faces, direction: direction).render(text, face: 0, appearance: WordAppearance(size: 40))
    }
    let (left, right) = ("\u{5D0}\u{5D1} ab", "ab \u{5D0}\u{5D1}")
    #expect(try image(left, .auto) == image(left, .rtl) && image(left, .auto) != image(left, .ltr))
    #expect(try image(right, .auto) == image(right, .ltr) && image(right, .auto) != image(right, .rtl))
  }

  @Test(arguments: ["/no/such/font.ttf", #filePath + ".otf"])
  func badPathIsAnError(path: String) throws {
    let error = try #require(throws: TypesettingError.self) { try FontCatalog.resolve([path]) }
    #expect("\(error)".contains(path))
  }

  @Test func noFontAndTwiceTheSameAreErrors() throws {
    #expect(throws: TypesettingError.self) { try FontCatalog.resolve([]) }
    #expect(throws: TypesettingError.self) { try FontCatalog.resolve(["Noto Sans Sinhala", "noto sans sinhala"]) }
  }

  @Test func allFacesHoldNoHeldOutFont() throws {
    let faces = try FontCatalog.all(covering: SinhalaOrthography.consonants + SinhalaOrthography.vowelSigns)
    #expect(faces.count >= 4 && Set(faces.map(\.name)).count == faces.count)
    #expect(faces.allSatisfy { $0.file.contains("Noto") && $0.file.contains("Sinhala") || $0.file.contains("Gemunu") })
    for face in try FontCatalog.resolve(FontCatalog.defaultNames) {
      let same = try #require(faces.first { $0.file == face.file })
      #expect(same.lacking.isEmpty && !same.isThin)
    }
  }

  /// A face may lack a twentieth of the letters, where another has all.
  @Test func aFaceMayLackALetter() throws {
    // Of the faces in fonts-noto-core, Noto Sans has U+1D00, and Noto Sans Symbols does not.
    let latin = (UInt32(0x61)...0x7A).map { Unicode.Scalar($0)! }
    let faces = try FontCatalog.all(covering: latin + ["\u{1D00}"])
    #expect(faces.contains { $0.lacking == ["\u{1D00}"] } && faces.contains { $0.lacking.isEmpty })
    #expect(faces.allSatisfy { $0.lacking.count <= 1 })
  }

  /// Another face has the letters that the faces of a script lack.
  @Test func anotherFaceHasTheOtherLetters() throws {
    let letters: [Unicode.Scalar] = ["ක", "A", "Ж"]
    #expect(throws: TypesettingError.self) { try FontCatalog.all(covering: letters) }
    let faces = try FontCatalog.all(covering: letters, fallback: "Noto Sans")
    #expect(faces.count >= 4 && faces.allSatisfy { $0.fallbacks.map(\.name) == ["Noto Sans"] && $0.lacking.isEmpty })
    #expect(throws: TypesettingError.self) { try FontCatalog.all(covering: letters, fallback: "No Such Family") }
  }

  @Test func noFaceHasEverything() throws {
    let error = try #require(throws: TypesettingError.self) { try FontCatalog.all(covering: ["ක", "த"]) }
    #expect("\(error)".contains("fonts-noto-extra"))
  }
}
