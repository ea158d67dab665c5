import Images
import Tensors
import Testing
import Typesetting

@Suite struct OutlineVariationTests {
  private let renderer: WordRenderer

  init() throws {
    renderer = try WordRenderer(faces: FontCatalog.resolve(["Noto Sans Sinhala", "Noto Serif Sinhala Bold"]))
  }

  private func render(
    _ word: String = "ක්‍රීඩාංගණය", face: Int = 0, _ change: (inout OutlineVariation) -> Void = { _ in }
  ) throws -> GrayImage {
    var variation = OutlineVariation()
    change(&variation)
    return try renderer.render(word, face: face, appearance: WordAppearance(size: 40, variation: variation))
  }

  private func ink(_ image: GrayImage) -> Double {
    image.pixels.reduce(0) { $0 + 255 - Double($1) } / 255
  }

  @Test func noVariationIsTheFontsOwnPicture() throws {
    for face in 0..<2 {
      let plain = try renderer.render("ක්‍රීඩාංගණය", face: face, appearance: WordAppearance(size: 40))
      let outlined = try render(face: face)
      // Cairo paints outlines where they are, glyphs in steps of a quarter pixel.
      #expect(abs(plain.width - outlined.width) <= 1 && abs(plain.height - outlined.height) <= 1)
      #expect(abs(ink(plain) / ink(outlined) - 1) < 0.02)
    }
    // All of a long line.
    let line = Array(repeating: "ක්‍රීඩාංගණය", count: 12).joined(separator: " ")
    let plain = try renderer.render(line, face: 0, appearance: WordAppearance(size: 40))
    let outlined = try render(line)
    #expect(plain.width > 2000 && abs(plain.width - outlined.width) <= 1)
  }

  @Test func thicknessChangesInkAndLeavesHairLines() throws {
    let inks = try [0.03, 0.05, 0.08, 0.12].map { thickness in ink(try render { $0.thickness = thickness }) }
    #expect(inks == inks.sorted() && inks[0] < 0.75 * inks[1] && inks[3] > 1.25 * inks[2], "\(inks)")
    for face in 0..<2 {
      let (thin, plain) = (try render(face: face) { $0.thickness = 0 }, try render(face: face))
      #expect(ink(thin) > 0.3 * ink(plain))
      #expect(thin.height >= plain.height - 4 && thin.width >= plain.width - 4)
    }
    // A flat pen changes less.
    let flat = ink(
      try render {
        $0.thickness = 0.12
        $0.penHeight = 0.2
      })
    #expect(flat > inks[2] && flat < inks[3])
  }

  /// A flat pen makes strokes across it thick, and leaves those along it.
  @Test func aNibSwells() throws {
    let renderer = try WordRenderer(faces: FontCatalog.resolve(["Noto Sans Sinhala"]))
    func render(_ angle: Double) throws -> GrayImage {
      var variation = OutlineVariation()
      (variation.thickness, variation.penHeight, variation.penAngle) = (0.15, 0.05, angle)
      // A stroke that lies.
      return try renderer.render("-", face: 0, appearance: WordAppearance(size: 200, variation: variation))
    }
    let (along, across) = (try render(0), try render(.pi / 2))
    #expect(across.height > along.height + 8 && across.width < along.width)
  }

  /// Closing fills gaps and takes nothing away; one wider than a letter's counters fills them all.
  @Test func closingFillsGaps() throws {
    let plain = try render("කහ")
    var inks = [ink(plain)]
    for closing in [0.05, 0.1, 0.4] {
      let closed = try render("කහ") { $0.closing = closing }
      try #require(closed.width == plain.width && closed.height == plain.height)
      #expect(zip(closed.pixels, plain.pixels).allSatisfy { $0 <= $1 })
      inks.append(ink(closed))
    }
    #expect(inks == inks.sorted() && inks[1] > inks[0] + 1 && inks[3] > 1.2 * inks[0], "\(inks)")
    // A stroke has no gap.
    #expect(try render("-") { $0.closing = 0.1 } == render("-"))
  }

  @Test func zonesAndGlyphsChangeOnTheirOwn() throws {
    let plain = try render("කිකු")
    let low = try render("කිකු") { $0.upper = 0.5 }
    let high = try render("කිකු") { $0.lower = 0.5 }
    let both = try render("කිකු") { ($0.upper, $0.lower) = (0.5, 0.5) }
    #expect(low.height < plain.height - 2 && high.height < plain.height - 2 && low.width == plain.width)
    #expect(abs(plain.height - low.height + plain.height - high.height - (plain.height - both.height)) <= 2)
    // A letter without signs has one zone only.
    #expect(try render("ක") { ($0.upper, $0.lower) = (0.5, 1.3) }.height <= render("ක").height)
    func sized(_ word: String, _ seed: UInt64) throws -> GrayImage {
      try render(word) { ($0.glyphScale, $0.markShift, $0.seed) = (0.15, 0.05, seed) }
    }
    #expect(try sized("කගම", 1) == sized("කගම", 1))
    #expect(try sized("කගම", 1) != sized("කගම", 2))
    #expect(try render("කගම") { ($0.glyphSlope, $0.seed) = (0.3, 1) } != render("කගම"))
    // The same letter is the same everywhere.
    let twice = try sized("කක", 3)
    let one = try sized("ක", 3)
    #expect(twice.height == one.height && abs(twice.width - 2 * one.width) <= 8)
  }

  /// Only the letters that traditional faces draw in another way change, and only where they do.
  @Test func traditionalForms() throws {
    for face in 0..<2 {
      let joiner = SinhalaOrthography.zeroWidthJoiner
      for word in ["න", "නා", "නි", "නු", "න්", "නේ", "නො", "න්\(joiner)ය"] {
        let plain = try render(word, face: face)
        let footed = try render(word, face: face) { $0.forms.foot = 1 }
        try #require(footed.width == plain.width && footed.height == plain.height && footed != plain, "\(word)")
        // Not the right side of the letter, nor a sign.
        let right = plain.width * 3 / 4..<plain.width
        let unchanged = ["නේ", "නො"].contains(word) ? [0..<plain.width / 4, right] : [right]
        for y in 0..<plain.height {
          // Cairo's coverage of a pixel may differ by a level or two, when a far part of the outline does.
          for x in unchanged.joined() where abs(Int(footed[x, y]) - Int(plain[x, y])) > 2 {
            Issue.record("\(word): \(x), \(y)")
          }
        }
      }
      for word in ["ම්", "ට්", "වේ"] {
        let hooded = try render(word, face: face) { $0.forms.hood = 0.2 }
        #expect(try hooded.height < render(word, face: face).height - 2, "\(word)")
        let nested = try render(word, face: face) { ($0.forms.hood, $0.forms.nesting) = (0.2, 1) }
        #expect(nested.height < hooded.height, "\(word)")
        // Its sides sink, so that it cannot get higher.
        let (domed, plain) = (try render(word, face: face) { $0.forms.dome = 0.3 }, try render(word, face: face))
        #expect(domed != plain && domed.height <= plain.height, "\(word)")
      }
      for word in ["ත", "ක්", "ම", "මි", "කේ", "හෝටල", "ඩෝ", "බ්\(joiner)රි", "ව්\(joiner)ය"] {
        let changed = try render(word, face: face) {
          ($0.forms.foot, $0.forms.hood, $0.forms.nesting, $0.forms.dome) = (1, 0.2, 1, 0.3)
        }
        #expect(try changed == render(word, face: face), "\(word)")
      }
    }
  }

  /// A hood that is an arc has white between itself and its letter, and stays with letters that have a hood.
  @Test func hoodsAsArcs() throws {
    /// How many strokes a column crosses in the left part of the picture of a word of one letter.
    func strokes(_ image: GrayImage, _ share: Double = 0.4) -> Int {
      let column = (0..<image.height).map { image[Int(share * Double(image.width)), $0] < 128 }
      return zip([false] + column, column).count { !$0 && $1 }
    }
    for face in 0..<2 {
      func render(_ word: String, _ arc: HoodArc?, thickness: Double? = nil, closing: Double = 0) throws -> GrayImage {
        var variation = OutlineVariation()
        (variation.forms.arc, variation.thickness, variation.closing) = (arc, thickness, closing)
        return try renderer.render(word, face: face, appearance: WordAppearance(size: 200, variation: variation))
      }
      for (word, letter) in [("ම්", "ම"), ("ට්", "ට"), ("ව්", "ව"), ("ච්", "ච")] {
        let alone = try render(letter, nil)
        let nested = try render(word, HoodArc(gap: 0.06, nesting: 1, tick: 0))
        #expect(abs(nested.height - alone.height) <= 2, "\(word)")
        #expect(strokes(nested) == strokes(alone) + 1 && strokes(nested, 0.3) == strokes(alone, 0.3) + 1, "\(word)")
        // White stays where strokes get thicker and gaps are filled.
        let heavy = (try render(letter, nil, thickness: 0.1), HoodArc(gap: 0.06, nesting: 0.5, tick: 0))
        #expect(try strokes(render(word, heavy.1, thickness: 0.1)) == strokes(heavy.0) + 1, "\(word)")
        let filled = try render(letter, nil, closing: 0.05)
        #expect(try strokes(render(word, heavy.1, closing: 0.05)) == strokes(filled) + 1, "\(word)")
        let risen = try render(word, HoodArc(gap: 0.06, nesting: 0, tick: 0))
        #expect(risen.height > nested.height + 6, "\(word)")
        #expect(strokes(risen) == strokes(alone) + 1, "\(word)")
        let ticked = try render(word, HoodArc(gap: 0.06, nesting: 0, tick: 1))
        #expect(ticked.height == risen.height && ink(ticked) > ink(risen), "\(word)")
      }
      // No hood is lost, on whatever letter.
      for letter in ["ඛ", "ඞ", "ඣ", "ඩ", "ඬ", "ධ", "බ", "ඹ"] {
        let hooded = try render("\(letter)්", HoodArc(gap: 0.06, nesting: 0.5, tick: 0))
        #expect(try ink(hooded) > 1.03 * ink(render(letter, nil)), "\(letter)")
      }
      let joiner = SinhalaOrthography.zeroWidthJoiner
      for word in ["ත", "ක්", "ම", "මි", "කේ", "හෝටල", "ඩෝ", "බ්\(joiner)රි"] {
        #expect(try render(word, HoodArc(gap: 0.1, nesting: 0.5, tick: 1)) == render(word, nil), "\(word)")
      }
    }
  }

  @Test func theInnerEndOfTtaRises() throws {
    for face in 0..<2 {
      let (plain, curled) = (try render("ට", face: face), try render("ට", face: face) { $0.forms.curl = 0.2 })
      #expect(curled != plain && curled.width == plain.width && curled.height == plain.height)
      #expect(abs(ink(curled) / ink(plain) - 1) < 0.1)
      // The last stroke but one from below, in the middle.
      func inner(_ image: GrayImage) -> Int {
        let column = (0..<image.height).reversed().map { image[image.width * 2 / 5, $0] < 128 }
        let bottom = column.firstIndex(of: true)!
        let white = column[bottom...].firstIndex(of: false)!
        return column[white...].firstIndex(of: true)!
      }
      #expect(inner(curled) > inner(plain) + 2)
      #expect(try render("වමනක", face: face) { $0.forms.curl = 0.2 } == render("වමනක", face: face))
    }
  }

  /// Bowls get thicker where they stand on the baseline, and only there.
  @Test func stressThickensBowls() throws {
    for face in 0..<2 {
      func render(_ word: String, _ stress: Double) throws -> GrayImage {
        var variation = OutlineVariation()
        variation.stress = stress
        return try renderer.render(word, face: face, appearance: WordAppearance(size: 200, variation: variation))
      }
      for word in ["ට", "ය", "ගම"] {
        let (plain, heavy) = (try render(word, 0), try render(word, 0.05))
        try #require(plain.width == heavy.width && plain.height == heavy.height, "\(word)")
        #expect(ink(heavy) > 1.05 * ink(plain), "\(word)")
        // What is more than 0.4 ems above the baseline stays.
        for y in 0..<plain.height - 90 {
          for x in 0..<plain.width where abs(Int(heavy[x, y]) - Int(plain[x, y])) > 2 {
            Issue.record("\(word): \(x), \(y)")
          }
        }
      }
    }
  }

  /// The form does not depend on what is between letters.
  @Test func traditionalFormsInLooseWords() throws {
    func ink(spacing: Float, foot: Double) throws -> Double {
      var variation = OutlineVariation()
      variation.forms.foot = foot
      let appearance = WordAppearance(size: 200, letterSpacing: spacing, variation: variation)
      return self.ink(try renderer.render("නන", face: 0, appearance: appearance))
    }
    let (near, far) = (try ink(spacing: 0, foot: 1), try ink(spacing: 80, foot: 1))
    let plain = try ink(spacing: 0, foot: 0)
    #expect(abs(near / far - 1) < 1e-3 && abs(near / plain - 1) > 5e-3, "\(near) \(far) \(plain)")
  }

  @Test func smallSignsChange() throws {
    for face in 0..<2 {
      func sign(_ change: (inout OutlineVariation) -> Void) throws -> (top: Int, bottom: Int) {
        let image = try render("පං", face: face, change)
        // Anusvara stands right of the letter, whose foot is the lowest ink.
        let rows = (0..<image.height).filter { y in
          (image.width * 3 / 4..<image.width).contains { image[$0, y] < 128 }
        }
        return (rows.first! - image.height, rows.last! - image.height)
      }
      let (plain, risen) = (try sign { _ in }, try sign { $0.signRise = 0.2 })
      #expect(abs(risen.top - plain.top + 8) <= 1 && abs(risen.bottom - plain.bottom + 8) <= 1)
      let small = try sign { $0.signScale = 0.5 }
      #expect(small.top > plain.top + 2 && small.bottom < plain.bottom - 2)
      for word in ["ප", "කිකු"] {
        #expect(try render(word, face: face) { ($0.signRise, $0.signScale) = (0.2, 0.5) } == render(word, face: face))
      }
    }
    // Signs on a letter have no place of their own, whatever is between letters.
    let tamil = try WordRenderer(faces: FontCatalog.resolve(["Noto Sans Tamil"]))
    func loose(_ rise: Double) throws -> GrayImage {
      var variation = OutlineVariation()
      variation.signRise = rise
      let appearance = WordAppearance(size: 40, letterSpacing: 2, variation: variation)
      return try tamil.render("க்க", face: 0, appearance: appearance)
    }
    #expect(try loose(0.2) == loose(0))
  }

  @Test func widthSlantAndBendChangeTheForm() throws {
    let plain = try render()
    let wide = try render { $0.width = 1.3 }
    #expect(abs(Double(wide.width) / Double(plain.width) - 1.3) < 0.02 && wide.height == plain.height)
    let slanted = try render { $0.slant = 0.3 }
    #expect(slanted.height == plain.height && slanted.width > plain.width)
    #expect(abs(ink(slanted) / ink(plain) - 1) < 0.02)
    let bent = try render { $0.bend = 0.25 }
    #expect(bent.width <= plain.width + 1 && bent.height > plain.height && bent.height <= plain.height + 11)
    let wobbly = try render {
      $0.wobble = 0.03
      $0.seed = 4
    }
    #expect(abs(wobbly.width - plain.width) <= 3 && abs(wobbly.height - plain.height) <= 3 && wobbly != plain)
    #expect(abs(ink(wobbly) / ink(plain) - 1) < 0.15)
  }

  @Test func drawnVariationsStayInTheirRangesAndAreRepeatable() throws {
    var pictures = Set<[UInt8]>()
    var changed = (feet: 0, hoods: 0, arcs: 0, curls: 0, stress: 0, signs: 0)
    for sample in 0..<60 {
      func drawn() -> OutlineVariation {
        var random = KeyedRandom(seed: 2, purpose: .test, sample: UInt32(sample))
        return OutlineVariation(nib: sample % 3 == 0, &random)
      }
      let variation = drawn()
      #expect(variation == drawn())
      #expect((0.8...1.3).contains(variation.width) && (-0.15...0.3).contains(variation.slant))
      #expect((0.025...0.12).contains(variation.thickness ?? 0.1) && (0.02...1).contains(variation.penHeight))
      #expect((0.2...1.2).contains(variation.upper) && (0.6...1.3).contains(variation.lower))
      #expect((0.5...0.85).contains(variation.upperStart) && (0.4...1.2).contains(variation.signScale))
      #expect((0...0.08).contains(variation.closing) && (0...0.3).contains(variation.glyphSlope))
      #expect((0...1).contains(variation.forms.foot) && (0.3...1).contains(variation.forms.hood))
      #expect((0...0.35).contains(variation.forms.dome) && (0...0.2).contains(variation.forms.curl))
      #expect((0.03...0.12).contains(variation.forms.arc?.gap ?? 0.1) && (0...0.1).contains(variation.stress))
      #expect((0...1).contains(variation.forms.nesting))
      #expect((-0.05...0.1).contains(variation.signRise))
      if variation.forms.foot > 0 { changed.feet += 1 }
      if variation.forms.hood < 1 { changed.hoods += 1 }
      if let arc = variation.forms.arc {
        changed.arcs += 1
        #expect((0...1).contains(arc.nesting) && (0...1).contains(arc.tick))
      }
      if variation.forms.curl > 0 { changed.curls += 1 }
      if variation.stress > 0 { changed.stress += 1 }
      if variation.signRise != 0 { changed.signs += 1 }
      #expect(variation.glyphScale <= 0.15 && variation.markShift <= 0.05)
      #expect(abs(variation.bend) <= 0.25 && variation.wobble <= 0.122)
      for face in 0..<2 {
        let (a, b) = (try render(face: face) { $0 = variation }, try render(face: face) { $0 = variation })
        #expect(a == b && a.pixels.min()! < 128)
        pictures.insert(a.pixels)
      }
    }
    #expect(pictures.count > 110)
    let counts = [changed.feet, changed.arcs, changed.curls, changed.stress, changed.signs]
    #expect(counts.allSatisfy { (10..<50).contains($0) } && (3..<20).contains(changed.hoods), "\(changed)")
  }

  @Test func otherScripts() throws {
    let renderer = try WordRenderer(faces: FontCatalog.resolve(["Noto Sans Tamil", "Noto Serif Tamil Bold"]))
    let plain = try renderer.render("தமிழ்", face: 0, appearance: WordAppearance(size: 40))
    for face in 0..<2 {
      var variation = OutlineVariation()
      (variation.thickness, variation.slant) = (0.11, 0.2)
      let image = try renderer.render("தமிழ்", face: face, appearance: WordAppearance(size: 40, variation: variation))
      #expect(ink(image) > ink(plain))
    }
  }
}
