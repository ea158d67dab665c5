import Hashing

/// The contents and the layout of an image cache. Both follow from the images alone, so every rank knows them without
/// the file, and nothing in the file has to be trusted.
///
/// The file, little-endian:
///
///     0      "AKURUIMG"
///     8      UInt32    format version
///     12     UInt32    rows of every image
///     16     UInt64    number of images
///     24     UInt64    bytes of the file
///     32     32 bytes  identity
///     64     32 bytes  SHA-256 of bytes 0 ..< 64 and the table
///     96     table, 16 bytes an image: UInt64 offset of its pixels in the file, UInt32 columns, and the first 4 bytes
///     of
///            the SHA-256 of its pixels
///     then, at a multiple of 4096, the pixels: 8-bit gray, row by row, image after image, without gaps
package struct ImageCacheLayout: Sendable {
  /// Rows of every image.
  package let height: Int
  /// Columns of each image.
  package let widths: [Int]
  /// 16 bytes for each image: the start of the SHA-256 of the file that it is decoded from.
  package let digests: [UInt8]
  /// SHA-256 of all that determines the pixels: the files' bytes, their order, and the resized sizes.
  package let identity: [UInt8]
  /// Bytes of the file.
  package let fileSize: Int
  /// Offset of each image's pixels in the file.
  let offsets: [Int]

  /// Increment it when the format changes, or when decoding or resizing gives other pixels.
  static let version: UInt32 = 1
  static let headerSize = 96
  static let entrySize = 16
  static let digestSize = AuditResult.digestBytes

  /// - Parameters:
  ///   - widths: columns of each image, as the audit found them.
  ///   - digests: see ``AuditResult/goodDigests``.
  ///   - preparation: what happens to images before they are resized.
  package init(
    height: Int, widths: [Int], digests: [UInt8], preparation: ImagePreparation = ImagePreparation()
  ) {
    precondition(digests.count == widths.count * ImageCacheLayout.digestSize && widths.allSatisfy { $0 > 0 })
    (self.height, self.widths, self.digests) = (height, widths, digests)
    let tableEnd = ImageCacheLayout.headerSize + ImageCacheLayout.entrySize * widths.count
    var end = (tableEnd + 4095) / 4096 * 4096
    var offsets: [Int] = []
    offsets.reserveCapacity(widths.count)
    for width in widths {
      offsets.append(end)
      end += width * height
    }
    (self.offsets, fileSize) = (offsets, end)
    let hash = SHA256()
    hash.update(bytes(of: ImageCacheLayout.version) + bytes(of: UInt64(height)) + bytes(of: UInt64(widths.count)))
    hash.update(digests)
    for width in widths { hash.update(bytes(of: UInt32(width))) }
    if preparation != ImagePreparation() {
      hash.update(Array(preparation.name.utf8))
    }
    identity = hash.finalize()
  }

  /// The number of images.
  package var count: Int { widths.count }

  /// The cache's file name; caches of other images and heights have other names: `images-HASH-hHEIGHT.cache`.
  ///
  /// - Parameter machine: the machine's name, if machines must not share the file.
  package func fileName(machine: String? = nil) -> String {
    let suffix = machine.map { "-" + $0.replacing("/", with: "_") } ?? ""
    return "images-\(hexadecimal(identity.prefix(8)))-h\(height)\(suffix).cache"
  }

  /// The first 64 bytes.
  var header: [UInt8] {
    Array("AKURUIMG".utf8) + bytes(of: ImageCacheLayout.version) + bytes(of: UInt32(height))
      + bytes(of: UInt64(count)) + bytes(of: UInt64(fileSize)) + identity
  }

  /// An image's entry in the table, without the checksum of its pixels.
  func entry(_ image: Int) -> (offset: UInt64, width: UInt32) { (UInt64(offsets[image]), UInt32(widths[image])) }

  /// The offset of an image's entry in the file.
  func entryPlace(_ image: Int) -> Int { ImageCacheLayout.headerSize + ImageCacheLayout.entrySize * image }

  /// The range of an image's pixels in the file.
  func pixels(_ image: Int) -> Range<Int> { offsets[image]..<offsets[image] + widths[image] * height }

  /// The header's checksum: of all bytes except the checksum itself and the pixels.
  func checksum(of file: UnsafeRawBufferPointer) -> [UInt8] {
    let hash = SHA256()
    hash.update(UnsafeRawBufferPointer(rebasing: file[..<64]))
    hash.update(UnsafeRawBufferPointer(rebasing: file[ImageCacheLayout.headerSize..<entryPlace(count)]))
    return hash.finalize()
  }

  /// The first 4 bytes of the SHA-256 of an image's pixels.
  func checksum(ofImage image: Int, in file: UnsafeRawBufferPointer) -> UInt32 {
    let digest = SHA256.hash(UnsafeRawBufferPointer(rebasing: file[pixels(image)]))
    return digest.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
  }
}

private func bytes(of value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
