import Files
import Foundation

/// Formats records as lines of a metadata.jsonl; the images are not moved.
struct MetadataLines {
  private let folder: String
  /// `folder` without links.
  private let root: String
  private var prefixes: [String: String] = [:]
  private let encoder = JSONEncoder()

  /// - Parameter folder: where the metadata will be written. Images are named relative to it.
  init(in folder: String) throws(DataSetError) {
    guard let root = resolvedPath(folder) else { throw .notFound(path: folder) }
    (self.folder, self.root) = (folder, root)
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  /// `{"file_name":"sub/0.png","text":"..."}`, with the text in NFC.
  /// - Throws: ``DataSetError/invalid(reason:)`` if the image is outside of the folder or in a shard.
  mutating func line(_ record: Record) throws(DataSetError) -> String {
    guard !record.isInShard else {
      throw .invalid(
        reason:
          "\(record.absolutePath): is inside a shard, which a metadata file cannot name; give the folder that was packed"
      )
    }
    let prefix: String
    if let known = prefixes[record.folder] {
      prefix = known
    } else {
      prefix = try path(to: record.folder)
      prefixes[record.folder] = prefix
    }
    do {
      return String(
        decoding: try encoder.encode(Line(fileName: prefix + record.path, text: record.text)), as: UTF8.self)
    } catch {
      throw .invalid(reason: "\(record.absolutePath): cannot be written as JSON: \(error)")
    }
  }

  /// Path from the root to a folder inside it, with a trailing slash; empty for the root itself.
  private func path(to inner: String) throws(DataSetError) -> String {
    guard let resolved = resolvedPath(inner) else { throw .notFound(path: inner) }
    if resolved.utf8.elementsEqual(root.utf8) { return "" }
    let start = root == "/" ? root : root + "/"
    guard resolved.utf8.starts(with: start.utf8) else {
      throw .invalid(
        reason:
          "\(folder): the images of \(inner) are not inside this folder; write the metadata to \(joinPath(inner, "NAME.jsonl"))"
      )
    }
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
