import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite struct TIFFDecodingTests {
  @Test func everyKindBecomesGray() throws {
    let cases = try Fixtures.load("tiff.json", as: Fixtures.FormatCase.self)
    #expect(cases.count == 208)
    for item in cases {
      item.expect(try TIFF.decode(item.bytes, page: item.page))
      if item.page == 0 { #expect(try ImageFile.decode(item.bytes) == TIFF.decode(item.bytes), "\(item.name)") }
    }
  }

  @Test func pagesAreCounted() throws {
    for item in try Fixtures.load("tiff.json", as: Fixtures.FormatCase.self) {
      #expect(try TIFF.pageCount(item.bytes) == (item.name.hasPrefix("page ") ? 3 : 1), "\(item.name)")
    }
    let item = try tiffCase("page 0 of three, big False, <")
    for page in [3, 1000, -1] {
      let text = imageError { () throws(ImageError) in _ = try TIFF.decode(item.bytes, page: page) }?.description
      #expect(text == "page \(page) of a TIFF with 3, counted from 0; name another")
    }
  }

  /// libtiff's handlers are those of the process: what one thread's file says must not reach another's.
  @Test func threadsDoNotMeet() async throws {
    let good = try tiffCase("RGB tiff_lzw").bytes
    var bad = good
    let middle = bad.count / 2
    for i in middle..<middle + 200 { bad[i] = 0xFF }
    let expected = try TIFF.decode(good)
    let message = imageError { () throws(ImageError) in _ = try TIFF.decode(bad) }
    #expect(message != nil)
    await withTaskGroup(of: Bool.self) { group in
      for i in 0..<64 {
        group.addTask { [bad] in
          (0..<20).allSatisfy { _ in
            i % 2 == 0
              ? (try? TIFF.decode(good)) == expected
              : imageError { () throws(ImageError) in _ = try TIFF.decode(bad) } == message
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}

/// The case of this name.
private func tiffCase(_ name: String) throws -> Fixtures.FormatCase {
  try #require(try Fixtures.load("tiff.json", as: Fixtures.FormatCase.self).first { $0.name == name }, "\(name)")
}

private struct NoTag: Error {}

/// Files that are not what they should be: one clear line each, and never a crash.
@Suite struct TIFFErrorTests {
  private func reason(_ bytes: [UInt8], _ limits: ImageLimits = ImageLimits(), page: Int = 0) -> ImageError.Reason? {
    imageError { () throws(ImageError) in _ = try TIFF.decode(bytes, page: page, limits: limits) }?.reason
  }

  /// The place of the value of a tag of the first page, in a little-endian file that is no BigTIFF.
  private func value(of tag: UInt16, in bytes: [UInt8]) throws -> Int {
    func number(_ place: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
    let directory = number(4, 4)
    for entry in 0..<number(directory, 2) where number(directory + 2 + 12 * entry, 2) == tag {
      return directory + 2 + 12 * entry + 8
    }
    throw NoTag()
  }

  /// The file with another value of a tag, of type LONG.
  private func changing(_ tag: UInt16, to new: Int, in bytes: [UInt8]) throws -> [UInt8] {
    var bytes = bytes
    let place = try value(of: tag, in: bytes)
    bytes[place - 6] = 4
    for i in 0..<4 { bytes[place + i] = UInt8(truncatingIfNeeded: new >> (8 * i)) }
    return bytes
  }

  /// Half an image is never taken for one. Bytes that pad the last strip or the directory may be missing.
  @Test func truncatedAtEveryLength() throws {
    for item in try Fixtures.load("tiff.json", as: Fixtures.FormatCase.self) where item.file.count < 3000 {
      let bytes = item.bytes
      let whole = try TIFF.decode(bytes, page: item.page)
      for length in 1..<bytes.count {
        let cut = [UInt8](bytes.prefix(length))
        let error = imageError { () throws(ImageError) in
          let image = try TIFF.decode(cut, page: item.page)
          #expect(image == whole && length > 8, "\(item.name) cut to \(length) of \(bytes.count)")
        }
        guard let error else { continue }
        // The tables of JPEG data, which are in a tag, may be what is missing.
        if case .corrupt = error.reason, item.name.contains("jpeg") { continue }
        guard case .truncated = error.reason else {
          Issue.record("\(item.name) cut to \(length) of \(bytes.count): \(error)")
          return
        }
      }
    }
  }

  /// Strips and tiles that hold less than their part of the image: codecs would leave the rest as it was.
  @Test func dataThatIsMissingIsNoticed() throws {
    let cases = try Fixtures.load("tiff.json", as: Fixtures.FormatCase.self)
    var seen = 0
    for item in cases where item.name.contains(try Regex("tiff_|group|packbits|jpeg|zlib .*<|lzw .*<")) {
      let bytes = item.bytes
      guard bytes[0] == 0x49, let place = try? value(of: 279, in: bytes), bytes[place - 4] == 1 else { continue }
      let count = Int(bytes[place]) | Int(bytes[place + 1]) << 8
      guard count > 40 else { continue }
      guard reason(try changing(279, to: count - count / 4, in: bytes)) != nil else {
        Issue.record("\(item.name): accepted")
        continue
      }
      seen += 1
    }
    #expect(seen > 15)
  }

  @Test func randomDamageDoesNotCrash() throws {
    var numbers = KeyedRandom(seed: 7, purpose: .test)
    func random(_ bound: Int) -> Int { numbers.integer(below: bound) }
    for item in try Fixtures.load("tiff.json", as: Fixtures.FormatCase.self) {
      for _ in 0..<30 {
        var bytes = item.bytes
        for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
        let start = random(bytes.count)
        if random(3) == 0 { bytes.removeSubrange(start..<min(bytes.count, start + 1 + random(9))) }
        if random(3) == 0 { bytes.insert(contentsOf: bytes.prefix(random(40)), at: min(start, bytes.count)) }
        for page in [0, 1] {
          guard let image = try? TIFF.decode(bytes, page: page) else { continue }
          #expect(image.pixels.count == image.width * image.height)
        }
        _ = try? TIFF.pageCount(bytes)
      }
    }
  }

  @Test func bombs() throws {
    for name in ["gray 8 bits, one strip", "gray 8 bits, tiles", "group4, white is 0", "RGB tiff_lzw", "L jpeg"] {
      let bytes = try tiffCase(name).bytes
      for (width, height) in [(60_000, 60_000), (1 << 30, 1 << 30), (32_769, 1), (1, 8193)] {
        let large = try changing(257, to: height, in: changing(256, to: width, in: bytes))
        guard case .tooLarge(let text) = reason(large), text.contains("\(width) x \(height)") else {
          Issue.record("\(name), \(width) x \(height): \(reason(large) as Any)")
          continue
        }
      }
      // Within the limits, but more than the data can hold: refused before memory is reserved.
      for (width, height) in [(8000, 8000), (32_768, 2048), (0, 5), (5, 0)] {
        let hollow = try changing(257, to: height, in: changing(256, to: width, in: bytes))
        guard case .corrupt = reason(hollow) else {
          Issue.record("\(name), \(width) x \(height): \(reason(hollow) as Any)")
          continue
        }
      }
    }
    let tiled = try tiffCase("gray 8 bits, tiles").bytes
    guard case .tooLarge = reason(try changing(323, to: 65_536, in: changing(322, to: 65_536, in: tiled))) else {
      Issue.record("a tile of 4 GiB is accepted")
      return
    }
    let strips = try tiffCase("gray 8 bits, strips").bytes
    guard case .corrupt = reason(try changing(278, to: 0, in: strips)) else {
      Issue.record("strips without rows")
      return
    }
  }

  /// A chain of directories that comes back to its start.
  @Test func loops() throws {
    var bytes = try tiffCase("gray 8 bits, one strip").bytes
    let next = 8 + 2 + 12 * (Int(bytes[8]) | Int(bytes[9]) << 8)
    bytes[next] = 8
    #expect(reason(bytes) == nil)
    #expect(reason(bytes, page: 1) == .corrupt("its pages form a loop"))
    let count = imageError { () throws(ImageError) in _ = try TIFF.pageCount(bytes) }
    #expect(count?.reason == .corrupt("its pages form a loop"))
  }

  @Test func kindsThatAreNotRead() throws {
    let bytes = try tiffCase("gray 8 bits, one strip").bytes
    let changes: [(tag: UInt16, value: Int, words: String)] = [
      (258, 12, "samples of 12 bits"), (258, 32, "samples of 32 bits"), (259, 6, "old-style JPEG"),
      (259, 50_000, "method 50000"), (262, 6, "YCbCr colors that are not JPEG"), (262, 8, "CIE L*a*b* colors"),
      (262, 34_892, "colors of kind 34892"), (277, 9, "9 samples a pixel"),
    ]
    for (tag, value, words) in changes {
      guard case .unsupported(let text) = reason(try changing(tag, to: value, in: bytes)) else {
        Issue.record("\(tag) \(value): \(reason(try changing(tag, to: value, in: bytes)) as Any)")
        continue
      }
      #expect(text.contains(words) && text.contains("convert it to PNG"), "\(text)")
    }
  }
}
