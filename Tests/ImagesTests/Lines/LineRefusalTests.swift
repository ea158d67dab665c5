import Images
import Tensors
import Testing

@Suite struct LineRefusalTests {
  private let square = points((10, 10), (60, 12), (60, 40), (10, 40))

  private func refusal(_ outline: LineOutline) -> LineError? { outline.refusal(onPageWidth: 100, height: 80) }

  @Test func saysWhy() {
    #expect(refusal(LineOutline()) == .noHeight(baselinePoints: 0))
    #expect(refusal(LineOutline(baseline: points((5, 5)))) == .noHeight(baselinePoints: 1))
    #expect(refusal(LineOutline(baseline: points((5, 5), (50, 5)))) == .noHeight(baselinePoints: 2))
    #expect(refusal(LineOutline(polygon: points((5, 5), (50, 5)))) == .noHeight(baselinePoints: 0))
    for far in [Double.nan, .infinity, -.infinity, 1e6 + 1, -1e300] {
      #expect(refusal(LineOutline(polygon: square + points((far, 3)))) == .badCoordinate)
      #expect(refusal(LineOutline(baseline: points((3, 3), (3, far)), polygon: square)) == .badCoordinate)
      #expect(refusal(LineOutline(box: .init(from: PagePoint(0, 0), to: PagePoint(9, far)))) == .badCoordinate)
      #expect(refusal(LineOutline(polygon: square, rotation: far)) == .badCoordinate)
    }
    #expect(refusal(LineOutline(polygon: points((10, 10), (11, 10), (11, 60), (10, 60)))) == .noArea)
    #expect(refusal(LineOutline(polygon: points((10, 10), (50, 10), (90, 10)))) == .noArea)
    let spot = LineOutline(baseline: points((0, 9), (90, 9)), polygon: points((9, 9), (9, 9), (9, 9)))
    #expect(refusal(spot) == .noHeight(baselinePoints: 2))
    #expect(refusal(LineOutline(polygon: square.map { PagePoint($0.x + 95, $0.y) })) == .outsidePage)
    #expect(refusal(LineOutline(box: .init(from: PagePoint(-50, 0), to: PagePoint(0, 20)))) == .outsidePage)
    // Its box touches the page, but it does not.
    #expect(refusal(LineOutline(polygon: points((105, 0), (190, -80), (195, -70), (110, 8)))) == .outsidePage)
    let wide = refusal(LineOutline(box: .init(from: PagePoint(0, 0), to: PagePoint(40_000, 20))))
    guard case .tooLarge = wide else { return #expect(wide == .tooLarge("")) }
    for reason in [LineError.noHeight(baselinePoints: 0), .noHeight(baselinePoints: 1), .noHeight(baselinePoints: 2)] {
      #expect(!reason.description.contains("\n"))
    }
  }

  @Test func tooManyPointsAreNotLookedAt() {
    let many = [PagePoint](repeating: PagePoint(.nan, 1), count: 1_000_000)
    #expect(refusal(LineOutline(polygon: many)) == .tooManyPoints(1_000_000))
    #expect(refusal(LineOutline(baseline: many, polygon: square)) == .tooManyPoints(1_000_004))
  }

  @Test func aBaselineOfOnePointGivesWayToThePolygon() {
    for baseline in [points((20, 30)), points((20, 30), (20, 30))] {
      #expect(refusal(LineOutline(baseline: baseline, polygon: square)) == nil)
    }
  }

  @Test func manyPointsAreCut() throws {
    var random = KeyedRandom(seed: 5, purpose: .test)
    let polygon = (0..<3_000).map { _ in PagePoint(Double(random.uniform(0, 100)), Double(random.uniform(0, 80))) }
    let image = try LineCutter(.noise(100, 80)).cut(LineOutline(baseline: points((0, 60), (100, 62)), polygon: polygon))
    #expect(image.width >= 98 && image.height >= 76)
  }
}

@Suite struct LineSizeTests {
  /// A coordinate: mostly on the page or near it, sometimes whole, sometimes far.
  private func coordinate(_ random: inout KeyedRandom, _ size: Float) -> Double {
    switch random.integer(below: 40) {
    case 0: [Double.nan, .infinity, 1e6, -1e6, 1e18, 0, -0.5, 0.5][random.integer(below: 8)]
    case 1...4: Double(random.uniform(-10 * size, 10 * size))
    case 5...20: Double(random.integer(below: Int(size)))
    default: Double(random.uniform(-0.2 * size, 1.2 * size))
    }
  }

  private func points(_ random: inout KeyedRandom) -> [PagePoint] {
    let counts = [0, 1, 2, 2, 3, 4, 4, 5, 9, 30]
    var points = (0..<counts[random.integer(below: counts.count)]).map { _ in
      PagePoint(coordinate(&random, 300), coordinate(&random, 200))
    }
    if random.chance(0.2), let first = points.first { points.append(first) }
    if random.chance(0.1), let last = points.last { points.append(last) }
    return points
  }

  private func outline(_ sample: Int) -> LineOutline {
    var random = KeyedRandom(seed: 77, purpose: .test, sample: UInt32(sample))
    var outline: LineOutline
    if random.chance(0.4) {
      // A line as people draw it, with some shake.
      let (slope, bend) = (Double(random.uniform(-2, 2)), Double(random.uniform(-0.01, 0.01)))
      let (above, below) = (Double(random.uniform(-5, 50)), Double(random.uniform(-5, 50)))
      let shake = random.uniform(0, 8)
      outline = .along(20...280, above: above, below: below) {
        100 + slope * ($0 - 150) + bend * ($0 - 150) * ($0 - 150) + Double(random.uniform(-shake, shake))
      }
      if random.chance(0.5) { outline = outline.turned(pageHeight: 200) }
      if random.chance(0.3) { outline.baseline.reverse() }
    } else {
      outline = LineOutline(baseline: points(&random), polygon: points(&random))
    }
    if random.chance(0.3) {
      outline.box = .init(
        from: PagePoint(coordinate(&random, 300), coordinate(&random, 200)),
        to: PagePoint(coordinate(&random, 300), coordinate(&random, 200)))
      if random.chance(0.5) { outline.polygon = [] }
    }
    if random.chance(0.3) { outline.rotation = coordinate(&random, 360) }
    return outline
  }

  @Test func isThatOfTheCutImage() {
    let limits = ImageLimits(width: 2_000, height: 1_000, pixels: 150_000)
    let cutter = LineCutter(.noise(300, 200), limits: limits)
    var (cut, reasons) = (0, Set<String>())
    for sample in 0..<4_000 {
      let outline = outline(sample)
      let refusal = outline.refusal(onPageWidth: 300, height: 200, limits: limits)
      do throws(LineError) {
        let size = try outline.size(onPageWidth: 300, height: 200, limits: limits)
        let image = try cutter.cut(outline)
        #expect(refusal == nil && image.width == size.width && image.height == size.height, "\(sample)")
        #expect(image.width >= 2 && image.height >= 2 && image.width <= 2_000 && image.height <= 1_000)
        #expect(image.pixels.count <= 150_000)
        cut += 1
      } catch {
        #expect(refusal == error, "\(sample)")
        reasons.insert(String("\(error)".prefix(20)))
      }
    }
    #expect(cut > 1_500 && reasons.count >= 6, "\(cut) \(reasons)")
  }
}
