import Datasets
import Images
import Testing

/// What the audit says of single images.
@Suite struct AuditImageTests {
  private func kinds(_ image: GrayImage, _ text: String, use: Audit.Use = .training) throws -> [AuditFinding.Kind] {
    try audited([(image, text)], use: use).result.findings.map(\.kind)
  }

  @Test(arguments: [1, 2, 5, 30]) func writingIsGood(letters: Int) throws {
    let text = String(repeating: "ab", count: letters).prefix(letters)
    for seed in 1...5 as ClosedRange<UInt64> {
      #expect(try kinds(scribble(letters, seed: seed), String(text)).isEmpty)
      #expect(try kinds(scribble(letters, ink: 150, paper: 190, noise: 4, seed: seed), String(text)).isEmpty, "faint")
    }
  }

  /// A full stop is little ink, and a dash is one bar.
  @Test func littleInkIsWriting() throws {
    var dot = GrayImage(width: 30, height: 40)
    var dash = GrayImage(width: 200, height: 40)
    for y in 28..<32 {
      for x in 12..<16 { dot[x, y] = 20 }
      for x in 10..<190 { dash[x, y - 10] = 20 }
    }
    #expect(try kinds(dot, ".").isEmpty && kinds(dash, "\u{2014}").isEmpty)
    // 16 letters are not in a bar.
    let finding = try #require(try audited([(dash, "abcdefghijklmnop")]).result.findings.first)
    #expect(finding.kind == .blankImage && finding.detail.contains("bars and no writing"))
  }

  @Test func blankImages() throws {
    for image in [
      paper(255, noise: 0), paper(0, noise: 0), paper(225, noise: 4), paper(200, noise: 30),
      paper(230, noise: 3, shade: 60),
      paper(225, noise: 20, width: 900, height: 100), paper(128, noise: 50, width: 20, height: 12),
    ] {
      let result = try audited([(scribble(3), "abc"), (image, "abc")]).result
      #expect(result.findings.map(\.kind) == [.blankImage] && result.badRecords.isEmpty, "\(result.findings)")
      #expect(result.findings.first?.record == 1)
      #expect(result.findings.first?.detail.contains("nothing is written") == true)
    }
  }

  @Test func lightWriting() throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let image = inverted(scribble(6, seed: seed))
      for use in [Audit.Use.training, .evaluation] {
        #expect(try kinds(image, "abcdef", use: use) == [.invertedImage])
      }
    }
    let finding = try #require(try audited([(inverted(scribble(6)), "abcdef")]).result.findings.first)
    #expect(
      !finding.isProblem
        && finding.detail
          == "the writing is lighter than the paper; train with --polarity auto, which inverts such images, or invert the image"
    )
    // A shadow over most of the page is not ink.
    var shadow = scribble(12)
    for y in 0..<shadow.height { for x in 0..<2 * shadow.width / 3 { shadow[x, y] = UInt8(Int(shadow[x, y]) / 2) } }
    #expect(try kinds(shadow, "abcdefghijkl").isEmpty)
  }

  @Test func verticalLines() throws {
    let result = try audited([(turned(scribble(4)), "abcd"), (scribble(4), "abcd")]).result
    let finding = try #require(result.warnings.first)
    #expect(result.warnings.count == 1 && finding.kind == .verticalImage && finding.record == 0)
    #expect(finding.detail.contains("too tall for its 4 letters (40 x 92 pixels)") && finding.detail.contains("turn"))
    // Tall images of a letter or two, also with marks, are good.
    #expect(try kinds(turned(scribble(2)), "ab").isEmpty)
    #expect(try kinds(turned(scribble(2)), "\u{D9A}\u{DD2}\u{D82}").isEmpty)
  }

  @Test func imagesTooSmallToRead() throws {
    func small(_ width: Int, _ height: Int, _ text: String) throws -> [AuditFinding.Kind] {
      var image = GrayImage(width: width, height: height)
      image.pixels[0] = 0
      return try kinds(image, text)
    }
    #expect(try small(1, 1, "a") == [.imageTooSmall] && small(1, 40, "a") == [.imageTooSmall])
    #expect(try small(30, 4, "a") == [.imageTooSmall] && small(1, 1, ".") == [.imageTooSmall])
    #expect(try small(2, 5, "a").isEmpty && small(2, 2, ".").isEmpty && small(8, 2, "-").isEmpty)
    let result = try audited([(paper(255, noise: 0, width: 1, height: 1), "a")]).result
    #expect(
      result.badRecords == [0] && result.findings.first?.detail.contains("too small to read: 1 x 1 pixels") == true)
    let read = try audited([(paper(255, noise: 0, width: 1, height: 1), "a")], use: .evaluation).result
    #expect(read.badRecords.isEmpty && read.findings.map(\.kind) == [.imageTooSmall])
  }

  /// Fewer rows or columns than the survey's strides and distances.
  @Test func oddSizes() throws {
    for (width, height) in [(2, 5), (3, 700), (700, 5), (9, 9), (24, 23), (49, 25), (7001, 6200)] {
      let image = GrayImage(width: width, height: height, pixels: .init(repeating: 255, count: width * height))
      #expect(try kinds(image, "a").contains(.blankImage))
    }
  }
}
