import Files

/// Bytes of an image file at any place: of one in memory, or of one on a disk that is not read whole.
protocol ByteReader {
  /// Bytes of the file.
  var count: Int { get }
  /// Up to `count` bytes from `offset` on; fewer at the end of the file.
  func bytes(_ count: Int, at offset: Int) throws(ImageError) -> [UInt8]
}

/// A file in memory.
struct MemoryReader: ByteReader {
  let file: UnsafeRawBufferPointer

  var count: Int { file.count }

  func bytes(_ count: Int, at offset: Int) -> [UInt8] {
    guard offset >= 0, offset < file.count, count > 0 else { return [] }
    return Array(file[offset..<offset + min(count, file.count - offset)])
  }
}

/// A file on a disk. Small pieces come from a window, so that neighbors cost one system call.
final class FileReader: ByteReader {
  private static let windowBytes = 4096

  private let file: OpenFile
  let count: Int
  private var window: [UInt8] = []
  private var windowStart = 0

  /// - Throws: `ImageError`, without the path.
  init(_ path: String, limit: Int) throws(ImageError) {
    do throws(FileError) {
      file = try OpenFile.reading(path)
      count = try file.size()
    } catch {
      throw ImageError(reading: error)
    }
    guard count <= limit else { throw ImageError(.tooLarge("\(count) bytes, at most \(limit)")) }
  }

  func bytes(_ count: Int, at offset: Int) throws(ImageError) -> [UInt8] {
    guard offset >= 0, offset < self.count, count > 0 else { return [] }
    let end = offset + min(count, self.count - offset)
    do throws(FileError) {
      if end - offset > FileReader.windowBytes { return try file.bytes(end - offset, at: offset) }
      if offset < windowStart || end > windowStart + window.count {
        window = try file.bytes(FileReader.windowBytes, at: offset)
        windowStart = offset
      }
    } catch {
      throw ImageError(reading: error)
    }
    // A file that shrank meanwhile has fewer bytes.
    let last = min(end, windowStart + window.count)
    return offset < last ? Array(window[offset - windowStart..<last - windowStart]) : []
  }
}

extension [UInt8] {
  /// A number of the type's size at `offset`; nil beyond the end.
  func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type, isLittle: Bool) -> Number? {
    withUnsafeBytes { $0.number(at: offset, as: type, isLittle: isLittle) }
  }
}

extension UnsafeRawBufferPointer {
  /// A number of the type's size at `offset`; nil beyond the end.
  func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type, isLittle: Bool) -> Number? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, count >= size, offset <= count - size else { return nil }
    let stored = loadUnaligned(fromByteOffset: offset, as: Number.self)
    return isLittle ? Number(littleEndian: stored) : Number(bigEndian: stored)
  }
}
