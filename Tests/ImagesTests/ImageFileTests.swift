import Foundation
import Images
import Messages
import TestSupport
import Testing

/// What holds for every format.
@Suite struct ImageFileTests {
  /// Files of every format and kind, with the upright image.
  private func files() throws -> [(name: String, bytes: [UInt8], image: GrayImage)] {
    var files: [(String, [UInt8])] = try Fixtures.load("png.json", as: Fixtures.PNGCase.self).map {
      ("PNG \($0.name)", [UInt8]($0.png))
    }
    files += try Fixtures.load("jpeg.json", as: Fixtures.JPEGCase.self).map { ("JPEG \($0.name)", [UInt8]($0.jpeg)) }
    for name in ["exif", "tiff", "webp"] {
      files += try Fixtures.load("\(name).json", as: Fixtures.FormatCase.self).filter { $0.page == 0 }.map {
        ("\(name) \($0.name)", $0.bytes)
      }
    }
    return try files.map { ($0, $1, try ImageFile.decode($1)) }
  }

  @Test func orientationOfPNG() throws {
    let cases = try Fixtures.load("exif.json", as: Fixtures.FormatCase.self)
    #expect(cases.count == 16)
    for item in cases { item.expect(try PNG.decode(item.bytes)) }
  }

  /// A damaged eXIf chunk is noticed: it decides which side is up.
  @Test func orientationOfPNGIsChecked() throws {
    for item in try Fixtures.load("exif.json", as: Fixtures.FormatCase.self) where item.name.hasPrefix("orientation 6")
    {
      let expected = try PNG.decode(item.bytes)
      for bit in 0..<item.bytes.count * 8 {
        var bytes = item.bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        if let image = try? PNG.decode(bytes) { #expect(image == expected, "\(item.name): bit \(bit)") }
      }
    }
  }

  @Test func sizeIsThatOfTheUprightImage() throws {
    try withTemporaryDirectory { folder in
      for file in try files() {
        try Data(file.bytes).write(to: URL(fileURLWithPath: folder + "/x"))
        let size = try ImageFile.size(path: folder + "/x")
        #expect(size.width == file.image.width && size.height == file.image.height, "\(file.name)")
      }
    }
  }

  @Test func limitsAreExact() throws {
    try withTemporaryDirectory { folder in
      for file in try files() {
        // The limits are those of the stored image.
        let name = file.name
        let isTurned = ["5", "6", "7", "8"].contains { name.contains("orientation \($0)") }
        let (width, height) =
          isTurned ? (file.image.height, file.image.width) : (file.image.width, file.image.height)
        let exact = ImageLimits(fileBytes: file.bytes.count, width: width, height: height, pixels: width * height)
        #expect(try ImageFile.decode(file.bytes, limits: exact) == file.image, "\(name)")
        let path = folder + "/x"
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
        for change in [\ImageLimits.fileBytes, \.width, \.height, \.pixels] {
          var limits = exact
          limits[keyPath: change] -= 1
          let decoded = imageError { () throws(ImageError) in _ = try ImageFile.decode(file.bytes, limits: limits) }
          let read = imageError { () throws(ImageError) in _ = try ImageFile.read(path: path, limits: limits) }
          let size = imageError { () throws(ImageError) in _ = try ImageFile.size(path: path, limits: limits) }
          for error in [decoded, read, size] {
            if case .tooLarge = error?.reason { continue }
            if width * height == 1, case .corrupt = error?.reason { continue }
            Issue.record("\(name): \(error as Any)")
          }
        }
      }
    }
  }

  @Test func suffixes() {
    for name in ["a.png", "a.PNG", "a.jpg", "a.jpeg", "a.JPE", "a.jfif", "a.tif", "a.TIFF", "a.webp"] {
      #expect(ImageFormat.stem(ofName: name) == Array("a".utf8), "\(name)")
    }
    for name in ["a.bmp", ".png", "a.png.gz", "tiff"] { #expect(ImageFormat.stem(ofName: name) == nil, "\(name)") }
  }

  /// A truncated file of any format is an error with its name, and so is one of another.
  @Test func otherThingsThanImages() throws {
    let files: [(bytes: [UInt8], words: String)] = [
      (Array("RIFF".utf8) + [20, 0, 0, 0] + Array("WAVE".utf8), "but a sound or a video"),
      (Array("BM123456".utf8), "not a PNG, JPEG, TIFF or WebP image but a BMP image"),
      ([0x49, 0x49, 42, 0], "truncated TIFF"), ([0x4D, 0x4D], "truncated TIFF"), (Array("RIFF".utf8), "truncated WebP"),
      (Array("RIFF".utf8) + [4, 0, 0, 0] + Array("WEBP".utf8), "corrupt WebP (it holds no image)"),
      ([0x49, 0x49, 42, 0, 0, 0, 0, 0], "corrupt TIFF (it holds no image)"),
      (Array("P5 3 4".utf8), "a PBM, PGM or PPM"),
      ([0, 0, 0, 12] + Array("jP  ".utf8), "a JPEG 2000 image"),
    ]
    try withTemporaryDirectory { folder in
      let path = folder + "/x"
      for file in files {
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
        let read = imageError { () throws(ImageError) in _ = try ImageFile.read(path: path) }?.description ?? "accepted"
        let size = imageError { () throws(ImageError) in _ = try ImageFile.size(path: path) }?.description ?? "accepted"
        #expect(read.hasPrefix(path + ": ") && read.contains(file.words) && size == read, "\(read); \(size)")
      }
    }
  }

  @Test(.enabled(if: geteuid() != 0)) func noPermission() throws {
    try withTemporaryDirectory { folder in
      let path = folder + "/x.png"
      try PNG.write(GrayImage(width: 3, height: 3), to: path)
      chmod(path, 0)
      let error = imageError { () throws(ImageError) in _ = try ImageFile.read(path: path) }
      #expect(error?.description == "\(path): cannot read: Permission denied" && error?.exitStatus == .inputOutput)
    }
  }

  /// A path that leads to no file is a wrong input; that the machine refuses says nothing about the file.
  @Test func machineThatRefuses() throws {
    func status(_ path: String) -> Messages.ExitStatus? {
      let read = imageError { () throws(ImageError) in _ = try ImageFile.read(path: path) }
      let size = imageError { () throws(ImageError) in _ = try ImageFile.size(path: path) }
      #expect(read == size)
      return read?.exitStatus
    }
    try withTemporaryDirectory { folder in
      #expect(status(folder + "/none.png") == .badData)
      #expect(status(folder) == .badData)
      #expect(status("/dev/zero") == .badData)
      let path = folder + "/x.png"
      try PNG.write(GrayImage(width: 3, height: 3), to: path)
      #expect(status(path) == nil)
      let written = imageError { () throws(ImageError) in
        try PNG.write(GrayImage(width: 3, height: 3), to: folder + "/none/x.png")
      }
      #expect(written?.exitStatus == .inputOutput)
    }
    #expect(ImageError(.unreadable("Too many open files")).exitStatus == .inputOutput)
    #expect(ImageError(.noFile("No such file or directory")).exitStatus == .badData)
  }
}
