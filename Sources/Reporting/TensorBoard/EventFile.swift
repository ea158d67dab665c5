import Files
import Foundation
import SwiftProtobuf
import TensorBoardSchema

/// A file `events.out.tfevents.*` that TensorBoard reads: records of length, checksum, data and checksum, each an
/// event.
package struct EventFile: ~Copyable {
  private let file: OpenFile

  /// Creates a file in `folder` whose name sorts after the existing ones, since TensorBoard reads them in this order.
  /// - Throws: `FileError` if it cannot be created.
  package static func create(in folder: String, host: String) throws(FileError) -> EventFile {
    let others = try EventFile.names(in: folder).compactMap { name in
      name.dropFirst(EventFile.prefix.count).split(separator: ".").first.flatMap { Int($0) }
    }
    var time = max(Int(Date().timeIntervalSince1970), 1)
    if let newest = others.max(), newest < 9_999_999_999 { time = max(time, newest + 1) }
    let safeHost = String(host.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" })
    let digits = String(repeating: "0", count: max(0, 10 - String(time).count)) + String(time)
    let created = EventFile(
      file: try OpenFile(
        "\(folder)/\(EventFile.prefix)\(digits).\(safeHost).\(getpid())", O_WRONLY | O_CREAT | O_EXCL | O_APPEND,
        action: "create"))
    var version = TensorBoardEvent()
    version.fileVersion = "brain.Event:2"
    try created.append(version)
    return created
  }

  private init(file: consuming OpenFile) { self.file = file }

  private static let prefix = "events.out.tfevents."

  /// The event files that a folder holds.
  package static func names(in folder: String) throws(FileError) -> [String] {
    try folderContents(folder).filter { $0.hasPrefix(prefix) }
  }

  /// Appends an event with the current time. If it cannot be written completely, all of it is removed.
  package func append(_ event: TensorBoardEvent) throws(FileError) {
    var event = event
    event.wallTime = Date().timeIntervalSince1970
    guard let data = try? event.serializedBytes() as [UInt8] else {
      throw FileError("encode an event of", file.path, code: EINVAL)
    }
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    let length = bytes(UInt64(data.count))
    let end = try file.size()
    do throws(FileError) {
      try file.write(length + bytes(CRC32C.masked(length)) + data + bytes(CRC32C.masked(data)))
    } catch {
      try? file.truncate(end)
      throw error
    }
  }
}
