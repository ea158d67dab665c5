import Testing
import Typesetting

@Suite struct SplitShareTests {
  @Test func parsing() throws {
    let shares = try SplitShare.parse("train=0.85,val=0.1,test_1=0.05")
    #expect(shares.map(\.name) == ["train", "val", "test_1"])
    #expect(shares.map(\.share) == [0.85, 0.1, 0.05])
  }

  @Test(arguments: [
    "", "train", "train=", "train=0.5", "train=0.9,val=0.2", "train=nan", "train=-1,val=2", "a=0.5,a=0.5", "=1",
    "../x=1", "a/b=1", "images=1", "train=1,", "a=1,b=0", "a=inf",
  ])
  func malformed(text: String) {
    #expect(throws: TypesettingError.self) { try SplitShare.parse(text) }
  }

  @Test func allotmentSumsAndLeavesNoneEmpty() throws {
    let shares = try SplitShare.parse("train=0.9,val=0.07,test=0.03")
    #expect(SplitShare.allot(100, shares) == [90, 7, 3])
    #expect(SplitShare.allot(3, shares) == [1, 1, 1])
    for total in 0...200 {
      let counts = SplitShare.allot(total, shares)
      #expect(counts.reduce(0, +) == total)
      #expect(total < 3 || counts.allSatisfy { $0 > 0 })
    }
  }
}

@Suite struct WordPoolTests {
  @Test func splitsShareNoWordAndLoseNone() throws {
    let pool = WordPool.standard(imageCount: 3000, seed: 5)
    #expect(pool.groups.count == 2 && pool.groups[1].count == 1000)
    let parts = try pool.split(SplitShare.parse("train=0.8,val=0.15,test=0.05"), seed: 5)
    let sets = parts.map { Set($0.groups.joined().map { Array($0.unicodeScalars) }) }
    #expect(sets[0].isDisjoint(with: sets[1]) && sets[0].isDisjoint(with: sets[2]) && sets[1].isDisjoint(with: sets[2]))
    #expect(sets.reduce(0) { $0 + $1.count } == pool.count)
    #expect(parts.allSatisfy { $0.groups.count == 2 })
    #expect(try pool.split(SplitShare.parse("train=0.8,val=0.15,test=0.05"), seed: 5) == parts)
    #expect(try pool.split(SplitShare.parse("train=0.8,val=0.15,test=0.05"), seed: 6) != parts)
    // Not cut in the list's own order, by subject.
    #expect(Array(parts[0].groups[0].prefix(50)) != Array(SinhalaWords.all.prefix(50)))
  }

  @Test func tooFewWordsIsAnError() throws {
    let pool = WordPool(groups: [["ක"], []])
    #expect(throws: TypesettingError.self) { try pool.split(SplitShare.parse("train=0.5,val=0.5"), seed: 1) }
  }

  @Test func twoWordsSplitInTwo() throws {
    let parts = try WordPool(groups: [["ක", "ග"]]).split(SplitShare.parse("train=0.9,val=0.1"), seed: 1)
    #expect(parts.map(\.count) == [1, 1])
  }
}

@Suite struct SynthesisPlanTests {
  private func plan(_ options: SynthesisOptions) throws -> SynthesisPlan {
    try SynthesisPlan(
      options: options, pool: .standard(imageCount: options.count, seed: options.seed),
      faces: FontCatalog.resolve(FontCatalog.defaultNames))
  }

  @Test func noFaceGetsALetterThatItLacks() throws {
    var faces = try FontCatalog.resolve(["Noto Sans Sinhala", "Noto Serif Sinhala", "Noto Sans Sinhala Bold"])
    faces[1].lacking = ["ග"]
    for varies in [false, true] {
      let plan = try SynthesisPlan(
        options: SynthesisOptions(count: 300, varies: varies), pool: WordPool(groups: [["ගම", "මල"]]), faces: faces)
      let images = (0..<300).map { plan.image($0, of: plan.splits[0]) }
      #expect(Set(images.filter { $0.text == "ගම" }.map(\.face)) == [0, 2])
      #expect(Set(images.filter { $0.text == "මල" }.map(\.face)) == [0, 1, 2])
    }
  }

  @Test func imagesStayWithinTheOptions() throws {
    let options = SynthesisOptions(
      count: 900, seed: 11, size: 20...23, padding: 4...6, split: try SplitShare.parse("train=0.9,val=0.1"))
    let plan = try plan(options)
    #expect(plan.splits.map(\.images) == [0..<810, 810..<900])
    var (sizes, paddings, faces) = (Set<Int>(), Set<Int>(), Set<Int>())
    for split in plan.splits {
      let words = Set(split.pool.groups.joined())
      for index in split.images {
        let image = plan.image(index, of: split)
        #expect(words.contains(image.text))
        #expect(image == plan.image(index, of: split))
        sizes.insert(image.appearance.size)
        faces.insert(image.face)
        let a = image.appearance
        paddings.formUnion([a.left, a.right, a.top, a.bottom])
        #expect(a.letterSpacing >= -1 && a.letterSpacing <= 2 && a.leading >= 0 && a.leading <= 1)
      }
    }
    #expect(sizes == Set(20...23) && paddings == Set(4...6) && faces == Set(0..<4))
  }

  @Test func manyImagesShowManyWordsFromBothGroups() throws {
    let plan = try plan(SynthesisOptions(count: 20_000))
    let texts = plan.splits[0].images.map { plan.image($0, of: plan.splits[0]).text }
    #expect(Set(texts).count > 6000)
    let common = Set(SinhalaWords.all)
    let share = Double(texts.count { common.contains($0) }) / 20_000
    #expect(abs(share - 0.5) < 0.02)
  }

  @Test func optionsOutOfRangeAreErrors() throws {
    for options in [
      SynthesisOptions(count: 0), SynthesisOptions(count: -1), SynthesisOptions(count: .max),
      SynthesisOptions(count: 1, size: 0...4), SynthesisOptions(count: 1, size: 8...4000),
      SynthesisOptions(count: 1, padding: -1...3), SynthesisOptions(count: 1, padding: 0...100_000),
      SynthesisOptions(count: 1, split: [SplitShare(name: "a", share: 0.5), SplitShare(name: "b", share: 0.5)]),
    ] {
      #expect(throws: TypesettingError.self) { try options.validate() }
    }
  }
}
