import Files
import Foundation
import Images
import Messages

/// The data set that corrections make: a folder with `metadata.jsonl` and the images that it names. It is the server's own while that
/// runs; what was corrected before is gone on with.
package final class CorrectionFile {
  /// A corrected line.
  struct Entry: Codable, Equatable {
    var file_name: String
    /// The line in the data set that was corrected.
    var source: String
    var text: String
  }

  let folder: String
  private(set) var entries: [Entry] = []
  /// The place of each line in ``entries``.
  private var places: [String: Int] = [:]
  private let lock: OpenFile

  private var path: String { "\(folder)/metadata.jsonl" }
  /// Bytes of the largest file that is gone on with.
  private static let mostBytes = 256 << 20

  /// Opens a folder, or makes it.
  /// - Throws: `ConfigurationError` for a folder in use, or with files that are not of corrections; `FileError`.
  package init(folder: String) throws {
    self.folder = folder
    try createFolder(folder)
    lock = try OpenFile(folder, O_RDONLY | O_DIRECTORY, action: "open the folder")
    guard lock.lock(waits: false) == 0 else {
      throw ConfigurationError("--output \(folder): another akuru serve --correct uses it; give another folder")
    }
    guard try FileStatus.following(path) != nil else {
      // A list stands for its folder: it would hide what is there.
      let others = try folderContents(folder).filter { !$0.hasPrefix(".") && !$0.hasSuffix(".png") }
      guard others.isEmpty else {
        throw ConfigurationError(
          "--output \(folder): holds other files, as \(others.sorted()[0].shortened); give a new folder")
      }
      return
    }
    let bytes: [UInt8]
    do throws(WholeFile.ReadError) {
      bytes = try WholeFile.read(path, limit: CorrectionFile.mostBytes)
    } catch {
      throw ConfigurationError("\(path): cannot be read, so nothing can be added to it; give another --output")
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let entry = try? RunJSON.decode(Entry.self, from: String(decoding: line, as: UTF8.self)) else {
        throw ConfigurationError("\(path): not written by akuru serve --correct; give another --output")
      }
      places[entry.source] = entries.count
      entries.append(entry)
    }
  }

  /// The text that a line was given.
  func text(of source: String) -> String? { places[source].map { entries[$0].text } }

  /// Writes a line's text, and its image if the line is new.
  /// - Parameter image: makes the image.
  func save(_ text: String, of source: String, image: () throws -> GrayImage) throws {
    var changed = entries
    if let place = places[source] {
      if entries[place].text == text { return }
      changed[place].text = text
    } else {
      let name = try newImage(try PNG.encode(image()))
      changed.append(Entry(file_name: name, source: source, text: text))
    }
    let lines = try changed.map { try RunJSON.line($0) + "\n" }
    try AtomicFile.write(Array(lines.joined().utf8), to: path)
    if changed.count > entries.count { places[source] = entries.count }
    entries = changed
  }

  /// Writes an image under the next free name.
  private func newImage(_ bytes: [UInt8]) throws -> String {
    var number = entries.count
    while true {
      number += 1
      let digits = String(number)
      let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".png"
      guard try FileStatus.following("\(folder)/\(name)") == nil else { continue }
      try AtomicFile.write(bytes, to: "\(folder)/\(name)")
      return name
    }
  }
}
