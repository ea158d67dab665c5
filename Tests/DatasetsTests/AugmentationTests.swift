import Datasets
import Foundation
import Images
import Tensors
import Testing

/// One augmented image.
func augmented(
  _ image: GrayImage, _ augmenter: Augmenter, epoch: Int = 0, sample: Int, neededSteps: Int = 1
) -> GrayImage {
  image.withReadOnlyView { source in
    let draw = augmenter.draw(source, epoch: epoch, sample: sample, neededSteps: neededSteps)
    var target = GrayImage(width: draw.width, height: image.height, filledWith: 77)
    target.withView { augmenter.render(draw, source, into: $0) }
    return target
  }
}

/// Sum of 255 - value in the given columns.
func ink(_ image: GrayImage) -> Int { image.pixels.reduce(0) { $0 + 255 - Int($1) } }

/// Only the geometric changes, always made. What they uncover is white, for these pictures are mostly ink.
private var geometryOnly: Augmentation {
  var augmentation = Augmentation.default
  augmentation.paper = nil
  (augmentation.affine.chance, augmentation.blur.chance, augmentation.tone.chance) = (1, 0, 0)
  return augmentation
}

@Suite struct AugmentationTests {
  @Test func names() {
    #expect(Augmentation(name: "none") == Augmentation.none)
    #expect(Augmentation(name: "default") == .default)
    #expect(Augmentation(name: "strong") == .strong)
    #expect(Augmentation(name: "weak") == nil)
    #expect(Set(Augmentation.names.map { Augmentation(name: $0)?.name }) == Set(Augmentation.names))
    #expect(geometryOnly.name == nil)
  }

  /// The default keeps its bits, and so does the one from before: runs that were made with them can be repeated. They differ where paper
  /// is not white.
  @Test func defaultsKeepTheirBits() throws {
    let first = try JSONDecoder().decode(Augmentation.self, from: Data("\"default\"".utf8))
    #expect(bits(of: first) == 14_730_287_800_632_132_057)
    #expect(bits(of: .default) == bits(of: first))
    #expect(bits(of: first, darkenedBy: 60) == 13_614_865_771_759_580_096)
    #expect(bits(of: .default, darkenedBy: 60) == 5_418_193_372_779_474_737)
  }

  /// A hash of what a set makes of some images.
  private func bits(of set: Augmentation, darkenedBy shade: UInt8 = 0) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for height in [20, 40] {
      let augmenter = Augmenter(set, seed: 7, geometry: geometry(height: height))
      for sample in 0..<100 {
        var image = picture(width: 5 + 2 * sample, height: height, seed: UInt64(sample))
        for i in image.pixels.indices { image.pixels[i] -= min(shade, image.pixels[i]) }
        let after = augmented(image, augmenter, epoch: 3, sample: sample, neededSteps: 1 + sample / 8)
        add(UInt8(truncatingIfNeeded: after.width))
        for value in after.pixels { add(value) }
      }
    }
    return hash
  }

  @Test func noneChangesNothing() {
    let augmenter = Augmenter(.none, seed: 1, geometry: geometry())
    for sample in 0..<50 {
      let image = picture(width: 11 + sample, height: 20, seed: UInt64(sample))
      #expect(augmented(image, augmenter, sample: sample) == image)
    }
  }

  @Test func dependsOnSeedEpochAndSampleOnly() {
    let image = picture(width: 61, height: 20)
    let (first, second) = (
      Augmenter(.default, seed: 7, geometry: geometry()), Augmenter(.default, seed: 7, geometry: geometry())
    )
    let other = Augmenter(.default, seed: 8, geometry: geometry())
    // In another order and between other images.
    let forward = (0..<60).map { augmented(image, first, epoch: 3, sample: $0) }
    let backward = (0..<60).reversed().map { sample in
      _ = augmented(picture(width: 200 - sample, height: 20), second, sample: 5)
      return augmented(image, second, epoch: 3, sample: sample)
    }
    #expect(forward == backward.reversed())
    for another in [
      (0..<60).map { augmented(image, first, epoch: 4, sample: $0) },
      (0..<60).map { augmented(image, other, epoch: 3, sample: $0) },
    ] {
      #expect(zip(forward, another).count { $0 == $1 } < 20)
    }
    // About one in six stays as it is: (1 - 0.5) (1 - 0.3) (1 - 0.5).
    #expect((3...20).contains(forward.count { $0 == image }))
    #expect(Set(forward.map(\.width)).count > 10)
  }

  @Test func widthsStayWithinTheBounds() {
    let geometry = geometry(height: 40, maximumWidth: 300)
    let augmenter = Augmenter(.default, seed: 3, geometry: geometry)
    var random = KeyedRandom(seed: 1, purpose: .test)
    var narrowed = 0
    for sample in 0..<4000 {
      let image = GrayImage(
        width: 4 + random.integer(below: 297), height: 40, filledWith: UInt8(random.integer(below: 256)))
      let available = geometry.sequenceLength(image.width)
      let needed = random.chance(0.5) ? available : 1 + random.integer(below: available)
      let width = image.withReadOnlyView {
        augmenter.draw($0, epoch: 0, sample: sample, neededSteps: needed).width
      }
      #expect(geometry.sequenceLength(width) >= needed, "\(image.width) became \(width), needed \(needed)")
      #expect(width >= 4 && width <= 300)
      if width < image.width { narrowed += 1 }
    }
    #expect(narrowed > 200)
  }

  @Test func labelThatNeverFittedKeepsTheWidth() {
    let augmenter = Augmenter(geometryOnly, seed: 3, geometry: geometry())
    let image = picture(width: 40, height: 20)
    for sample in 0..<300 {
      for needed in [11, 5000] {
        #expect(augmented(image, augmenter, sample: sample, neededSteps: needed).width >= 40)
      }
    }
  }

  /// Slant, rotation, scale and shift keep the writing on the canvas: strokes that touch the edges are still there.
  @Test func noInkIsCutOff() {
    for (width, height, margin) in [(150, 40, 4), (150, 40, 0), (23, 32, 0), (400, 61, 3), (7, 20, 0)] {
      var image = GrayImage(width: width, height: height)
      for y in margin..<height - margin {
        for x in [margin, margin + 1, margin + 2, width - margin - 3, width - margin - 2, width - margin - 1] {
          image[x, y] = 0
        }
      }
      let augmenter = Augmenter(geometryOnly, seed: 11, geometry: geometry(height: height))
      let before = Double(ink(image))
      var (least, most) = (Double.infinity, 0.0)
      for sample in 0..<500 {
        let after = augmented(image, augmenter, sample: sample)
        // Ink grows with the area: 0.85^2 ... 1.15^2, less where the height had to be squeezed.
        let ratio = Double(ink(after)) / before
        (least, most) = (min(least, ratio), max(most, ratio))
        #expect(ratio > (margin > 0 ? 0.7 : 0.55) && ratio < 1.36, "\(width) x \(height), sample \(sample): \(ratio)")
        #expect(after.width >= Int(0.84 * Double(width)) && after.width <= Int(1.16 * Double(width)) + height / 2 + 2)
      }
      #expect(most - least > 0.2)
    }
  }

  @Test func strokesStandAsTheFormSays() throws {
    // Without rotation, shear and shift, scale alone must move the strokes in proportion.
    var augmentation = geometryOnly
    (augmentation.affine.shear, augmentation.affine.rotation, augmentation.affine.shift) = (0, 0, 0)
    var image = GrayImage(width: 121, height: 30)
    for y in 10..<20 { for x in [20, 21, 22, 23, 80, 81, 82, 83] { image[x, y] = 0 } }
    let augmenter = Augmenter(augmentation, seed: 2, geometry: geometry(height: 30))
    for sample in 0..<200 {
      let after = augmented(image, augmenter, sample: sample)
      let scale = Double(after.width) / 121
      let columns = (0..<after.width).map { x in (0..<30).reduce(0) { $0 + 255 - Int(after[x, $1]) } }
      func center(_ range: Range<Int>) -> Double {
        let weights = range.map { Double(columns[$0]) }
        return zip(range, weights).reduce(0) { $0 + (Double($1.0) + 0.5) * $1.1 } / weights.reduce(0, +)
      }
      let middle = Int(51 * scale)
      #expect(abs(center(0..<middle) - 22 * scale) < 1)
      #expect(abs(center(middle..<after.width) - 82 * scale) < 1)
    }
  }

  @Test func toneFadesDarkensAndAddsNoise() {
    var augmentation = Augmentation.default
    (augmentation.affine.chance, augmentation.blur.chance, augmentation.tone.chance) = (0, 0, 1)
    augmentation.tone.noise = 0
    var image = GrayImage(width: 40, height: 20)
    for y in 0..<20 { for x in 0..<20 { image[x, y] = 55 } }
    let faded = Augmenter(augmentation, seed: 4, geometry: geometry())
    for sample in 0..<300 {
      let after = augmented(image, faded, sample: sample)
      let (stroke, paper) = (255 - Int(after[5, 5]), 255 - Int(after[30, 5]))
      #expect(stroke >= 107 - 1 && stroke <= 246 && paper <= 26 && stroke > paper)
    }
    (augmentation.tone.ink, augmentation.tone.darkness, augmentation.tone.noise) = (1...1, 0...0, 0.1)
    let noisy = Augmenter(augmentation, seed: 4, geometry: geometry())
    let gray = GrayImage(width: 400, height: 20, filledWith: 128)
    var largest = 0.0
    for sample in 0..<100 {
      let after = augmented(gray, noisy, sample: sample)
      let mean = after.pixels.reduce(0.0) { $0 + Double($1) } / 8000
      let variance = after.pixels.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 8000
      #expect(abs(mean - 128) < 2)
      largest = max(largest, variance.squareRoot())
    }
    #expect(largest > 20 && largest < 27)
  }

  @Test func blurSoftensAndKeepsTheInk() {
    var augmentation = Augmentation.default
    (augmentation.affine.chance, augmentation.blur.chance, augmentation.tone.chance) = (0, 1, 0)
    let augmenter = Augmenter(augmentation, seed: 4, geometry: geometry())
    var image = GrayImage(width: 41, height: 20)
    image[20, 10] = 0
    for sample in 0..<50 {
      let after = augmented(image, augmenter, sample: sample)
      #expect(after[20, 10] > 0 && after[20, 10] < 245 && after[21, 10] < 255)
      #expect(abs(ink(after) - 255) < 30)
    }
  }
}

@Suite struct InputGeometryTests {
  @Test func resizedWidth() {
    let geometry = geometry(height: 40)
    #expect(geometry.resizedWidth(width: 100, height: 40) == 100)
    #expect(geometry.resizedWidth(width: 100, height: 30) == 133)
    #expect(geometry.resizedWidth(width: 2, height: 40) == 4)
    #expect(geometry.resizedWidth(width: 5, height: 16) == 13)  // 12.5 rounds up
    #expect(geometry.resizedWidth(width: 32_768, height: 1) == 1_310_720)
  }

  @Test func narrowestWidth() {
    let geometry = geometry(maximumWidth: 103)
    for steps in 1...25 { #expect(geometry.narrowestWidth(forSteps: steps) == 4 * steps) }
    #expect(geometry.narrowestWidth(forSteps: 0) == 4)
    #expect(geometry.narrowestWidth(forSteps: 26) == nil)
  }

  @Test func neededSteps() {
    #expect(InputGeometry.neededSteps([Int32]()) == 0)
    #expect(InputGeometry.neededSteps([1, 2, 3]) == 3)
    #expect(InputGeometry.neededSteps([1, 1, 1, 2, 2]) == 8)
  }
}
