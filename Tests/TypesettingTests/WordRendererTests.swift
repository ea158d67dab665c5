import Images
import Tensors
import Testing
import Typesetting

@Suite struct WordRendererTests {
  private let renderer: WordRenderer

  init() throws {
    renderer = try WordRenderer(faces: FontCatalog.resolve(["Noto Sans Sinhala", "Noto Serif Sinhala Bold"]))
  }

  private func hasInk(_ image: GrayImage, x: Range<Int>, y: Range<Int>) -> Bool {
    y.contains { y in x.contains { x in image[x, y] < 255 } }
  }

  @Test func cropKeepsAllInkAndPaddingIsWhite() throws {
    for word in ["ශ්‍රී", "ක්‍රීඩාංගණය", "කෝච්චිය", "ළූ", "ද"] {
      for face in 0..<2 {
        let tight = try renderer.render(word, face: face, appearance: WordAppearance(size: 37))
        let (w, h) = (tight.width, tight.height)
        // Ink reaches each side: nothing white was left, and the row beyond was empty.
        #expect(hasInk(tight, x: 0..<1, y: 0..<h) && hasInk(tight, x: w - 1..<w, y: 0..<h))
        #expect(hasInk(tight, x: 0..<w, y: 0..<1) && hasInk(tight, x: 0..<w, y: h - 1..<h))
        let padded = try renderer.render(
          word, face: face, appearance: WordAppearance(size: 37, left: 3, right: 5, top: 7, bottom: 11))
        #expect(padded.width == w + 8 && padded.height == h + 18)
        #expect(!hasInk(padded, x: 0..<3, y: 0..<h + 18) && !hasInk(padded, x: w + 3..<w + 8, y: 0..<h + 18))
        #expect(!hasInk(padded, x: 0..<w + 8, y: 0..<7) && !hasInk(padded, x: 0..<w + 8, y: h + 7..<h + 18))
        for y in 0..<h {
          for x in 0..<w where tight[x, y] != padded[x + 3, y + 7] {
            Issue.record("\(word): the padded picture differs at \(x), \(y)")
            return
          }
        }
        // Black is reached, and edges are smooth.
        #expect(tight.pixels.min()! < 30 && tight.pixels.contains { (60..<200).contains($0) })
      }
    }
  }

  @Test func leadingAddsHeightOnly() throws {
    let tight = try renderer.render("නම", face: 0, appearance: WordAppearance(size: 30))
    let loose = try renderer.render("නම", face: 0, appearance: WordAppearance(size: 30, leading: 1))
    #expect(loose.width == tight.width && loose.height > tight.height + 5)
    #expect(darkness(loose) == darkness(tight))
  }

  private func darkness(_ image: GrayImage) -> Int {
    image.pixels.reduce(0) { (sum: Int, value: UInt8) in sum + 255 - Int(value) }
  }

  @Test func picturesDoNotDependOnWhatWasDrawnBefore() throws {
    let appearance = WordAppearance(size: 33, letterSpacing: 0.7, left: 2)
    let first = try renderer.render("විශ්වවිද්‍යාලය", face: 0, appearance: appearance)
    _ = try renderer.render("අ", face: 1, appearance: WordAppearance(size: 61))
    _ = try renderer.render("ක්‍රීඩා", face: 0, appearance: WordAppearance(size: 12))
    #expect(try renderer.render("විශ්වවිද්‍යාලය", face: 0, appearance: appearance) == first)
    let other = try WordRenderer(faces: FontCatalog.resolve(["Noto Sans Sinhala"]))
    #expect(try other.render("විශ්වවිද්‍යාලය", face: 0, appearance: appearance) == first)
  }

  @Test func sizeAndFaceShow() throws {
    let small = try renderer.render("ගම", face: 0, appearance: WordAppearance(size: 20))
    let large = try renderer.render("ගම", face: 0, appearance: WordAppearance(size: 40))
    #expect(abs(large.width - 2 * small.width) <= 3 && abs(large.height - 2 * small.height) <= 3)
    #expect(try renderer.render("ගම", face: 1, appearance: WordAppearance(size: 40)) != large)
  }

  @Test func endlessWordIsAnError() throws {
    let word = String(repeating: "ක", count: 2000)
    #expect(throws: TypesettingError.self) { try renderer.render(word, face: 0, appearance: WordAppearance()) }
  }

  @Test func joinersAloneDrawNothing() throws {
    #expect(throws: TypesettingError.self) {
      try renderer.render("\u{200D}", face: 0, appearance: WordAppearance())
    }
  }

  @Test(arguments: ImageStyle.allCases)
  func styleKeepsSizeAndIsRepeatable(style: ImageStyle) throws {
    let clean = try renderer.render(
      "ක්‍රීඩාංගණය", face: 0, appearance: WordAppearance(size: 40, left: 6, right: 4, top: 5, bottom: 3))
    let (a, b) = (ImageStyler(), ImageStyler())
    var changed = 0
    for sample in 0..<20 {
      var random = KeyedRandom(seed: 3, purpose: .test, sample: UInt32(sample))
      var (x, y, again) = (clean, clean, random)
      a.apply(style, to: &x, &random)
      b.apply(style, to: &y, &again)
      #expect(x == y)
      #expect(x.width == clean.width && x.height == clean.height)
      changed += x == clean ? 0 : 1
      // Ink stays darker than the paper next to it: means over what was black and what was white.
      let ink = mean(x, where: { $0 < 40 }, in: clean)
      let paper = mean(x, where: { $0 == 255 }, in: clean)
      #expect(paper - ink > 25, "sample \(sample): ink \(ink), paper \(paper)")
    }
    #expect(style == .plain ? (1..<20).contains(changed) : changed == 20)
  }

  private func mean(_ image: GrayImage, where condition: (UInt8) -> Bool, in clean: GrayImage) -> Double {
    let values = zip(image.pixels, clean.pixels).filter { condition($0.1) }.map { Double($0.0) }
    return values.reduce(0, +) / Double(values.count)
  }
}
