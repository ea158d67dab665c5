import Images
import Tensors
import TestSupport
import Testing

@Suite struct ImageOperationTests {
  @Test func blurAgreesWithRealArithmetic() throws {
    let cases = try Fixtures.load("blur.json", as: Fixtures.BlurCase.self)
    #expect(cases.count == 7)
    let blur = GaussianBlur()
    for item in cases {
      var image = item.source.image
      let border: BorderRule = item.border == "clamp" ? .clamp : .paper
      image.withView { blur.apply(to: $0, sigma: item.sigma, border: border) }
      expectClose(image.floats, item.result.values, absolute: 0.75, item.name)
      var again = item.source.image
      again.gaussianBlur(sigma: item.sigma, border: border)
      #expect(again == image)
    }
  }

  @Test func blurKeepsConstants() {
    for value in [0, 1, 127, 254, 255] as [UInt8] {
      for sigma in [0.06, 0.5, 1.3, 7, 64] as [Float] {
        let image = GrayImage(width: 13, height: 4, filledWith: value)
        var blurred = image
        blurred.gaussianBlur(sigma: sigma)
        #expect(blurred == image)
      }
    }
    let image = GrayImage.testPattern(width: 9, height: 8)
    var same = image
    same.gaussianBlur(sigma: 0)
    #expect(same == image)
    var white = GrayImage(width: 5, height: 5)
    white.gaussianBlur(sigma: 3, border: .paper)
    #expect(white == GrayImage(width: 5, height: 5))
  }

  @Test func adjusting() {
    let image = GrayImage.testPattern(width: 16, height: 16)
    var changed = image
    changed.adjust(brightness: 0, contrast: 1)
    #expect(changed == image)
    changed.adjust(brightness: -20, contrast: 1.5)
    for (old, new) in zip(image.pixels, changed.pixels) {
      let value = (Double(old) - 128) * 1.5 + 108
      #expect(abs(Double(new) - min(255, max(0, value))) <= 0.5)
    }
    changed.adjust(brightness: 255, contrast: 16)
    changed.adjust(brightness: 3, contrast: 0)
    #expect(changed == GrayImage(width: 16, height: 16, filledWith: 131))
  }

  @Test func inverting() {
    var image = GrayImage.testPattern(width: 7, height: 5)
    let original = image
    image.invert()
    #expect(zip(image.pixels, original.pixels).allSatisfy { Int($0) + Int($1) == 255 })
    image.invert()
    #expect(image == original)
  }

  @Test func noise() {
    for sigma in [2.5, 9, 30] as [Float] {
      var random = KeyedRandom(seed: 5, purpose: .test, time: 1, sample: 2)
      var image = GrayImage(width: 200, height: 101, filledWith: 128)
      image.addNoise(&random, sigma: sigma)
      let differences = image.pixels.map { Double($0) - 128 }
      let mean = differences.reduce(0, +) / Double(differences.count)
      let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(differences.count)
      #expect(abs(mean) < 0.03 * Double(sigma))
      // Rounding to whole levels adds 1/12.
      #expect(abs(variance.squareRoot() / (Double(sigma * sigma) + 1.0 / 12).squareRoot() - 1) < 0.02)
      #expect(differences.allSatisfy { abs($0) <= 3.46 * Double(sigma) + 0.5 })
      // Neighbors are independent.
      let product = zip(differences, differences.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(product / Double(differences.count) / variance) < 0.03)

      var sameKey = KeyedRandom(seed: 5, purpose: .test, time: 1, sample: 2)
      var again = GrayImage(width: 200, height: 101, filledWith: 128)
      again.addNoise(&sameKey, sigma: sigma)
      #expect(again == image)
      again.addNoise(&sameKey, sigma: sigma)
      #expect(again != image)
    }
  }

  @Test func noiseIsCutAtBlackAndWhite() {
    var random = KeyedRandom(seed: 6, purpose: .test)
    var white = GrayImage(width: 50, height: 20)
    white.addNoise(&random, sigma: 64)
    #expect(white.pixels.filter { $0 == 255 }.count > 400 && white.pixels.contains { $0 < 200 })
    var black = GrayImage(width: 50, height: 20, filledWith: 0)
    black.addNoise(&random, sigma: 64)
    #expect(black.pixels.filter { $0 == 0 }.count > 400 && black.pixels.contains { $0 > 55 })
  }

  @Test func noNoiseDrawsNoNumbers() {
    var (random, untouched) = (KeyedRandom(seed: 6, purpose: .test), KeyedRandom(seed: 6, purpose: .test))
    var image = GrayImage.testPattern(width: 7, height: 5)
    image.addNoise(&random, sigma: 0)
    #expect(image == .testPattern(width: 7, height: 5))
    #expect(random.nextUInt32() == untouched.nextUInt32())
  }
}
