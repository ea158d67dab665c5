import Datasets
import Images
import Tensors
import Testing

/// One operation of `strong`, always made, and nothing else.
struct Operation: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let augmentation: Augmentation

  init(_ name: String, _ change: (inout Augmentation) -> Void) {
    testDescription = name
    var augmentation = Augmentation.none
    change(&augmentation)
    self.augmentation = augmentation
  }

  private static let strong = Augmentation.strong

  /// Those that change an image's form.
  static let forms: [Operation] = [
    Operation("affine") { ($0.affine, $0.affine.chance) = (strong.affine, 1) },
    Operation("perspective") { ($0.perspective, $0.perspective.chance) = (strong.perspective, 1) },
    Operation("curvature") { ($0.curvature, $0.curvature.chance) = (strong.curvature, 1) },
    Operation("elastic") { ($0.elastic, $0.elastic.chance) = (strong.elastic, 1) },
    Operation("padding") { ($0.padding, $0.padding.chance) = (strong.padding, 1) },
    Operation("framing") {
      $0.framing = strong.framing
      $0.framing?.chance = 1
    },
  ]

  /// Those that change pixels where they stand.
  static let effects: [Operation] = [
    Operation("stroke") { ($0.stroke, $0.stroke.chance) = (strong.stroke, 1) },
    Operation("erasing") { ($0.erasing, $0.erasing.chance) = (strong.erasing, 1) },
    Operation("background") { ($0.background, $0.background.chance) = (strong.background, 1) },
    Operation("shadow") { ($0.shadow, $0.shadow.chance) = (strong.shadow, 1) },
    Operation("blur") { ($0.blur, $0.blur.chance) = (strong.blur, 1) },
    Operation("motionBlur") { ($0.motionBlur, $0.motionBlur.chance) = (strong.motionBlur, 1) },
    Operation("tone") { ($0.tone, $0.tone.chance) = (strong.tone, 1) },
    Operation("compression") { ($0.compression, $0.compression.chance) = (strong.compression, 1) },
    Operation("neighbors") {
      $0.neighbors = strong.neighbors
      $0.neighbors?.chance = 1
    },
    Operation("rules") {
      $0.rules = strong.rules
      $0.rules?.chance = 1
    },
    Operation("resampling") {
      $0.resampling = strong.resampling
      $0.resampling?.chance = 1
    },
    Operation("binarization") {
      $0.binarization = strong.binarization
      $0.binarization?.chance = 1
    },
  ]

  static let all =
    forms + effects + [
      Operation("strong") {
        $0 = strong
        // It makes ink of paper, which `inverts` tests.
        $0.inversion = nil
      }
    ]
}

/// What each operation may at most do.
@Suite struct AugmentationOperationTests {
  @Test(arguments: Operation.all) func dependsOnTheKeyOnly(operation: Operation) {
    var image = picture(width: 61, height: 20)
    if operation.testDescription == "binarization" {
      // Black on white looks the same with any threshold.
      for i in image.pixels.indices { image.pixels[i] = UInt8(37 * i % 256) }
    }
    let (first, second) = (
      Augmenter(operation.augmentation, seed: 7, geometry: geometry()),
      Augmenter(operation.augmentation, seed: 7, geometry: geometry())
    )
    let other = Augmenter(operation.augmentation, seed: 8, geometry: geometry())
    let forward = (0..<40).map { augmented(image, first, epoch: 3, sample: $0) }
    // In another order and between other images.
    let backward = (0..<40).reversed().map { sample in
      _ = augmented(picture(width: 200 - sample, height: 20), second, sample: 5)
      return augmented(image, second, epoch: 3, sample: sample)
    }
    #expect(forward == backward.reversed())
    #expect(zip(forward, (0..<40).map { augmented(image, first, epoch: 4, sample: $0) }).count { $0 == $1 } < 12)
    #expect(zip(forward, (0..<40).map { augmented(image, other, epoch: 3, sample: $0) }).count { $0 == $1 } < 12)
    #expect(forward.count { $0 != image } > 25)
  }

  /// Images of a few pixels, and even ones.
  @Test(arguments: Operation.all) func takesAnyImage(operation: Operation) {
    for height in [1, 2, 5, 13] {
      let geometry = InputGeometry(height: height, minimumWidth: 1) { $0 }
      let augmenter = Augmenter(operation.augmentation, seed: 5, geometry: geometry)
      for width in [1, 2, 3, 9, 64] {
        for sample in 0..<12 {
          let after = augmented(picture(width: width, height: height), augmenter, sample: sample)
          #expect(after.height == height && after.width >= 1)
          let white = augmented(GrayImage(width: width, height: height), augmenter, sample: sample)
          #expect(white.pixels.reduce(0) { $0 + Int($1) } >= 100 * white.pixels.count, "paper stays paper")
        }
      }
    }
  }

  /// Neither narrower than the label needs nor wider than the memory that was reserved.
  @Test(arguments: Operation.all) func widthsStayWithinTheBounds(operation: Operation) {
    let geometry = geometry(height: 40, maximumWidth: 400)
    let augmenter = Augmenter(operation.augmentation, seed: 3, geometry: geometry)
    var random = KeyedRandom(seed: 1, purpose: .test)
    for sample in 0..<600 {
      let image = picture(width: 4 + random.integer(below: 397), height: 40, seed: UInt64(sample))
      let available = geometry.sequenceLength(image.width)
      let needed = random.chance(0.5) ? available : 1 + random.integer(below: available)
      let width = image.withReadOnlyView {
        augmenter.draw($0, epoch: 0, sample: sample, neededSteps: needed).width
      }
      #expect(geometry.sequenceLength(width) >= needed, "\(image.width) became \(width), needed \(needed)")
      let bounds = MicroBatchBounds(
        microBatch: 1, widths: [image.width], labels: LabelTable([[1]]), geometry: geometry,
        augmentation: operation.augmentation)
      #expect(width >= 4 && width <= min(400, bounds.widest), "\(image.width) became \(width), not \(bounds.widest)")
    }
  }

  /// Strokes at all four edges of the writing are still there.
  @Test(arguments: Operation.forms) func formsCutNoInkOff(operation: Operation) {
    for (width, height, margin) in [(150, 40, 4), (150, 40, 0), (23, 32, 0), (400, 61, 3), (9, 20, 0)] {
      var image = GrayImage(width: width, height: height)
      for y in margin..<height - margin {
        for x in [margin, margin + 1, margin + 2, width - margin - 3, width - margin - 2, width - margin - 1] {
          image[x, y] = 0
        }
      }
      let augmenter = Augmenter(operation.augmentation, seed: 11, geometry: geometry(height: height))
      for sample in 0..<200 {
        let after = augmented(image, augmenter, sample: sample)
        let ratio = Double(ink(after)) / Double(ink(image))
        let isScaled = operation.testDescription == "framing"
        #expect(
          ratio > (isScaled ? 0.15 : 0.45) && ratio < (isScaled ? 2.4 : 1.55),
          "\(width) x \(height), sample \(sample): \(ratio)")
        // Both strokes: as much ink in each half.
        let columns = (0..<after.width).filter { x in (0..<height).contains { after[x, $0] < 128 } }
        let half = ((columns.first ?? 0) + (columns.last ?? 0) + 1) / 2
        let left = (0..<height).reduce(0) { sum, y in sum + (0..<half).reduce(0) { $0 + 255 - Int(after[$1, y]) } }
        #expect(abs(Double(left) / Double(ink(after)) - 0.5) < 0.27, "\(width) x \(height), sample \(sample)")
      }
    }
  }

  /// Ink stays darker than paper: means over what was ink and what was paper.
  @Test(arguments: Operation.effects) func effectsKeepInkDarkAndPaperLight(operation: Operation) {
    let augmenter = Augmenter(operation.augmentation, seed: 4, geometry: geometry(height: 40))
    var image = GrayImage(width: 140, height: 40)
    for y in 8..<32 { for x in 10..<130 where x % 12 < 4 { image[x, y] = 30 } }
    for sample in 0..<200 {
      let after = augmented(image, augmenter, sample: sample)
      #expect(after.width == image.width)
      func mean(_ condition: (UInt8) -> Bool) -> Double {
        let values = zip(image.pixels, after.pixels).filter { condition($0.0) }.map { Double($0.1) }
        return values.reduce(0, +) / Double(values.count)
      }
      #expect(mean { $0 == 255 } - mean { $0 < 255 } > 40, "sample \(sample)")
    }
  }

  @Test func erasingTakesSmallPatchesOnly() {
    let operation = Operation.effects[1]
    #expect(operation.testDescription == "erasing")
    let augmenter = Augmenter(operation.augmentation, seed: 4, geometry: geometry(height: 40))
    let black = GrayImage(width: 140, height: 40, filledWith: 0)
    var most = 0
    for sample in 0..<300 {
      let after = augmented(black, augmenter, sample: sample)
      #expect(after.pixels.allSatisfy { $0 == 0 || $0 == 255 })
      most = max(most, after.pixels.count { $0 == 255 })
    }
    // Three patches of 8 x 8.
    #expect(most <= 192 && most > 60)
  }

  /// One operation's numbers do not depend on the others.
  @Test func operationsAreIndependent() {
    var both = Operation.effects[0].augmentation
    (both.shadow.chance, both.shadow.strength) = (1, 0...0)
    (both.blur.chance, both.blur.sigma) = (1, 0...0.01)
    let image = picture(width: 61, height: 20)
    let (alone, together) = (
      Augmenter(Operation.effects[0].augmentation, seed: 7, geometry: geometry()),
      Augmenter(both, seed: 7, geometry: geometry())
    )
    for sample in 0..<30 {
      #expect(augmented(image, alone, sample: sample) == augmented(image, together, sample: sample))
    }
  }

  /// The writing has other heights and places, and its proportions.
  @Test func framingMovesAndScales() {
    var image = GrayImage(width: 90, height: 40)
    for y in 12..<28 { for x in 20..<70 where x % 10 < 5 { image[x, y] = 0 } }
    let augmenter = Augmenter(Operation.forms[5].augmentation, seed: 7, geometry: geometry(height: 40))
    var (heights, tops) = (Set<Int>(), Set<Int>())
    for sample in 0..<200 {
      let after = augmented(image, augmenter, sample: sample)
      let rows = (0..<40).filter { y in (0..<after.width).contains { after[$0, y] < 128 } }
      let columns = (0..<after.width).filter { x in (0..<40).contains { after[x, $0] < 128 } }
      let (tall, wide) = (rows.last! + 1 - rows[0], columns.last! + 1 - columns[0])
      #expect(tall >= 17 && tall <= 25, "0.45 of the height; 1.5 times as high at most")
      #expect(abs(Double(wide) / Double(tall) - 45.0 / 16) < 0.4, "sample \(sample)")
      heights.insert(tall)
      tops.insert(rows[0])
    }
    #expect(heights.count >= 6 && tops.count >= 15)
  }

  @Test func inverts() {
    var augmentation = Augmentation.none
    augmentation.inversion = Augmentation.strong.inversion
    augmentation.inversion?.chance = 1
    let image = picture(width: 61, height: 20)
    #expect(augmented(image, Augmenter(augmentation, seed: 7, geometry: geometry()), sample: 0) == image.inverted())
  }

  /// What a rotation uncovers has the gray of the image's paper, with the default set too.
  @Test func uncoveredPaperIsTheImagesOwn() {
    var augmentation = Augmentation.default
    (augmentation.affine.chance, augmentation.blur.chance, augmentation.tone.chance) = (1, 0, 0)
    var image = GrayImage(width: 90, height: 20, filledWith: 180)
    for y in 5..<15 { for x in 20..<70 where x % 10 < 5 { image[x, y] = 20 } }
    let augmenter = Augmenter(augmentation, seed: 7, geometry: geometry())
    for sample in 0..<40 { #expect(augmented(image, augmenter, sample: sample).pixels.allSatisfy { $0 <= 181 }) }
    augmentation.paper = nil
    let white = Augmenter(augmentation, seed: 7, geometry: geometry())
    #expect((0..<40).contains { augmented(image, white, sample: $0).pixels.contains(255) })
  }

  @Test func neighborsAreAtTheEdges() {
    var image = GrayImage(width: 90, height: 40)
    for y in 12..<28 { for x in 0..<90 where x % 10 < 5 { image[x, y] = 0 } }
    let neighbors = Operation.effects.first { $0.testDescription == "neighbors" }!
    let augmenter = Augmenter(neighbors.augmentation, seed: 7, geometry: geometry(height: 40))
    for sample in 0..<100 {
      let after = augmented(image, augmenter, sample: sample)
      let rows = (0..<40).filter { y in (0..<90).contains { after[$0, y] < 128 } && !(12..<28).contains(y) }
      #expect(!rows.isEmpty && rows.allSatisfy { $0 < 5 || $0 >= 35 })
    }
  }

  @Test func padsAtTheSides() {
    let augmenter = Augmenter(Operation.forms[4].augmentation, seed: 7, geometry: geometry())
    let image = picture(width: 61, height: 20)
    let widths = (0..<100).map { augmented(image, augmenter, sample: $0).width }
    #expect(widths.min()! >= 61 && widths.max()! <= 61 + 2 * 8 && Set(widths).count > 8)
  }
}
