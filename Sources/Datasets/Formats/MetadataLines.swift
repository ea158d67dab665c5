import Files
import Foundation

/// Formats records as lines of a metadata.jsonl; the images are not moved.
package struct MetadataLines {
  /// The folder of the metadata, without links.
  private let root: String
  private var prefixes: [String: String] = [:]
  private let encoder = JSONEncoder()
  /// Whether a line names an image that is not in the folder.
  private(set) var leadsOut = false

  /// - Parameter folder: where the metadata will be written. Images in it are named relative to it, others by absolute paths.
  package init(in folder: String) throws(DataSetError) {
    guard let root = resolvedPath(folder) else { throw .notFound(path: folder) }
    self.root = root
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  /// `{"file_name":"sub/0.png","text":"..."}`, with the text as the text policy has it. A line of a page is `PAGE.xml#LINE`.
  /// - Throws: ``DataSetError/invalid(reason:)`` if the image is in a shard.
  package mutating func line(_ record: Record) throws(DataSetError) -> String {
    guard !record.isInShard else {
      throw .invalid(
        reason:
          "\(record.absolutePath): is inside a shard, which a metadata file cannot name; give the folder that was packed"
      )
    }
    let name = try name(of: record)
    if name.utf8.first == UInt8(ascii: "/") { leadsOut = true }
    do {
      return String(decoding: try encoder.encode(Line(fileName: name, text: record.text)), as: UTF8.self)
    } catch {
      throw .invalid(reason: "\(record.absolutePath): cannot be written as JSON: \(error)")
    }
  }

  /// The image's name from the root, or its absolute path. Only folders are resolved: a link to an image is the user's own.
  private mutating func name(of record: Record) throws(DataSetError) -> String {
    let file = record.line?.page ?? record.path
    let isInside = !FileLocator.leadsOut(file)
    if isInside {
      let name = try prefix(of: record.folder) + record.path
      if name.utf8.first != UInt8(ascii: "/") { return name }
    }
    // The root may be a folder in the record's.
    let path = record.absolutePath
    let rest = record.path.utf8.count - file.utf8.count
    let slash = path.utf8.dropLast(rest).lastIndex(of: UInt8(ascii: "/"))
    let start = slash.map { path.utf8.index(after: $0) } ?? path.startIndex
    let folder = String(path[..<start])
    if isInside && prefixes[folder] == nil && resolvedPath(folder) == nil {
      return try prefix(of: record.folder) + record.path
    }
    return try prefix(of: folder) + path[start...]
  }

  private mutating func prefix(of folder: String) throws(DataSetError) -> String {
    if let known = prefixes[folder] { return known }
    let found = try path(to: folder)
    prefixes[folder] = found
    return found
  }

  /// The path to a folder, with a trailing slash: from the root if it is inside, and empty for the root itself.
  private func path(to inner: String) throws(DataSetError) -> String {
    guard let resolved = resolvedPath(inner) else { throw .notFound(path: inner) }
    if resolved.utf8.elementsEqual(root.utf8) { return "" }
    let start = root == "/" ? root : root + "/"
    guard resolved.utf8.starts(with: start.utf8) else { return resolved == "/" ? resolved : resolved + "/" }
    return String(decoding: resolved.utf8.dropFirst(start.utf8.count), as: UTF8.self) + "/"
  }

  private struct Line: Encodable {
    let fileName: String
    let text: String

    enum CodingKeys: String, CodingKey {
      case fileName = "file_name"
      case text
    }
  }
}
