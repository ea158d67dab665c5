import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite struct PNGDecodingTests {
  @Test func everyKindBecomesGray() throws {
    let cases = try Fixtures.load("png.json", as: Fixtures.PNGCase.self)
    #expect(cases.count == 98)
    for item in cases {
      let image = try PNG.decode([UInt8](item.png))
      #expect(image.width == item.width && image.height == item.height, "\(item.name)")
      expectClose(image.floats, item.gray.map(Float.init), absolute: item.tolerance, item.name)
    }
  }

  @Test func sizeAgreesWithDecoding() throws {
    try withTemporaryDirectory { folder in
      for item in try Fixtures.load("png.json", as: Fixtures.PNGCase.self).prefix(60) {
        let path = folder + "/x.png"
        try item.png.write(to: URL(fileURLWithPath: path))
        let size = try ImageFile.size(path: path)
        #expect(size.width == item.width && size.height == item.height, "\(item.name)")
        #expect(try PNG.read(path: path) == PNG.decode([UInt8](item.png)), "\(item.name)")
      }
    }
  }

  /// The header alone is enough for the size, and a damaged rest is not looked at.
  @Test func sizeReadsTheHeaderOnly() throws {
    try withTemporaryDirectory { folder in
      let path = folder + "/header.png"
      let bytes = try PNG.encode(.testPattern(width: 300, height: 7))
      try Data(bytes.prefix(33)).write(to: URL(fileURLWithPath: path))
      let size = try ImageFile.size(path: path)
      #expect(size.width == 300 && size.height == 7)
      try Data(bytes.prefix(32)).write(to: URL(fileURLWithPath: path))
      #expect(throws: ImageError.self) { try ImageFile.size(path: path) }
    }
  }

  @Test func bytesAfterTheEndAreIgnored() throws {
    let image = GrayImage.testPattern(width: 5, height: 4)
    let bytes = try PNG.encode(image)
    #expect(try PNG.decode(bytes + [1, 2, 3]) == image)
  }

  @Test func encodedImagesDecodeToThemselves() throws {
    for (width, height) in [(1, 1), (7, 5), (1, 40), (301, 3), (64, 64)] {
      let image = GrayImage.testPattern(width: width, height: height)
      for fast in [false, true] {
        let bytes = try PNG.encode(image, fast: fast)
        #expect(try PNG.decode(bytes) == image)
        #expect(try PNG.encode(image, fast: fast) == bytes)
      }
    }
    // Pixels that cannot be compressed do not outgrow the buffer.
    var random = KeyedRandom(seed: 1, purpose: .test)
    let noise = (0..<97 * 53).map { _ in UInt8(random.nextUInt32() >> 24) }
    let image = GrayImage(width: 97, height: 53, pixels: noise)
    #expect(try PNG.decode(PNG.encode(image)) == image)
  }

  @Test func writtenFilesReadBack() throws {
    try withTemporaryDirectory { folder in
      let path = folder + "/අකුරු.png"
      let image = GrayImage.testPattern(width: 31, height: 9)
      try PNG.write(GrayImage(width: 400, height: 400), to: path)
      try PNG.write(image, to: path)
      #expect(try PNG.read(path: path) == image)
    }
  }
}
