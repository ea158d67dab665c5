import Images
import Tensors
import Testing

private let sizes = [(1, 1), (1, 9), (9, 1), (2, 3), (7, 5), (61, 13), (64, 24)]

private func changed(_ image: GrayImage, _ body: (GrayView) -> Void) -> GrayImage {
  var image = image
  image.withView(body)
  return image
}

private func numbers(_ sample: Int) -> KeyedRandom { KeyedRandom(seed: 9, purpose: .test, sample: UInt32(sample)) }

@Suite struct StrokeWeightTests {
  @Test func wholeStepsAreDilationAndErosionWithACross() {
    let weight = StrokeWeight()
    for (width, height) in sizes {
      let image = GrayImage.testPattern(width: width, height: height)
      for strength in [1, -1] as [Float] {
        let result = changed(image) { weight.apply(to: $0, strength: strength) }
        for y in 0..<height {
          for x in 0..<width {
            let cross = [(x, y), (x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].compactMap { (i, j) -> UInt8? in
              (0..<width).contains(i) && (0..<height).contains(j) ? image[i, j] : nil
            }
            #expect(result[x, y] == (strength > 0 ? cross.min() : cross.max()))
          }
        }
      }
    }
  }

  @Test func partsOfAStepLeaveInkWhereItWas() {
    let weight = StrokeWeight()
    var line = GrayImage(width: 9, height: 7)
    for y in 0..<7 { line[4, y] = 0 }
    // 40 % of a hair line's ink is left, and 90 % of a bleeding stroke's spreads to each side.
    let thin = changed(line) { weight.apply(to: $0, strength: -0.6) }
    let thick = changed(line) { weight.apply(to: $0, strength: 0.9) }
    for y in 0..<7 {
      #expect(abs(Int(thin[4, y]) - 153) <= 1 && thin[3, y] == 255 && thin[5, y] == 255)
      #expect(thick[4, y] == 0 && abs(Int(thick[3, y]) - 25) <= 1 && thick[2, y] == 255)
    }
    for strength in [-4, -1.3, -0.2, 0, 0.4, 2.5, 4] as [Float] {
      let image = GrayImage.testPattern(width: 23, height: 11)
      let result = changed(image) { weight.apply(to: $0, strength: strength) }
      let pairs = Array(zip(image.pixels, result.pixels))
      #expect(pairs.allSatisfy { strength < 0 ? $1 >= $0 : $1 <= $0 })
      #expect(strength != 0 || result == image)
      #expect(changed(image) { StrokeWeight().apply(to: $0, strength: strength) } == result)
    }
  }
}

@Suite struct MotionBlurTests {
  @Test func keepsEvenAreasAndTheRangeOfValues() {
    let blur = MotionBlur()
    for (width, height) in sizes {
      let image = GrayImage.testPattern(width: width, height: height)
      for (x, y) in [(0, 0), (3, 0), (-2.4, 1.7), (0, -5), (16, 16)] as [(Float, Float)] {
        for value in [0, 1, 200, 255] as [UInt8] {
          let even = GrayImage(width: width, height: height, filledWith: value)
          #expect(changed(even) { blur.apply(to: $0, x: x, y: y) } == even)
        }
        let result = changed(image) { blur.apply(to: $0, x: x, y: y) }
        #expect(result.pixels.min()! >= image.pixels.min()! && result.pixels.max()! <= image.pixels.max()!)
        #expect((x, y) != (0, 0) || result == image)
        #expect(changed(image) { MotionBlur().apply(to: $0, x: x, y: y) } == result)
      }
    }
  }

  @Test func spreadsAPointAlongTheWayOnly() {
    var point = GrayImage(width: 31, height: 21)
    point[15, 10] = 0
    let across = changed(point) { MotionBlur().apply(to: $0, x: 6, y: 0) }
    for y in 0..<21 {
      for x in 0..<31 { #expect((across[x, y] < 255) == (y == 10 && abs(x - 15) <= 3), "\(x), \(y)") }
    }
    for (x, y) in [(6, 0), (3.5, -2.5), (0, 7)] as [(Float, Float)] {
      let result = changed(point) { MotionBlur().apply(to: $0, x: x, y: y) }
      let ink = result.pixels.reduce(0) { $0 + 255 - Int($1) }
      #expect(abs(ink - 255) <= 20, "\(x), \(y): \(ink)")
    }
  }
}

@Suite struct BlockCompressionTests {
  /// The same in real arithmetic, from the formulas of ITU-T T.81.
  private func reference(_ image: GrayImage, quality: Int, offsetX: Int, offsetY: Int) -> [Float] {
    let table = [
      16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
      51,
      87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120,
      101,
      72, 92, 95, 98, 112, 100, 103, 99,
    ]
    let scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
    var cosines = [[Double]](repeating: [Double](repeating: 0, count: 8), count: 8)
    for k in 0..<8 {
      let factor: Double = k == 0 ? Double(0.125).squareRoot() : 0.5
      for i in 0..<8 {
        let angle = Double((2 * i + 1) * k) * Double.pi / 16
        cosines[k][i] = factor * cosine(angle)
      }
    }
    var result = [Float](repeating: 0, count: image.pixels.count)
    for top in stride(from: -offsetY, to: image.height, by: 8) {
      for left in stride(from: -offsetX, to: image.width, by: 8) {
        func pixel(_ x: Int, _ y: Int) -> Double {
          let (i, j) = (min(image.width - 1, max(0, left + x)), min(image.height - 1, max(0, top + y)))
          return Double(image[i, j]) - 128
        }
        var levels = [Double](repeating: 0, count: 64)
        for v in 0..<8 {
          for u in 0..<8 {
            var sum = 0.0
            for y in 0..<8 { for x in 0..<8 { sum += cosines[v][y] * cosines[u][x] * pixel(x, y) } }
            let step = Double(max(1, min(255, (table[8 * v + u] * scale + 50) / 100)))
            levels[8 * v + u] = (sum / step).rounded() * step
          }
        }
        for y in max(0, -top)..<min(8, image.height - top) {
          for x in max(0, -left)..<min(8, image.width - left) {
            var sum = 128.0
            for v in 0..<8 { for u in 0..<8 { sum += cosines[v][y] * cosines[u][x] * levels[8 * v + u] } }
            result[(top + y) * image.width + left + x] = Float(max(0, min(255, sum)))
          }
        }
      }
    }
    return result
  }

  /// By its series, to 1e-15 after folding; Foundation is not needed for this.
  private func cosine(_ x: Double) -> Double {
    var x = x.truncatingRemainder(dividingBy: 2 * .pi)
    if x > .pi { x -= 2 * .pi }
    var (term, sum) = (1.0, 1.0)
    for n in 1..<20 {
      let divisor = Double((2 * n - 1) * 2 * n)
      term *= -x * x / divisor
      sum += term
    }
    return sum
  }

  @Test func agreesWithTheStandardsFormulas() {
    for (width, height) in sizes {
      let image = GrayImage.testPattern(width: width, height: height)
      for (quality, x, y) in [(1, 0, 0), (25, 3, 7), (50, 0, 5), (90, 7, 0), (100, 1, 1)] {
        let result = changed(image) { BlockCompression.apply(to: $0, quality: quality, offsetX: x, offsetY: y) }
        let expected = reference(image, quality: quality, offsetX: x, offsetY: y)
        // A coefficient in the middle between two steps may fall to either side: few do.
        let far = zip(result.pixels, expected).count { !(abs(Float($0) - $1) <= 0.6) }
        #expect(far <= result.pixels.count / 20, "\(width) x \(height), quality \(quality): \(far)")
      }
    }
  }

  @Test func lowerQualityLosesMore() {
    let image = GrayImage.testPattern(width: 64, height: 40)
    let losses = [100, 75, 30, 5].map { quality in
      let result = changed(image) { BlockCompression.apply(to: $0, quality: quality) }
      return zip(image.pixels, result.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
    #expect(losses == losses.sorted() && losses[0] <= image.pixels.count && losses[3] > 2 * losses[1], "\(losses)")
  }
}

@Suite struct PaperAndLightTests {
  @Test func onlyTakesLightAndNoMoreThanAsked() {
    let page = PaperAndLight()
    for (width, height) in sizes {
      for sample in 0..<20 {
        let image = GrayImage.testPattern(width: width, height: height)
        let white = GrayImage(width: width, height: height)
        for strength in [0, 0.3, 1] as [Float] {
          for isShade in [false, true] {
            func effect(_ page: PaperAndLight, _ image: GrayImage) -> GrayImage {
              var random = numbers(sample)
              return changed(image) {
                isShade
                  ? page.shade($0, strength: strength, &random) : page.texture($0, roughness: strength, &random)
              }
            }
            let result = effect(page, image)
            #expect(zip(image.pixels, result.pixels).allSatisfy { $1 <= $0 })
            #expect(strength > 0 || result == image)
            #expect(effect(PaperAndLight(), image) == result)
            let paper = effect(page, white)
            #expect(paper.pixels.min()! >= UInt8(254.4 * (1 - strength)))
            let black = GrayImage(width: width, height: height, filledWith: 0)
            #expect(effect(page, black) == black)
          }
        }
      }
    }
  }

  @Test func textureAndShadeShow() {
    let white = GrayImage(width: 120, height: 40)
    var (textured, shaded) = (0, 0)
    for sample in 0..<40 {
      var random = numbers(sample)
      let texture = changed(white) { PaperAndLight().texture($0, roughness: 0.3, &random) }
      textured += Int(texture.pixels.max()!) - Int(texture.pixels.min()!) > 25 ? 1 : 0
      let shade = changed(white) { PaperAndLight().shade($0, strength: 0.5, &random) }
      shaded += Int(shade.pixels.max()!) - Int(shade.pixels.min()!) > 60 ? 1 : 0
    }
    #expect(textured == 40 && shaded > 25, "\(textured), \(shaded)")
  }
}

@Suite struct DisplacementFieldTests {
  /// The furthest that a gray ramp's pixels moved, from their values.
  @Test func shiftsStayWithinTheirBounds() {
    let field = DisplacementField()
    let (width, height) = (101, 41)
    // Gray says where a pixel was: along x, then along y.
    let ramps = [0, 1].map { axis in
      GrayImage(
        width: width, height: height,
        pixels: (0..<width * height).map { (i: Int) -> UInt8 in UInt8(axis == 0 ? 2 * (i % width) : 5 * (i / width)) })
    }
    for sample in 0..<60 {
      let (strength, bend) = (Float(sample % 4), Float(sample % 5 - 2) * 4)
      func moved(_ ramp: GrayImage, by field: DisplacementField) -> GrayImage {
        var random = numbers(sample)
        field.prepare(
          width: width, height: height, strength: strength, cell: 9, bend: bend, middle: Float(sample) / 60, &random)
        return ramp.perspective(inverse: .identity, shiftedBy: field)
      }
      let (byX, byY) = (moved(ramps[0], by: field), moved(ramps[1], by: DisplacementField()))
      var (sideways, upwards): (Float, Float) = (0, 0)
      // Where nothing from beyond the border mixes in.
      for y in 9..<height - 9 {
        for x in 9..<width - 9 {
          sideways = max(sideways, abs(Float(byX[x, y]) / 2 - Float(x)))
          upwards = max(upwards, abs(Float(byY[x, y]) / 5 - Float(y)))
        }
      }
      #expect(sideways <= strength + 0.3 && upwards <= strength + abs(bend) / 2 + 0.2, "sample \(sample)")
      #expect(strength == 0 || sideways > strength / 4)
      #expect(strength > 0 || bend == 0 || upwards > abs(bend) / 8)
    }
  }

  @Test func noStrengthDrawsNoNumbersAndChangesNothing() {
    let field = DisplacementField()
    for (width, height) in sizes {
      var (random, untouched) = (numbers(1), numbers(1))
      field.prepare(width: width, height: height, strength: 0, cell: 2, bend: 0, middle: 0.3, &random)
      #expect(random.nextUInt32() == untouched.nextUInt32())
      let image = GrayImage.testPattern(width: width, height: height)
      #expect(image.perspective(inverse: .identity, shiftedBy: field) == image)
    }
  }
}

@Suite struct PerspectiveMapTests {
  @Test func unitSquareAgreesWithFourPoints() throws {
    let corners: [SIMD2<Double>] = [[1, 2], [28, -1], [31, 14], [-2, 11]]
    let map = try #require(PerspectiveMap(unitSquareTo: corners[0], corners[1], corners[2], corners[3]))
    let other = try #require(PerspectiveMap(from: [[0, 0], [1, 0], [1, 1], [0, 1]], to: corners))
    let inverse = try #require(map.inverse)
    let shifted = map.then(AffineMap.translation(x: 3, y: -1))
    for (x, y) in [(0.0, 0.0), (1.0, 1.0), (0.25, 0.75), (0.5, 0.1)] {
      let (p, q) = (map(x: x, y: y), other(x: x, y: y))
      #expect(abs(p.x - q.x) < 1e-9 && abs(p.y - q.y) < 1e-9)
      let back = inverse(x: p.x, y: p.y)
      #expect(abs(back.x - x) < 1e-9 && abs(back.y - y) < 1e-9)
      let moved = shifted(x: x, y: y)
      #expect(abs(moved.x - p.x - 3) < 1e-9 && abs(moved.y - p.y + 1) < 1e-9)
    }
    #expect(PerspectiveMap(unitSquareTo: [0, 0], [1, 1], [2, 2], [0, 5]) != nil)
    #expect(PerspectiveMap(unitSquareTo: [0, 0], [1, 0], [2, 0], [3, 0]) == nil)
    #expect(PerspectiveMap([1, 0, 0, 2, 0, 0, 0, 0, 1]).inverse == nil)
  }
}
