import Foundation

/// One image with its text.
package struct Record: Sendable {
  /// Path of the image relative to the data set's folder, as in the metadata.
  package let path: String
  /// The folder that `path` starts from.
  package let folder: String
  /// The text in the image, in NFC.
  package let text: String
  /// The text as written in the file, if that is not NFC.
  package let rawText: String?
  /// Index of the folder in ``DataSet/folders``.
  package let source: Int
  /// Bytes of the image file; -1 if there is none.
  package let size: Int64
  /// The image's place in a shard; nil if it is a file of its own.
  var place: ShardLocation?

  /// The image file. For an image in a shard, a name for messages: the shard's path, then the image's.
  package var absolutePath: String { place.map { joinPath($0.file.path, path) } ?? joinPath(folder, path) }

  /// The bytes of the image file.
  /// - Throws: ``DataSetError`` that names it.
  package func readImage() throws(DataSetError) -> [UInt8] {
    if let place { return try place.read(size, path: absolutePath) }
    return try readImageFile(absolutePath)
  }
}

/// `folder` with `name` inside it.
func joinPath(_ folder: String, _ name: String) -> String {
  folder.utf8.last == UInt8(ascii: "/") ? folder + name : folder + "/" + name
}

/// Limits of what a data set can make the program allocate.
enum DataSetLimits {
  /// Bytes of a metadata file.
  static let metadataBytes = 1 << 30
  /// Records of all folders together.
  static let records = 50_000_000
  /// Bytes of one record of a metadata file.
  static let recordBytes = 4 << 20
  /// Fields of one record of a metadata.csv.
  static let fields = 10_000
  /// Bytes of a file_name: the operating system's limit (PATH_MAX).
  static let fileNameBytes = 4096
  /// Unicode scalars of one text.
  static let textScalars = 10_000
}

/// The text in Unicode normalization form C (Unicode Standard Annex 15); ZWJ and all other scalars are kept.
func normalized(_ text: String) -> String {
  // Scalars below U+0300 do not combine with each other, and recompose after canonical decomposition.
  if text.unicodeScalars.allSatisfy({ $0.value < 0x300 }) { return text }
  return text.precomposedStringWithCanonicalMapping
}

/// Whether two strings consist of the same scalars. `==` would also accept canonically equivalent ones.
func sameScalars(_ a: String, _ b: String) -> Bool {
  a.utf8.elementsEqual(b.utf8)
}
