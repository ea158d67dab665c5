import Files
import Foundation
import Hashing
import Messages

extension Checkpoint {
  /// Writes the file under a temporary name, flushes it, renames it to `path` and flushes the folder: `path` holds the
  /// old or the new checkpoint at any moment. Returns the checksum.
  ///
  /// Throws `CheckpointError.io` when a call fails; the temporary file is removed and `path` is as it was.
  /// Throws `.unwritable` for a name given twice or a shape that does not fit its values.
  @discardableResult
  package func write(to path: String) throws(CheckpointError) -> String {
    let checksum: String
    let header: [UInt8]
    do throws(SafeTensorsHeader.Fault) {
      checksum = self.checksum(header: try self.header(checksum: Checkpoint.blankChecksum))
      header = try self.header(checksum: checksum)
    } catch {
      throw .unwritable(path: path, why: error.why)
    }
    do throws(FileError) {
      try SafeTensors.write(head: SafeTensors.lengthPrefix(header) + header, tensors, to: path)
    } catch {
      throw .io(error)
    }
    return checksum
  }

  /// Reads a checkpoint and verifies its checksum. Each byte is read once: the returned bytes are the verified ones.
  ///
  /// Throws `CheckpointError.damaged` when a bit differs from what was written, `.notACheckpoint` for other safetensors
  /// files and later formats, `.notFound` when there is no such file, `.io` when it cannot be read.
  package static func read(_ path: String) throws(CheckpointError) -> Checkpoint {
    let file: SafeTensorsFile
    do throws(SafeTensorsError) {
      file = try SafeTensorsFile(path)
    } catch {
      switch error {
      case .io(let error) where error.code == ENOENT || error.code == ENOTDIR:
        throw .notFound(path: path, why: "there is no such file")
      case .io(let error): throw .io(error)
      case .invalid(_, let why): throw .damaged(path: path, why: why)
      }
    }
    guard let stated = file.metadata["sha256"], let place = file.metadataRanges["sha256"] else {
      // With this format key, the file is a checkpoint that lost its checksum.
      guard file.metadata["format"]?.hasPrefix("akuru-checkpoint-") == true else {
        throw .notACheckpoint(path: path, why: "it holds tensors, but no training state")
      }
      throw .damaged(path: path, why: "its checksum is missing")
    }
    var head = file.head
    head.replaceSubrange(place, with: blankChecksum.utf8)
    let hash = SHA256()
    hash.update(head)
    var tensors: [NamedTensor] = []
    tensors.reserveCapacity(file.entries.count)
    for entry in file.entries {
      do throws(SafeTensorsError) {
        tensors.append(NamedTensor(name: entry.name, shape: entry.shape, values: try file.floats(entry.name)))
      } catch {
        switch error {
        case .io(let error): throw .io(error)
        case .invalid(_, let why): throw .damaged(path: path, why: why)
        }
      }
      tensors[tensors.count - 1].values.withUnsafeBytes { hash.update($0) }
    }
    guard hexadecimal(hash.finalize()).utf8.elementsEqual(stated.utf8) else {
      throw .damaged(path: path, why: "its checksum differs from its contents")
    }
    guard file.metadata["format"] == format else {
      throw .notACheckpoint(
        path: path,
        why: "its format is \(file.metadata["format"]?.shortened ?? "not stated"), this version reads \(format)")
    }
    return Checkpoint(tensors: tensors, metadata: file.metadata.filter { !reservedKeys.contains($0.key) })
  }

  private static let blankChecksum = String(repeating: "0", count: 64)

  private func header(checksum: String) throws(SafeTensorsHeader.Fault) -> [UInt8] {
    var all = metadata
    (all["format"], all["sha256"]) = (Checkpoint.format, checksum)
    return try SafeTensorsHeader.text(tensors: tensors, metadata: all)
  }

  private func checksum(header: [UInt8]) -> String {
    let hash = SHA256()
    hash.update(SafeTensors.lengthPrefix(header) + header)
    for tensor in tensors {
      tensor.values.withUnsafeBytes { hash.update($0) }
    }
    return hexadecimal(hash.finalize())
  }
}
