import Files

/// Images of an image cache: decoded and resized, in a file that all ranks of a machine map.
package final class MappedImageSource: ImageSource {
  private let layout: ImageCacheLayout
  private let file: MappedFile

  /// Maps the cache and verifies size, header and table: they must match `layout` bit by bit. Each rank verifies a
  /// share of the pixels with ``verify(_:)``.
  ///
  /// - Throws: ``ImageCacheError/absent(path:)``, ``ImageCacheError/damaged(path:reason:)``.
  package init(_ path: String, layout: ImageCacheLayout) throws(ImageCacheError) {
    self.layout = layout
    file = try mapCache(path, size: layout.fileSize)
    let bytes = file.bytes
    guard bytes[..<64].elementsEqual(layout.header) else {
      throw .damaged(path: path, reason: "its header is not that of these images")
    }
    guard bytes[64..<ImageCacheLayout.headerSize].elementsEqual(layout.checksum(of: bytes)) else {
      throw .damaged(path: path, reason: "the checksum of its table is wrong")
    }
    for image in 0..<layout.count {
      let place = layout.entryPlace(image)
      let offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      let width = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt32.self))
      guard (offset, width) == layout.entry(image) else {
        throw .damaged(path: path, reason: "its table is not that of these images")
      }
    }
  }

  /// Verifies the pixels of some images.
  /// - Throws: ``ImageCacheError/damaged(path:reason:)`` that names the first image whose checksum is wrong.
  package func verify(_ images: Range<Int>) throws(ImageCacheError) {
    let bytes = file.bytes
    for image in images {
      let place = layout.entryPlace(image) + 12
      let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
      guard layout.checksum(ofImage: image, in: bytes) == expected else {
        throw .damaged(path: file.path, reason: "the checksum of image \(image) is wrong")
      }
    }
  }

  package func load(_ sample: Int, into image: ImageBuffer) {
    image.reserve(width: layout.widths[sample], height: layout.height)
    let pixels = UnsafeRawBufferPointer(rebasing: file.bytes[layout.pixels(sample)])
    UnsafeMutableRawPointer(image.view.pixels).copyMemory(from: pixels.baseAddress!, byteCount: pixels.count)
  }
}
