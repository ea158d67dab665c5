import Foundation

/// One image with its text.
package struct Record: Sendable {
  /// Path of the image relative to the data set's folder, as in the metadata. A line of a page is `PAGE.xml#LINE`.
  package let path: String
  /// The folder that `path` starts from.
  package let folder: String
  /// The text in the image, by the data set's ``TextPolicy``.
  package let text: String
  /// The text as written in the file, if the policy changed it.
  package let rawText: String?
  /// Index of the folder in ``DataSet/folders``.
  package let source: Int
  /// Bytes of the image file; -1 if there is none.
  package let size: Int64
  /// The form of ground truth that it was read from.
  package let form: GroundTruthForm
  /// Where the image's pixels come from.
  let origin: Origin
  /// What is wrong with the record, found before its image was opened, with the remedy; nil if nothing is.
  package let fault: String?

  enum Origin: Sendable {
    case file
    case shard(ShardLocation)
    case line(LineOfPage)
  }

  /// The image file. For an image in a shard, a name for messages: the shard's path, then the image's.
  package var absolutePath: String {
    if case .shard(let place) = origin { return joinPath(place.file.path, path) }
    // A list may name an absolute path, with --allow-outside.
    return path.utf8.first == UInt8(ascii: "/") ? path : joinPath(folder, path)
  }

  /// The page that the image is a line of; nil for an image of its own.
  package var page: Page? { if case .line(let line) = origin { line.page } else { nil } }

  /// The file of the page that the image is a line of, by its path from ``folder``, and the line's name; nil for an image of its own. A
  /// line that was packed into a shard has them as well.
  package var line: (page: String, id: String)? { LineLookup.parts(of: path).map { ($0.file, $0.id) } }

  /// The folder of the image, which is the book where each book has a folder.
  package var book: String {
    let file = line?.page ?? path
    return file.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file[..<$0]) } ?? ""
  }

  /// Whether the image is a file of its own: ``absolutePath``.
  package var isFile: Bool { if case .file = origin { true } else { false } }

  /// Whether the image is in a shard, which no list can name.
  var isInShard: Bool { if case .shard = origin { true } else { false } }
}

/// `folder` with `name` inside it.
func joinPath(_ folder: String, _ name: String) -> String {
  folder.utf8.last == UInt8(ascii: "/") ? folder + name : folder + "/" + name
}

/// Limits of what a data set can make the program allocate.
package enum DataSetLimits {
  /// Bytes of a list.
  static let metadataBytes = 1 << 30
  /// Records of all folders together.
  static let records = 50_000_000
  /// Bytes of one record of a list.
  static let recordBytes = 4 << 20
  /// Fields of one record of a table.
  static let fields = 10_000
  /// Bytes of a file_name: the operating system's limit (PATH_MAX).
  static let fileNameBytes = 4096
  /// Unicode scalars of one text.
  static let textScalars = 10_000
  /// Bytes of a text file beside an image.
  static let textBytes = 64 << 10
  /// Folders in each other.
  package static let depth = 64
  /// Folders that are searched.
  static let folders = 1_000_000
}
