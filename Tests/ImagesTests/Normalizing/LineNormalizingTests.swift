import Images
import Tensors
import Testing

/// Letters as bars, with parts above and below and dots, on paper of one gray.
private struct Writing {
  var paper: UInt8 = 255
  /// Height of a letter without parts above and below.
  var size = 20

  /// The writing with margins in pixels.
  func image(left: Int = 4, right: Int = 4, above: Int = 4, below: Int = 4, slope: Double = 0, letters: Int = 12)
    -> GrayImage
  {
    let (width, tall) = (letters * size, 2 * size)
    let rise = Int(slope * Double(width))
    var image = GrayImage(width: left + width + right, height: above + tall + rise + below, filledWith: paper)
    var random = KeyedRandom(seed: 3, purpose: .test)
    for letter in 0..<letters {
      let (x0, shape) = (left + letter * size, random.integer(below: 4))
      func bar(_ x: Range<Int>, _ y: Range<Int>) {
        for column in x {
          let shift = above + Int(slope * Double(x0 + column - left))
          for row in y { image[x0 + column, row + shift] = 10 }
        }
      }
      bar(2..<6, size / 2..<size * 3 / 2)
      bar(10..<14, size / 2..<size * 3 / 2)
      bar(2..<14, size - 2..<size + 2)
      // The first letters have both extents, so that all images do.
      if shape == 1 || letter == 0 { bar(2..<6, 0..<size / 2) }
      if shape == 2 || letter == 1 { bar(10..<14, size * 3 / 2..<tall) }
      if shape == 3 { bar(8..<11, 1..<4) }
    }
    return image
  }
}

extension GrayImage {
  fileprivate func rows(below value: UInt8) -> [Int] {
    (0..<height).filter { y in (0..<width).contains { self[$0, y] < value } }
  }
}

@Suite struct LineNormalizingTests {
  private static let margins: [(Int, Int, Int, Int)] = [
    (0, 0, 0, 0), (40, 0, 0, 0), (0, 40, 0, 0), (0, 0, 40, 0), (0, 0, 0, 40), (8, 8, 8, 8), (40, 40, 40, 40),
    (1, 2, 3, 35),
  ]

  /// A normalizer gives the same pixels at any margins, on white and on gray paper.
  @Test(arguments: [255, 200] as [UInt8]) func marginsDoNotMatter(paper: UInt8) {
    let writing = Writing(paper: paper)
    let (trimmed, centered) = (writing.image().trimmed(), writing.image().centered())
    #expect(trimmed.height == 50 && trimmed.width == 12 * 20 - 8 + 10, "\(trimmed.width) x \(trimmed.height)")
    #expect(Set(trimmed.pixels) == [10, paper])
    for (left, right, above, below) in Self.margins {
      let image = writing.image(left: left, right: right, above: above, below: below)
      #expect(image.trimmed() == trimmed, "\(left) \(right) \(above) \(below)")
      #expect(image.centered() == centered, "\(left) \(right) \(above) \(below)")
    }
  }

  /// What is not of the line changes nothing: specks, a frame, rules, the black edge of a scan, pieces of neighboring lines.
  @Test(arguments: ["specks", "frame", "rule", "edge", "side", "neighbor"]) func dirtDoesNotMatter(kind: String) {
    var image = Writing().image(left: 40, right: 40, above: 40, below: 40)
    let (width, height) = (image.width, image.height)
    func fill(_ x: Range<Int>, _ y: Range<Int>) { for row in y { for column in x { image[column, row] = 0 } } }
    switch kind {
    case "specks":
      for (x, y) in [(5, 5), (200, 8), (width - 9, height - 12), (100, height - 6)] { fill(x..<x + 2, y..<y + 2) }
    case "frame":
      fill(0..<width, 1..<3)
      fill(0..<width, height - 4..<height - 2)
      fill(1..<3, 0..<height)
      fill(width - 3..<width - 1, 0..<height)
    case "rule": fill(10..<width - 10, 100..<102)
    case "edge": fill(0..<width, 0..<12)
    case "side": fill(0..<9, 0..<height)
    default: for x in stride(from: 20, to: width - 20, by: 25) { fill(x..<x + 4, 0..<8) }
    }
    let clean = Writing().image()
    #expect(image.trimmed() == clean.trimmed())
    let (found, expected) = (image.centered(), clean.centered())
    #expect((found.width, found.height) == (expected.width, expected.height))
  }

  /// Black edges and rules that are all there is are writing: a dash, an l.
  @Test func smallSignsStay() {
    var dash = GrayImage(width: 60, height: 60)
    for y in 28..<32 { for x in 10..<50 { dash[x, y] = 0 } }
    let trimmed = dash.trimmed()
    #expect(trimmed.height >= 24 && trimmed.width >= 40, "\(trimmed.width) x \(trimmed.height)")
    #expect(trimmed.pixels.count { $0 == 0 } == 160)
    var stem = GrayImage(width: 12, height: 60)
    for y in 0..<60 { for x in 4..<8 { stem[x, y] = 0 } }
    #expect(stem.trimmed().pixels.count { $0 == 0 } == 240)
  }

  /// What is lower than an eighth of the image is no line: it would be scaled up to one.
  @Test(arguments: [(40, true), (100, false)]) func lowWritingIsLeftAlone(height: Int, isWriting: Bool) {
    var image = GrayImage(width: 200, height: height)
    for letter in 0..<20 {
      for i in 0..<6 {
        image[4 + 9 * letter, 10 + i] = 0
        image[4 + 9 * letter + i, 15] = 0
      }
    }
    #expect((image.trimmed() != image) == isWriting && (image.centered() != image) == isWriting)
  }

  @Test func dotsAndPunctuationStay() {
    var image = Writing().image(left: 40, right: 80, above: 40, below: 40)
    for y in 66..<70 { for x in image.width - 70..<image.width - 66 { image[x, y] = 10 } }
    let ink = image.pixels.count { $0 == 10 }
    #expect(image.trimmed().pixels.count { $0 == 10 } == ink)
  }

  /// A line that rises by 30 pixels of 40 comes out as high as one that does not.
  @Test func centeringTakesTheSlopeAway() {
    let (level, steep) = (Writing().image(letters: 30), Writing().image(slope: 0.05, letters: 30))
    #expect(steep.trimmed().height >= level.trimmed().height + 25)
    let (expected, found) = (level.centered(), steep.centered())
    let ratio = Double(found.height) / Double(expected.height)
    #expect(ratio > 0.9 && ratio < 1.1, "\(ratio)")
    let (before, after) = (expected.rows(below: 128), found.rows(below: 128))
    #expect(abs(Double(after.count) / Double(found.height) - Double(before.count) / Double(expected.height)) < 0.15)
  }

  /// Twice the size gives twice the size: what follows depends on shapes only.
  @Test func sizesScale() {
    let (small, large) = (Writing(size: 20).image().trimmed(), Writing(size: 40).image().trimmed())
    #expect(abs(large.height - 2 * small.height) <= 2)
    // Above 255 rows, the writing is found on a smaller copy.
    let huge = Writing(size: 160).image(above: 100, below: 300).trimmed()
    #expect(abs(huge.height - 8 * small.height) <= 12, "\(huge.height)")
  }

  @Test func evenLightIsWhite() {
    let clean = Writing().image()
    var image = clean
    for y in 0..<image.height {
      for x in 0..<image.width { image[x, y] = UInt8(Int(image[x, y]) * (255 - 120 * x / image.width) / 255) }
    }
    let even = image.withEvenLight()
    for (before, after) in zip(clean.pixels, even.pixels) {
      #expect(before == 255 ? after > 225 : after < 40)
    }
    #expect(clean.withEvenLight() == clean)
  }

  /// Blank, noisy and tiny images, and images of one color, come back or give an image.
  @Test func takesAnyImage() {
    var random = KeyedRandom(seed: 8, purpose: .test)
    for width in [1, 2, 3, 17, 300] {
      for height in [1, 2, 5, 16, 130, 300] {
        let blank = GrayImage(width: width, height: height)
        #expect(blank.trimmed() == blank && blank.centered() == blank)
        let black = GrayImage(width: width, height: height, filledWith: 0)
        let noise = GrayImage(
          width: width, height: height, pixels: (0..<width * height).map { _ in UInt8(random.integer(below: 256)) })
        for image in [black, noise] {
          for result in [image.trimmed(), image.centered(), image.withEvenLight()] {
            #expect(result.width >= 1 && result.height >= 1)
          }
        }
      }
    }
  }
}
