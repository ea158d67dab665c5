import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite struct WebPTests {
  private func cases() throws -> [Fixtures.FormatCase] {
    try Fixtures.load("webp.json", as: Fixtures.FormatCase.self)
  }

  private func reason(_ bytes: [UInt8], _ limits: ImageLimits = ImageLimits()) -> ImageError.Reason? {
    imageError { () throws(ImageError) in _ = try WebP.decode(bytes, limits: limits) }?.reason
  }

  @Test func everyKindBecomesGray() throws {
    let cases = try cases()
    #expect(cases.count == 32)
    for item in cases {
      item.expect(try WebP.decode(item.bytes))
      #expect(try ImageFile.decode(item.bytes + [1, 2, 3]) == WebP.decode(item.bytes), "\(item.name)")
    }
  }

  @Test func truncatedAtEveryLength() throws {
    for item in try cases() {
      for length in 1..<item.bytes.count {
        guard case .truncated = reason([UInt8](item.bytes.prefix(length))) else {
          Issue.record("\(item.name) cut to \(length): \(reason([UInt8](item.bytes.prefix(length))) as Any)")
          return
        }
      }
    }
  }

  /// A file that was cut, and whose sizes were corrected: libwebp must not fill up what is missing.
  @Test func dataThatIsMissingIsNoticed() throws {
    for item in try cases() where item.width * item.height > 300 && !item.name.contains("orientation") {
      var bytes = item.bytes
      guard String(decoding: bytes[12..<16], as: UTF8.self) != "VP8X" else { continue }
      bytes.removeLast(bytes.count / 4 & ~1)
      for (place, size) in [(4, bytes.count - 8), (16, bytes.count - 20)] {
        for i in 0..<4 { bytes[place + i] = UInt8(truncatingIfNeeded: size >> (8 * i)) }
      }
      switch reason(bytes) {
      case .truncated, .corrupt: break
      case let other: Issue.record("\(item.name): \(other as Any)")
      }
    }
  }

  @Test func randomDamageDoesNotCrash() throws {
    var numbers = KeyedRandom(seed: 7, purpose: .test)
    func random(_ bound: Int) -> Int { numbers.integer(below: bound) }
    for item in try cases() {
      for _ in 0..<60 {
        var bytes = item.bytes
        for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
        let start = random(bytes.count)
        if random(3) == 0 { bytes.removeSubrange(start..<min(bytes.count, start + 1 + random(9))) }
        guard let image = try? WebP.decode(bytes) else { continue }
        #expect(image.pixels.count == image.width * image.height)
      }
    }
  }

  @Test func animationsAreRefused() throws {
    let folder = try #require(Bundle.module.url(forResource: "fixtures", withExtension: nil))
    let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("animation.webp")))
    let text = imageError { () throws(ImageError) in _ = try WebP.decode(bytes) }?.description
    #expect(text == "an animated WebP, which is not read; save one of its frames as PNG")
  }

  /// The canvas of an extended file, which its image must fill.
  @Test func declaredSizes() throws {
    var bytes = try #require(try cases().first { $0.name == "orientation 1 lossy" }).bytes
    for (width, height) in [(1 << 24, 1 << 24), (32_769, 1), (1, 8193), (8000, 8000)] {
      for i in 0..<3 {
        bytes[24 + i] = UInt8(truncatingIfNeeded: (width - 1) >> (8 * i))
        bytes[27 + i] = UInt8(truncatingIfNeeded: (height - 1) >> (8 * i))
      }
      switch reason(bytes, ImageLimits(pixels: 1 << 26)) {
      case .tooLarge(let text) where width != 8000: #expect(text.contains("\(width) x \(height)"))
      case .corrupt where width == 8000: break
      case let other: Issue.record("\(width) x \(height): \(other as Any)")
      }
    }
  }
}
