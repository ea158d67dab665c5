import Files
import Foundation
import Hashing
import Synchronization

/// A shard from which images are read by offset. It is opened at its first use; at most 128 shards are open at once.
package final class ShardFile: Sendable {
  let path: String
  private let handle = Mutex<Handle?>(nil)

  /// Open shards, the oldest first.
  private static let opened = Mutex<[ShardFile]>([])
  private static let mostOpen = 128

  /// Closed when the last reader releases it.
  private final class Handle: Sendable {
    let file: OpenFile
    init(_ path: String) throws(FileError) { file = try OpenFile.reading(path) }
  }

  init(_ path: String) { self.path = path }

  /// `count` bytes from `offset` on; fewer at the end of the file. Any thread may call it.
  func read(_ count: Int, at offset: Int64) throws(DataSetError) -> [UInt8] {
    do throws(FileError) {
      return try openHandle().file.bytes(count, at: Int(offset))
    } catch {
      throw DataSetError(error)
    }
  }

  private func openHandle() throws(FileError) -> Handle {
    if let open = handle.withLock({ $0 }) { return open }
    let new = try Handle(path)
    handle.withLock { $0 = new }
    let oldest = ShardFile.opened.withLock { opened -> ShardFile? in
      opened.append(self)
      return opened.count > ShardFile.mostOpen ? opened.removeFirst() : nil
    }
    if let oldest, oldest !== self { oldest.handle.withLock { $0 = nil } }
    return new
  }
}

/// The place of a record's image in a shard.
package struct ShardLocation: Sendable {
  let file: ShardFile
  let offset: Int64
  /// See ``ShardIndex/Shard/digests``.
  let digest: String

  /// The image's bytes.
  /// - Parameter path: the image's name in messages.
  func read(_ size: Int64, path: String) throws(DataSetError) -> [UInt8] {
    let bytes = try file.read(Int(size), at: offset)
    guard bytes.count == size, ShardLocation.digest(of: bytes) == digest else {
      throw .badImage(
        path: path,
        reason: "the shard is damaged: these are not the bytes that were packed; copy it again, or pack the data again")
    }
    return bytes
  }

  static func digest(of bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(bytes).prefix(8)) }
}
