import Files
import Foundation
import Messages

#if _endian(big)
  #error("safetensors files are little-endian; this code copies their bytes")
#endif

/// An open safetensors file with a checked header.
package final class SafeTensorsFile: Sendable {
  package let path: String
  /// The tensors, in the order of their bytes in the file.
  package let entries: [SafeTensors.Entry]
  package let metadata: [String: String]
  /// The 8 length bytes and the header, as they are in the file.
  let head: [UInt8]
  /// The position of each metadata value's text in `head`.
  let metadataRanges: [String: Range<Int>]

  private let file: OpenFile
  private let index: [String: Int]

  /// The size limit of a file, in bytes: a damaged size cannot make it allocate all memory.
  package static let maximumSize = 1 << 34

  /// Opens a file and checks its header against all rules of the format; payload bytes are read on demand.
  ///
  /// Throws `SafeTensorsError.io` when it cannot be read, `.invalid` when it breaks a rule.
  package init(_ path: String) throws(SafeTensorsError) {
    func invalid(_ why: String) -> SafeTensorsError { .invalid(path: path, why: why) }
    self.path = path
    let size: Int
    let prefix: [UInt8]
    do throws(FileError) {
      file = try OpenFile.reading(path)
      size = try file.size()
      prefix = try file.bytes(8, at: 0)
    } catch {
      throw .io(error)
    }
    guard prefix.count == 8 else { throw invalid("it has only \(prefix.count) bytes") }
    guard size <= SafeTensorsFile.maximumSize else { throw invalid("it has \(size) bytes, which is too large") }
    let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafeTensors.maximumHeaderLength) else {
      throw invalid("it declares a header of \(length) bytes; the format allows \(SafeTensors.maximumHeaderLength)")
    }
    guard length <= UInt64(max(0, size - 8)) else {
      throw invalid("it declares a header of \(length) bytes, but has only \(size - 8) after the length")
    }
    let text: [UInt8]
    do throws(FileError) {
      text = try file.bytes(Int(length), at: 8)
    } catch {
      throw .io(error)
    }
    guard text.count == Int(length) else { throw invalid("it became shorter while it was read") }
    let header: SafeTensorsHeader
    do throws(SafeTensorsHeader.Fault) {
      header = try SafeTensorsHeader(parsing: text, payload: size - 8 - text.count)
    } catch {
      throw invalid(error.why)
    }
    (entries, metadata, head) = (header.entries, header.metadata, prefix + text)
    metadataRanges = header.metadataRanges.mapValues { ($0.lowerBound + 8)..<($0.upperBound + 8) }
    index = Dictionary(uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
  }

  /// The description of a tensor, nil if the file has no tensor of that name.
  package func entry(_ name: String) -> SafeTensors.Entry? { index[name].map { entries[$0] } }

  /// Reads an F32 tensor straight into `memory`, which has room for `count` floats; `count` must equal the tensor's.
  package func read(_ name: String, into memory: UnsafeMutablePointer<Float>, count: Int) throws(SafeTensorsError) {
    let entry = try find(name, .f32)
    guard entry.count == count else {
      throw .invalid(path: path, why: "tensor \(name.shortened) has \(entry.count) elements; \(count) are expected")
    }
    try readBytes(of: entry, into: UnsafeMutableRawBufferPointer(start: memory, count: 4 * count))
  }

  /// Reads an F32 tensor.
  package func floats(_ name: String) throws(SafeTensorsError) -> [Float] {
    let entry = try find(name, .f32)
    var values = [Float](repeating: 0, count: entry.count)
    try values.withUnsafeMutableBufferPointer { (buffer) throws(SafeTensorsError) in
      try readBytes(of: entry, into: UnsafeMutableRawBufferPointer(buffer))
    }
    return values
  }

  /// Reads an I64 tensor, such as PyTorch's `num_batches_tracked`.
  package func integers(_ name: String) throws(SafeTensorsError) -> [Int64] {
    let entry = try find(name, .i64)
    var values = [Int64](repeating: 0, count: entry.count)
    try values.withUnsafeMutableBufferPointer { (buffer) throws(SafeTensorsError) in
      try readBytes(of: entry, into: UnsafeMutableRawBufferPointer(buffer))
    }
    return values
  }

  private func find(_ name: String, _ dataType: SafeTensors.DataType) throws(SafeTensorsError) -> SafeTensors.Entry {
    guard let entry = entry(name) else { throw .invalid(path: path, why: "tensor \(name.shortened) is missing") }
    guard entry.dataType == dataType else {
      throw .invalid(
        path: path, why: "tensor \(name.shortened) is \(entry.dataType.rawValue); \(dataType.rawValue) is expected")
    }
    return entry
  }

  private func readBytes(
    of entry: SafeTensors.Entry, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SafeTensorsError) {
    let count: Int
    do throws(FileError) {
      count = try file.read(into: buffer, at: head.count + entry.bytes.lowerBound)
    } catch {
      throw .io(error)
    }
    guard count == entry.bytes.count else {
      throw .invalid(path: path, why: "tensor \(entry.name.shortened): the file became shorter while it was read")
    }
  }
}

extension SafeTensors {
  /// Writes a file of F32 tensors, in the given order, completely or not at all (temporary name, fsync, rename). The
  /// bytes depend on the arguments only.
  ///
  /// Throws `SafeTensorsError.io` naming the failed call; `.invalid` for a name given twice or a shape that does not
  /// fit its values.
  package static func write(
    _ tensors: [NamedTensor], metadata: [String: String] = [:], to path: String
  ) throws(SafeTensorsError) {
    let header: [UInt8]
    do throws(SafeTensorsHeader.Fault) {
      header = try SafeTensorsHeader.text(tensors: tensors, metadata: metadata)
    } catch {
      throw .invalid(path: path, why: error.why)
    }
    do throws(FileError) {
      try write(head: lengthPrefix(header) + header, tensors, to: path)
    } catch {
      throw .io(error)
    }
  }

  /// The 8 length bytes before a header.
  static func lengthPrefix(_ header: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
  }

  /// Writes `head` (length and header) and then the tensors' values.
  static func write(head: [UInt8], _ tensors: [NamedTensor], to path: String) throws(FileError) {
    try AtomicFile.write(to: path) { (file) throws(FileError) in
      try file.write(head)
      for tensor in tensors {
        try tensor.values.withUnsafeBufferPointer { (buffer) throws(FileError) in
          try file.write(UnsafeRawBufferPointer(buffer))
        }
      }
    }
  }
}
