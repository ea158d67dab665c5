import Images
import Tensors
import Testing

@Suite struct LineStraighteningTests {
  /// Bars of ink and of half ink: 20 pixels high, on the baseline y = f(x).
  private func bars(_ width: Int, _ height: Int, _ f: @escaping (Double) -> Double) -> GrayImage {
    .page(width, height) { x, y in
      let above = f(x) - y
      return above > 0 && above < 20 && x > 50 && x < Double(width) - 50 ? (Int(x) % 14 < 5 ? 20 : 90) : 230
    }
  }

  private func expectLevel(_ image: GrayImage, within tolerance: Int) {
    // Without the oblique ends.
    let rows = image.inkRows(darkerThan: 160).dropFirst(16).dropLast(16)
    #expect(rows.count > image.width / 2)
    let (bottoms, tops) = (rows.map(\.upperBound), rows.map(\.lowerBound))
    #expect(bottoms.max()! - bottoms.min()! <= tolerance)
    #expect(tops.max()! - tops.min()! <= tolerance)
  }

  @Test func textOnACurveBecomesLevel() throws {
    // A wave of two parabolas per period: 24 pixels high.
    let wave: (Double) -> Double = { x in
      let part = (x / 300).truncatingRemainder(dividingBy: 2)
      return 150 + (part < 1 ? 1 : -1) * 48 * (part < 1 ? part : part - 1) * (1 - (part < 1 ? part : part - 1))
    }
    let page = bars(900, 300, wave)
    #expect(page.inkRows().map(\.upperBound).max()! - page.inkRows().map(\.upperBound).min()! > 20)
    let image = try LineCutter(page).cut(.along(30...870, wave))
    expectLevel(image, within: 4)
    #expect(abs(image.height - 55) <= 6 && image.width > 840 && image.width < 870)
  }

  @Test func slantedTextBecomesLevel() throws {
    for slope in [-0.7, -0.3, -0.05, 0.02, 0.08, 0.5] {
      let line: (Double) -> Double = { 400 + slope * ($0 - 400) }
      let page = bars(800, 800, line)
      let outline = LineOutline.along(30...770, line)
      let tolerance = 2
      expectLevel(try LineCutter(page).cut(outline), within: tolerance)
      // Without a baseline, by the middle of the polygon.
      let alone = LineOutline(polygon: outline.polygon)
      if abs(slope) * 740 > 17 { expectLevel(try LineCutter(page).cut(alone), within: tolerance) }
      // With a box instead of a polygon.
      let (high, low) = (min(line(30), line(770)), max(line(30), line(770)))
      let box = LineOutline.Box(from: PagePoint(30, high - 40), to: PagePoint(770, low + 15))
      let boxed = LineOutline(baseline: outline.baseline, box: box)
      let image = try LineCutter(page).cut(boxed)
      expectLevel(image, within: tolerance)
      #expect(image.height <= 56)
    }
  }

  @Test func cornersOfTheBaselineFoldNothing() throws {
    // Smoothed for a line 20 pixels high, but its polygon reaches 58 pixels far: without more, the columns would cross.
    for turn in [0.3, 1, 3, 10, -0.5] {
      let baseline = points((40, 250), (300, 250), (400, 250 + 100 * turn))
      let region = points((40, 230), (200, 192), (400, 230 + 100 * turn), (400, 270 + 100 * turn), (40, 270))
      let columns = try #require(BaselineCurve(baseline, height: 20).columns(spanning: region, most: 5_000))
      var least = Double.infinity
      for i in 1..<columns.count {
        for height in [-58.0, 0, 58] {
          func place(_ k: Int) -> (x: Double, y: Double) {
            (columns.x[k] - height * columns.dy[k], columns.y[k] + height * columns.dx[k])
          }
          let (from, to) = (place(i - 1), place(i))
          least = min(least, (to.x - from.x) * columns.dx[i] + (to.y - from.y) * columns.dy[i])
        }
      }
      #expect(least > 0.2, "\(turn): \(least)")
    }
  }

  @Test func theBitsOfACurvedLineStay() throws {
    let page = GrayImage.noise(400, 200)
    let image = try LineCutter(page).cut(.along(20...380) { 100 + ($0 - 200) * ($0 - 200) / 1_000 })
    let hash = image.pixels.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    #expect(hash == 11_593_406_623_745_203_375 && image.width == 377 && image.height == 55, "\(hash)")
  }

  @Test func threadsShareACutter() async throws {
    let cutter = LineCutter(.noise(300, 200))
    let lines = (0..<40).map { k in LineOutline.along(20...280) { 100 + $0 / Double(10 + k) } }
    let alone = try lines.map { try cutter.cut($0) }
    let together = await withTaskGroup(of: (Int, GrayImage?).self) { group in
      for (k, line) in lines.enumerated() { group.addTask { (k, try? cutter.cut(line)) } }
      return await group.reduce(into: [Int: GrayImage]()) { $0[$1.0] = $1.1 }
    }
    for k in lines.indices { #expect(together[k] == alone[k]) }
  }
}

@Suite struct LineDirectionTests {
  private let page = GrayImage.noise(240, 160)
  private let polygon = points((20, 50), (200, 44), (210, 90), (120, 84), (24, 92))
  private var upright: LineOutline { LineOutline(baseline: points((24, 80), (204, 80)), polygon: polygon) }

  @Test func ofAllFourQuarterTurns() throws {
    var (page, line) = (page, upright)
    let expected = try LineCutter(page).cut(line)
    #expect(expected.width == 190 && expected.height == 48)
    for _ in 0..<4 {
      line = line.turned(pageHeight: page.height)
      page = page.turned
      // Vertical lines are taken as drawn; a leftward one with its letters below it stands on its head.
      #expect(try LineCutter(page).cut(line) == expected)
      // The same by the rotation of the file, for polygons and boxes.
      let alone = LineOutline(polygon: line.polygon, rotation: line.rotation)
      #expect(try LineCutter(page).cut(alone) == LineCutter(self.page).cut(LineOutline(polygon: polygon)))
    }
  }

  @Test func ofABoxByItsRotation() throws {
    var (page, line) = (page, LineOutline(box: .init(from: PagePoint(10, 20), to: PagePoint(150, 61))))
    let expected = try LineCutter(page).cut(line)
    #expect(expected.width == 140 && expected.height == 41)
    for _ in 0..<4 {
      line = line.turned(pageHeight: page.height)
      page = page.turned
      for skew in [-44.0, 0, 44, 720] {
        let skewed = LineOutline(box: line.box, rotation: line.rotation + skew)
        #expect(try LineCutter(page).cut(skewed) == expected)
      }
    }
  }

  @Test func drawnFromRightToLeftIsTurnedAround() throws {
    let backward = LineOutline(baseline: upright.baseline.reversed(), polygon: polygon)
    #expect(try LineCutter(page).cut(backward) == LineCutter(page).cut(upright))
    // On a curve too.
    let curve = LineOutline.along(20...220) { 80 + ($0 - 120) * ($0 - 120) / 500 }
    let reversed = LineOutline(baseline: curve.baseline.reversed(), polygon: curve.polygon)
    #expect(try LineCutter(page).cut(reversed) == LineCutter(page).cut(curve))
  }

  @Test func hangingLettersStayUpright() throws {
    let hanging = LineOutline(baseline: points((24, 50), (204, 50)), polygon: polygon)
    #expect(try LineCutter(page).cut(hanging) == LineCutter(page).cut(upright))
  }

  @Test func aBaselineShorterThanHalfTheHeightSaysNoSlope() throws {
    let square = points((50, 20), (90, 20), (90, 80), (50, 80))
    let short = LineOutline(baseline: points((60, 70), (70, 65)), polygon: square)
    #expect(try LineCutter(page).cut(short) == LineCutter(page).cut(LineOutline(polygon: square)))
  }
}
