import Foundation

/// `shards.json`: the contents of the shards beside it, so that texts and places of images are known without reading
/// them.
///
/// Nothing in it is trusted: sizes are compared with the files, `fingerprint` with the records, and `digests` with
/// every image that is read.
struct ShardIndex: Codable {
  static let fileName = "shards.json"
  static let format = "akuru-shards"
  static let version = 1
  /// The policy of the texts in the fingerprint. The texts themselves are stored as they were written.
  static let textPolicy = TextPolicy.ofOlderModels
  /// The size limit of the file, in bytes.
  static let largestFile = DataSetLimits.metadataBytes

  /// A tar file and its records, column by column.
  struct Shard: Codable {
    /// Its name, in the same folder.
    var file: String
    /// The size of the shard, in bytes.
    var bytes: Int64 = 0
    /// Path of each image in the data set that was packed.
    var paths: [String] = []
    /// The text of each image, as written in the packed data set.
    var texts: [String] = []
    /// The offset of each image in the file, and its size in bytes.
    var offsets: [Int64] = []
    var sizes: [Int64] = []
    /// The first 8 bytes of the SHA-256 of each image, in hexadecimal.
    var digests: [String] = []

    /// Whether all columns have the same number of rows.
    var isEven: Bool {
      [texts.count, offsets.count, sizes.count, digests.count].allSatisfy { $0 == paths.count }
    }
  }

  var format = ShardIndex.format
  var version = ShardIndex.version
  /// The fingerprint of the data set of these records, see ``DataSet/fingerprint``.
  var fingerprint: String
  var records: Int
  var shards: [Shard]

  /// Reads the index and checks what can be checked without the shards.
  static func read(_ path: String) throws(DataSetError) -> ShardIndex {
    let bytes = try readFile(path, limit: largestFile, limitName: "1 GiB")
    struct Kind: Decodable {
      let format: String
      let version: Int
    }
    let decoder = JSONDecoder()
    guard let kind = try? decoder.decode(Kind.self, from: Data(bytes)), kind.format == format else {
      throw damaged(path, "it is no index of shards")
    }
    guard kind.version == version else {
      throw .malformed(
        path: path, place: "version \(kind.version)",
        reason: "this Akuru reads version \(version); pack the data again, or use the Akuru that wrote it")
    }
    guard let index = try? decoder.decode(ShardIndex.self, from: Data(bytes)), index.shards.allSatisfy(\.isEven) else {
      throw damaged(path, "its lists do not fit together")
    }
    return index
  }

  static func damaged(_ path: String, _ reason: String) -> DataSetError {
    .malformed(path: path, place: "damaged", reason: "\(reason); copy the shards again, or pack the data again")
  }
}
