import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite struct JPEGDecodingTests {
  /// The values that Pillow gives, which rounds its gray in another way.
  @Test func everyKindBecomesGray() throws {
    let cases = try Fixtures.load("jpeg.json", as: Fixtures.JPEGCase.self)
    #expect(cases.count == 39)
    for item in cases {
      let image = try ImageFile.decode([UInt8](item.jpeg))
      #expect(image.width == item.width && image.height == item.height, "\(item.name)")
      expectClose(image.floats, item.gray.map(Float.init), absolute: 1, item.name)
    }
  }

  @Test func bytesAfterTheEndAreIgnored() throws {
    for item in try Fixtures.load("jpeg.json", as: Fixtures.JPEGCase.self).prefix(4) {
      let bytes = [UInt8](item.jpeg)
      #expect(try JPEG.decode(bytes + [1, 2, 3]) == JPEG.decode(bytes))
    }
  }

  /// What a file is, its bytes say.
  @Test func theNameDoesNotMatter() throws {
    let item = try #require(try Fixtures.load("jpeg.json", as: Fixtures.JPEGCase.self).first)
    try withTemporaryDirectory { folder in
      try item.jpeg.write(to: URL(fileURLWithPath: folder + "/x.png"))
      #expect(try ImageFile.read(path: folder + "/x.png") == JPEG.decode([UInt8](item.jpeg)))
      try PNG.write(.testPattern(width: 9, height: 5), to: folder + "/x.jpg")
      #expect(try ImageFile.read(path: folder + "/x.jpg") == .testPattern(width: 9, height: 5))
    }
  }
}

/// Files that are not what they should be: one clear line each, and never a crash.
@Suite struct JPEGErrorTests {
  private func reason(_ bytes: [UInt8], _ limits: ImageLimits = ImageLimits()) -> ImageError.Reason? {
    imageError { () throws(ImageError) in _ = try JPEG.decode(bytes, limits: limits) }?.reason
  }

  private func cases() throws -> [Fixtures.JPEGCase] {
    try Fixtures.load("jpeg.json", as: Fixtures.JPEGCase.self)
  }

  @Test func truncatedAtEveryLength() throws {
    for item in try cases() {
      let bytes = [UInt8](item.jpeg)
      for length in 1..<bytes.count {
        guard case .truncated = reason([UInt8](bytes.prefix(length))) else {
          Issue.record(
            "\(item.name) cut to \(length) of \(bytes.count): \(reason([UInt8](bytes.prefix(length))) as Any)")
          return
        }
      }
    }
  }

  /// A download that broke off and was closed with an end marker: libjpeg would fill the rest with gray.
  @Test func dataThatIsMissingIsNoticed() throws {
    for item in try cases() where item.width * item.height > 300 && !item.name.contains("progressive") {
      let bytes = [UInt8](item.jpeg)
      let cut = bytes.prefix(bytes.count - bytes.count / 4) + [0xFF, 0xD9]
      guard case .corrupt = reason([UInt8](cut)) else {
        Issue.record("\(item.name): accepted")
        continue
      }
    }
  }

  @Test func randomDamageDoesNotCrash() throws {
    var numbers = KeyedRandom(seed: 7, purpose: .test)
    func random(_ bound: Int) -> Int { numbers.integer(below: bound) }
    for item in try cases() {
      for _ in 0..<40 {
        var bytes = [UInt8](item.jpeg)
        for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
        let start = random(bytes.count)
        if random(3) == 0 { bytes.removeSubrange(start..<min(bytes.count, start + 1 + random(9))) }
        if random(3) == 0 { bytes.insert(contentsOf: bytes.prefix(random(40)), at: min(start, bytes.count)) }
        if let image = try? JPEG.decode(bytes) { #expect(image.pixels.count == image.width * image.height) }
      }
    }
  }

  /// The same file with another size in its header.
  private func declaring(_ width: Int, _ height: Int, in bytes: [UInt8]) throws -> [UInt8] {
    var bytes = bytes
    let frame = try #require(
      bytes.indices.dropLast().first { bytes[$0] == 0xFF && (0xC0...0xC2).contains(bytes[$0 + 1]) })
    (bytes[frame + 5], bytes[frame + 6]) = (UInt8(height >> 8), UInt8(height & 255))
    (bytes[frame + 7], bytes[frame + 8]) = (UInt8(width >> 8), UInt8(width & 255))
    return bytes
  }

  @Test func bombs() throws {
    for item in try cases().filter({ $0.name.contains("progressive") || $0.name.hasPrefix("gray 8x8") }) {
      for (width, height) in [(60_000, 60_000), (65_535, 1), (1, 65_535), (32_769, 1), (1, 8193)] {
        let refused = reason(try declaring(width, height, in: [UInt8](item.jpeg)))
        guard case .tooLarge(let text) = refused, text.contains("\(width) x \(height)") else {
          Issue.record("\(width) x \(height): \(refused as Any)")
          continue
        }
      }
      // Within the limits, but more than the data can hold: refused before memory is reserved.
      for (width, height) in [(8000, 8000), (32_768, 2048), (0, 5), (5, 0)] {
        let refused = reason(try declaring(width, height, in: [UInt8](item.jpeg)))
        guard case .corrupt = refused else {
          Issue.record("\(width) x \(height): \(refused as Any)")
          continue
        }
      }
    }
    // A file that goes over its image again and again.
    let item = try #require(try cases().first { $0.name == "gray 33x21 progressive" })
    var bytes = [UInt8](item.jpeg)
    let scan = try #require(bytes.indices.dropLast().last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
    bytes.insert(contentsOf: (0..<100).flatMap { _ in bytes[scan..<bytes.count - 2] }, at: bytes.count - 2)
    #expect(reason(bytes) == .corrupt("more than 100 scans"))
  }

  @Test func limitsAreExact() throws {
    let item = try #require(try cases().first { $0.name == "color 40x23" })
    let bytes = [UInt8](item.jpeg)
    let exact = ImageLimits(fileBytes: bytes.count, width: 40, height: 23, pixels: 920)
    #expect(reason(bytes, exact) == nil)
    for change in [\ImageLimits.fileBytes, \.width, \.height, \.pixels] {
      var limits = exact
      limits[keyPath: change] -= 1
      guard case .tooLarge = reason(bytes, limits) else {
        Issue.record("accepted")
        continue
      }
    }
  }

  @Test func kindsThatAreNotRead() throws {
    let folder = try #require(Bundle.module.url(forResource: "fixtures", withExtension: nil))
    let cmyk = try Data(contentsOf: folder.appendingPathComponent("cmyk.jpg"))
    let text = imageError { () throws(ImageError) in _ = try JPEG.decode([UInt8](cmyk)) }?.description
    #expect(text == "a CMYK JPEG, whose colors depend on the press; convert it to RGB or gray")
    var bytes = [UInt8](try #require(try cases().first { $0.name == "gray 31x17" }).jpeg)
    let frame = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    for code in [0xC3, 0xC9, 0xCA] as [UInt8] {
      bytes[frame + 1] = code
      guard case .unsupported(let what) = reason(bytes), what.contains("convert it to PNG") else {
        Issue.record("\(code): \(reason(bytes) as Any)")
        continue
      }
    }
    (bytes[frame + 1], bytes[frame + 4]) = (0xC1, 12)
    guard case .unsupported(let what) = reason(bytes), what.contains("12 bits") else {
      Issue.record("\(reason(bytes) as Any)")
      return
    }
  }

  @Test func otherThingsThanImages() throws {
    try withTemporaryDirectory { folder in
      let files: [(bytes: [UInt8], words: String)] = [
        ([], "the file is empty"),
        (Array("hello\n".utf8), "not a PNG, JPEG, TIFF or WebP image but text; convert it to PNG"),
        ([0xFF, 0xD8], "truncated JPEG"), ([0xFF, 0xD8, 0xFF, 0xD9], "corrupt JPEG (it holds no image)"),
        ([0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0xFF, 0xD9], "corrupt JPEG"), (Array("GIF89a".utf8), "a GIF image"),
        ([0, 0, 0, 24] + Array("ftypheic".utf8), "a HEIC or AVIF image"),
      ]
      for file in files {
        let path = folder + "/x.jpg"
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
        let text = imageError { () throws(ImageError) in _ = try ImageFile.read(path: path) }?.description ?? "accepted"
        #expect(text.hasPrefix(path + ": ") && text.contains(file.words) && !text.contains("\n"), "\(text)")
      }
    }
  }
}
