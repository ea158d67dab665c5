import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Files that are not what they should be: one clear line each, and never a crash.
@Suite struct PNGErrorTests {
  @Test func truncatedAtEveryLength() throws {
    for item in try Fixtures.load("png.json", as: Fixtures.PNGCase.self).filter({ $0.png.count < 2000 }) {
      let bytes = [UInt8](item.png)
      for length in 1..<bytes.count {
        let error = imageError { () throws(ImageError) in _ = try PNG.decode([UInt8](bytes.prefix(length))) }
        guard case .truncated = error?.reason else {
          Issue.record("\(item.name) cut to \(length) of \(bytes.count): \(error?.description ?? "accepted")")
          return
        }
      }
    }
  }

  /// Every chunk that is used has a checksum: no flip of a bit in one may go unnoticed.
  @Test func flippedBits() throws {
    let cases = try Fixtures.load("png.json", as: Fixtures.PNGCase.self).filter { $0.png.count < 260 }
    #expect(cases.count > 40)
    var accepted: [String] = []
    for item in cases {
      let original = [UInt8](item.png)
      let expected = try PNG.decode(original)
      for bit in 0..<original.count * 8 {
        var bytes = original
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        if let image = try? PNG.decode(bytes), image != expected { accepted.append("\(item.name): bit \(bit)") }
      }
    }
    #expect(accepted.isEmpty)
  }

  @Test func randomDamageDoesNotCrash() throws {
    var numbers = KeyedRandom(seed: 7, purpose: .test)
    func random(_ bound: Int) -> Int { numbers.integer(below: bound) }
    for item in try Fixtures.load("png.json", as: Fixtures.PNGCase.self) where item.png.count < 2000 {
      for _ in 0..<40 {
        var bytes = [UInt8](item.png)
        for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
        let start = random(bytes.count)
        if random(3) == 0 { bytes.removeSubrange(start..<min(bytes.count, start + 1 + random(9))) }
        if random(3) == 0 { bytes.insert(contentsOf: bytes.prefix(random(40)), at: min(start, bytes.count)) }
        _ = try? PNG.decode(bytes)
      }
    }
  }

  /// A header with valid checksum, a few bytes of data and the end.
  private func declaring(_ width: UInt32, _ height: UInt32, depth: UInt8 = 8, color: UInt8 = 0) -> [UInt8] {
    func bytes(_ v: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: v >> UInt32($0)) } }
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
      let body = Array(type.utf8) + data
      var crc = UInt32.max
      for byte in body {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
      return bytes(UInt32(data.count)) + body + bytes(~crc)
    }
    let header = bytes(width) + bytes(height) + [depth, color, 0, 0, 0]
    // An empty deflate stream.
    let data: [UInt8] = [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1]
    return [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10] + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", [])
  }

  private func reason(_ bytes: [UInt8], _ limits: ImageLimits = ImageLimits()) -> ImageError.Reason? {
    imageError { () throws(ImageError) in _ = try PNG.decode(bytes, limits: limits) }?.reason
  }

  @Test func bombs() {
    let refused: [(UInt32, UInt32)] = [
      (60_000, 60_000), (32_769, 1), (1, 8193), (32_768, 8192), (0x7FFF_FFFF, 0x7FFF_FFFF),
    ]
    for (width, height) in refused {
      guard case .tooLarge = reason(declaring(width, height)) else {
        Issue.record("\(width) x \(height): \(String(describing: reason(declaring(width, height))))")
        continue
      }
    }
    let text = imageError { () throws(ImageError) in _ = try PNG.decode(declaring(60_000, 60_000)) }?.description
    #expect(text?.contains("60000 x 60000") == true)
    let zero = declaring(0, 5)
    let negative = declaring(0x8000_0000, 5)
    // Within the limits, but more than the data can hold: refused before memory is reserved.
    let hollow = declaring(8000, 8000)
    for bytes in [zero, negative, hollow, declaring(3, 3)] {
      guard case .corrupt = reason(bytes) else {
        Issue.record("\(String(describing: reason(bytes)))")
        continue
      }
    }
    for (depth, color) in [(3, 0), (16, 3), (4, 2), (8, 5), (8, 1), (0, 0)] as [(UInt8, UInt8)] {
      guard case .corrupt = reason(declaring(3, 3, depth: depth, color: color)) else {
        Issue.record("depth \(depth), color \(color)")
        continue
      }
    }
  }

  @Test func limitsAreExact() throws {
    let bytes = try PNG.encode(.testPattern(width: 20, height: 10))
    let exact = ImageLimits(fileBytes: bytes.count, width: 20, height: 10, pixels: 200)
    #expect(reason(bytes, exact) == nil)
    for change in [\ImageLimits.fileBytes, \.width, \.height, \.pixels] {
      var limits = exact
      limits[keyPath: change] -= 1
      guard case .tooLarge = reason(bytes, limits) else {
        Issue.record("accepted")
        continue
      }
    }
    try withTemporaryDirectory { folder in
      let path = folder + "/x.png"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(try PNG.read(path: path, limits: exact).width == 20)
      let small = ImageLimits(fileBytes: bytes.count - 1)
      #expect(throws: ImageError.self) { try PNG.read(path: path, limits: small) }
      #expect(throws: ImageError.self) { try ImageFile.size(path: path, limits: ImageLimits(width: 19)) }
    }
  }

  @Test func otherThingsThanImages() throws {
    try withTemporaryDirectory { folder in
      let files: [(name: String, bytes: [UInt8], words: String)] = [
        ("empty.png", [], "empty"), ("text.png", Array("hello\n".utf8), "not a PNG image but text"),
        ("photo.png", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0], "JPEG"), ("x.png", [0, 1, 2], "something else"),
      ]
      for file in files {
        let path = folder + "/" + file.name
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
        let read = imageError { () throws(ImageError) in _ = try PNG.read(path: path) }?.description ?? "accepted"
        #expect(read.hasPrefix(path + ": ") && read.contains(file.words) && !read.contains("\n"), "\(read)")
      }
      for (path, words) in [(folder, "Is a directory"), (folder + "/none.png", "No such file or directory")] {
        let read = imageError { () throws(ImageError) in _ = try PNG.read(path: path) }?.description
        let size = imageError { () throws(ImageError) in _ = try ImageFile.size(path: path) }?.description
        #expect(read == "\(path): cannot read: \(words)")
        #expect(size == read)
      }
      let path = folder + "/none/x.png"
      let written = imageError { () throws(ImageError) in try PNG.write(GrayImage(width: 3, height: 3), to: path) }
      #expect(written?.description == "\(path): cannot write: No such file or directory")
    }
  }

  /// A full disk: the operating system's words are passed on, and a device is not removed.
  @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/full")))
  func fullDisk() throws {
    try withTemporaryDirectory { folder in
      let path = folder + "/full.png"
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
      let error = imageError { () throws(ImageError) in try PNG.write(GrayImage(width: 3, height: 3), to: path) }
      #expect(error?.description == "\(path): cannot write: No space left on device")
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }
}
