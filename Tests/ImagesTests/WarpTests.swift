import Images
import TestSupport
import Testing

@Suite struct WarpTests {
  @Test func agreesWithRealArithmetic() throws {
    let cases = try Fixtures.load("warp.json", as: Fixtures.WarpCase.self)
    #expect(cases.count == 6)
    for item in cases {
      let (m, size) = (item.map, item.result)
      let image = item.source.image
      let perspective = image.perspective(
        inverse: PerspectiveMap(m), width: size.width, height: size.height, paper: item.paper)
      // Positions are rounded to 1/256: at most 255 / 512 levels in each direction, and half a level of rounding.
      expectClose(perspective.floats, size.values, absolute: 1.5, item.name)
      guard m[6] == 0 && m[7] == 0 else { continue }
      let map = AffineMap(m[0], m[1], m[2], m[3], m[4], m[5])
      let affine = image.affine(inverse: map, width: size.width, height: size.height, paper: item.paper)
      expectClose(affine.floats, size.values, absolute: 1.5, item.name)
    }
  }

  @Test func identityChangesNothing() {
    for (width, height) in [(1, 1), (7, 5), (64, 3), (1, 9)] {
      let image = GrayImage.testPattern(width: width, height: height)
      #expect(image.affine(inverse: .identity, width: width, height: height, paper: 3) == image)
      #expect(image.perspective(inverse: .identity, width: width, height: height, paper: 3) == image)
    }
  }

  @Test func wholeStepsMovePixels() {
    let image = GrayImage.testPattern(width: 7, height: 5)
    let moved = image.affine(inverse: .translation(x: -2, y: 1), width: 9, height: 6, paper: 200)
    for y in 0..<6 {
      for x in 0..<9 {
        let inside = x >= 2 && y < 4
        #expect(moved[x, y] == (inside ? image[x - 2, y + 1] : 200))
      }
    }
    let quarter = AffineMap.rotation(radians: .pi / 2).about(x: 3.5, y: 2.5)
    let turned = image.affine(inverse: quarter, width: 7, height: 5, paper: 9)
    #expect(turned[3, 2] == image[3, 2] && turned[5, 2] == image[3, 4] && turned[3, 0] == image[5, 2])
    #expect(turned[0, 2] == 9 && turned[6, 2] == 9)
  }

  @Test func extremeMapsGivePaper() {
    let image = GrayImage.testPattern(width: 7, height: 5)
    let paper = GrayImage(width: 300, height: 4, filledWith: 17)
    let far = AffineMap(4096, -4096, 0x1p24, 4096, 4096, -0x1p24)
    #expect(image.affine(inverse: far, width: 300, height: 4, paper: 17) == paper)
    for m in [
      [0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0, -1], [1e300, 0, 0, 0, 1e300, 0, 0, 0, 1e-300],
      [.nan, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, .infinity, 0, 0, 0, 1],
    ] {
      #expect(image.perspective(inverse: PerspectiveMap(m), width: 300, height: 4, paper: 17) == paper)
    }
  }

  @Test func affineMaps() throws {
    let map = AffineMap.rotation(radians: 0.3).about(x: 4, y: 2).then(.shear(0.2)).then(.scale(x: 1.5, y: 0.75))
    let inverse = try #require(map.inverse)
    let fixed = AffineMap.rotation(radians: 0.3).about(x: 4, y: 2)(x: 4, y: 2)
    #expect(abs(fixed.x - 4) < 1e-12 && abs(fixed.y - 2) < 1e-12)
    for (x, y) in [(0.0, 0.0), (3.0, -7.0), (100.5, 40.25)] {
      let there = map(x: x, y: y)
      let back = inverse(x: there.x, y: there.y)
      #expect(abs(back.x - x) < 1e-9 && abs(back.y - y) < 1e-9)
    }
    #expect(AffineMap.shear(0.5)(x: 1, y: 4) == (3, 4))
    #expect(AffineMap(1, 2, 0, 2, 4, 0).inverse == nil)
    let down = AffineMap.rotation(radians: .pi / 2)(x: 1, y: 0)
    #expect(abs(down.x) < 1e-12 && abs(down.y - 1) < 1e-12)
  }

  @Test func perspectiveFromFourPoints() throws {
    let from: [SIMD2<Double>] = [[0, 0], [30, 0], [30, 12], [0, 12]]
    let to: [SIMD2<Double>] = [[1, 2], [28, -1], [31, 14], [-2, 11]]
    let map = try #require(PerspectiveMap(from: from, to: to))
    for (p, q) in zip(from, to) {
      let image = map(x: p.x, y: p.y)
      #expect(abs(image.x - q.x) < 1e-9 && abs(image.y - q.y) < 1e-9)
    }
    #expect(PerspectiveMap(from: [[0, 0], [1, 1], [2, 2], [0, 5]], to: to) == nil)
  }
}
