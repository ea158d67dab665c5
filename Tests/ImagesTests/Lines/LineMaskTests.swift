import Images
import Tensors
import Testing

@Suite struct LineMaskTests {
  /// A polygon with teeth of 12 pixels.
  private let zigzag: [PagePoint] = {
    let places = stride(from: 20.0, through: 280, by: 10).enumerated()
    let upper = places.map { PagePoint($1, $0 % 2 == 0 ? 30 : 42) }
    let lower = places.map { PagePoint($1, $0 % 2 == 0 ? 88 : 76) }
    return upper + lower.reversed()
  }()

  private var line: LineOutline { LineOutline(baseline: points((20, 70), (280, 70)), polygon: zigzag) }

  @Test func pixelsInsideAreThePagesOwn() throws {
    let page = GrayImage.noise(300, 120)
    let image = try LineCutter(page).cut(line)
    #expect(image.width == 260 && image.height == 56)
    var (inside, others) = (0, 0)
    for y in 0..<image.height {
      for x in 0..<image.width where isIn(zigzag, Double(x) + 20.5, Double(y) + 31.5) {
        inside += 1
        if image[x, y] != page[x + 20, y + 31] { others += 1 }
      }
    }
    #expect(others == 0 && inside > 9_000)
  }

  @Test func neighborsInkIsGone() throws {
    // Ink everywhere outside of the polygon, on light and on dark paper.
    for (paper, ink) in [(230, 10), (25, 250)] as [(UInt8, UInt8)] {
      let page = GrayImage.page(300, 120) { x, y in
        isIn(zigzag, x, y) ? (Int(x) % 9 < 3 && abs(y - 60) < 10 ? ink : paper) : ink
      }
      let image = try LineCutter(page).cut(line)
      for y in 0..<image.height {
        let outside = (0..<image.width).filter { !isIn(zigzag, Double($0) + 20.5, Double(y) + 31.5) }
        #expect(outside.allSatisfy { image[$0, y] == paper })
      }
      #expect(image.pixels.contains(ink))
    }
  }

  @Test func noStepIsVisibleAlongTheMask() throws {
    // Paper in uneven light, from 140 to 230, and darker by 8 at the bottom, without and with ink.
    for hasInk in [false, true] {
      let page = GrayImage.page(300, 120) { x, y in
        hasInk && Int(x) % 9 < 4 && abs(y - 60) < 12 ? 15 : UInt8(140 + x * 0.3 - y / 15)
      }
      let image = try LineCutter(page).cut(line)
      for y in 0..<image.height where abs(y - 29) > 14 {
        let steps = (1..<image.width).map { abs(Int(image[$0, y]) - Int(image[$0 - 1, y])) }
        #expect(steps.max()! <= 4, "row \(y)")
      }
    }
  }

  @Test func rectanglesAreCroppedExactly() throws {
    let page = GrayImage.noise(90, 70)
    let rectangle = points((10, 20), (70, 20), (70, 50), (10, 50), (10, 20))
    let box = LineOutline.Box(from: PagePoint(10.2, 20), to: PagePoint(70, 49.8))
    let point = LineOutline(baseline: points((12, 40)), box: box)
    for outline in [LineOutline(polygon: rectangle), LineOutline(box: box), point] {
      let image = try LineCutter(page).cut(outline)
      #expect(image == .page(60, 30) { page[Int($0) + 10, Int($1) + 20] })
    }
  }

  @Test func beyondThePageIsPaper() throws {
    let page = GrayImage(width: 60, height: 50, filledWith: 200)
    let box = LineOutline(box: .init(from: PagePoint(-30, -20), to: PagePoint(90, 70)))
    #expect(try LineCutter(page).cut(box) == GrayImage(width: 120, height: 90, filledWith: 200))
    for slope in [0, 0.05, 0.2] {
      let image = try LineCutter(page).cut(.along(-40...100) { 25 + slope * $0 })
      #expect(image.width > 135 && image.pixels.allSatisfy { $0 == 200 })
    }
  }

  @Test func aPolygonThatCrossesItselfKeepsItsLoops() throws {
    let page = GrayImage.noise(120, 80)
    // Two loops of opposite sense, and one that winds around twice.
    let eight = points((10, 10), (110, 70), (110, 10), (10, 70))
    let twice = points((10, 10), (110, 10), (110, 70), (10, 70), (10, 10), (110, 10), (110, 70), (10, 70))
    let baseline = points((10, 60), (110, 60))
    let image = try LineCutter(page).cut(LineOutline(baseline: baseline, polygon: eight))
    #expect(image[5, 30] == page[15, 40] && image[94, 30] == page[104, 40])
    let whole = try LineCutter(page).cut(LineOutline(baseline: baseline, polygon: twice))
    #expect(whole == .page(100, 60) { page[Int($0) + 10, Int($1) + 10] })
  }

  @Test func aSpikeDoesNotMakeTheLineHigh() throws {
    let page = GrayImage.noise(700, 400)
    let spiked = points((20, 200), (300, 200), (302, 5), (304, 200), (620, 200), (620, 240), (20, 240))
    let image = try LineCutter(page).cut(LineOutline(baseline: points((20, 230), (620, 230)), polygon: spiked))
    #expect(image.height == 80)
  }
}
