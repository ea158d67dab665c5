import Foundation
import Images

/// Packs a data set into WebDataset shards: tar files `shard-000000.tar` ... that contain each record's image and text
/// one after the other, as `000000000.png` (or `.jpg`, `.tif`, `.webp`) and `000000000.txt`, and the index `shards.json`.
///
/// The bytes depend on the data set and the shard size alone. Everything is written into a hidden folder beside the
/// output, which is renamed when all is on the disk: a killed packer leaves no data set, and the next one removes its
/// folder.
package struct ShardPacker {
  package let output: String
  /// The largest size of a shard with more than one record, in bytes.
  package let shardSize: Int64

  package init(output: String, shardSize: Int64) {
    self.output = output.count > 1 && output.hasSuffix("/") ? String(output.dropLast()) : output
    self.shardSize = shardSize
  }

  /// A summary of the output.
  package struct Summary: Sendable, Encodable {
    package let records: Int
    package let shards: Int
    /// The size of all shards.
    package let bytes: Int64
    /// The fingerprint of the output: that of the packed data set, if it was one folder and all records were packed.
    package let fingerprint: String
  }

  /// Decodes and packs every image. An error ends the packing, unless `leaveOut` accepts it.
  ///
  /// - Parameter leaveOut: called with the error of an image that cannot be read; true omits the image.
  /// - Throws: `DataSetError` that names an image, ``ShardError``.
  package func pack(
    _ dataSet: DataSet, leaveOut: (DataSetError) -> Bool = { _ in false }
  ) throws -> Summary {
    let folder = try ShardFolder(beside: output)
    let images = RecordImages()
    var shards: [ShardIndex.Shard] = []
    var archive: ShardArchive?
    var (size, number, indexBytes) = (Int64(0), 0, 0)
    let fingerprint = FingerprintHash()
    func finishShard() throws {
      guard let open = archive else { return }
      shards[shards.count - 1].bytes = try open.close()
      archive = nil
    }
    for record in dataSet.records {
      let (image, ending): ([UInt8], String)
      do {
        image = try images.file(of: record)
        _ = try images.image(of: record)
        ending = String((ImageFile.format(of: image) ?? .png).suffix.dropFirst())
      } catch {
        guard leaveOut(error) else { throw error }
        continue
      }
      let text = record.rawText ?? record.text
      let letters = Array(text.utf8)
      let need = ShardPacker.entryBytes(image.count) + ShardPacker.entryBytes(letters.count)
      if archive != nil && size + need > shardSize { try finishShard() }
      let shard: ShardArchive
      if let archive {
        shard = archive
      } else {
        guard shards.count < 1_000_000 else {
          throw ShardError.tooMany(what: "these are more than a million shards", remedy: "raise --shard-size")
        }
        let name = "shard-\(zeroPadded(shards.count, 6)).tar"
        shard = try ShardArchive(joinPath(folder.path, name))
        (archive, size) = (shard, ShardPacker.trailer)
        shards.append(ShardIndex.Shard(file: name))
      }
      // Different folders may use the same names.
      let path = dataSet.folders.count > 1 ? "\(record.source)/\(record.path)" : record.path
      let key = zeroPadded(number, 9)
      let last = shards.count - 1
      shards[last].offsets.append(try shard.add("\(key).\(ending)", image))
      _ = try shard.add("\(key).txt", letters)
      shards[last].paths.append(path)
      shards[last].texts.append(text)
      shards[last].sizes.append(Int64(image.count))
      shards[last].digests.append(ShardLocation.digest(of: image))
      fingerprint.add(source: 0, path: path, size: Int64(image.count), text: ShardIndex.textPolicy.applied(to: text))
      (size, number) = (size + need, number + 1)
      indexBytes += 2 * (path.utf8.count + letters.count) + 80  // Escaping may double a text.
      guard indexBytes < ShardIndex.largestFile else {
        throw ShardError.tooMany(
          what: "the index of \(number) records comes near 1 GiB", remedy: "pack the data in several parts")
      }
    }
    try finishShard()
    guard number > 0 else { throw DataSetError.noRecords(path: dataSet.folders.joined(separator: ",")) }
    let index = ShardIndex(fingerprint: fingerprint.value, records: number, shards: shards)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try folder.write(Array(encoder.encode(index)) + [UInt8(ascii: "\n")], to: ShardIndex.fileName)
    try folder.publish(as: output)
    return Summary(
      records: number, shards: shards.count, bytes: shards.reduce(0) { $0 + $1.bytes }, fingerprint: index.fingerprint)
  }

  /// The size of the end of a tar file, in bytes.
  private static let trailer: Int64 = 1024

  /// Bytes of a file in a tar: a block of 512 for the header, and whole blocks for the contents.
  private static func entryBytes(_ count: Int) -> Int64 { Int64(512 + (count + 511) / 512 * 512) }
}

private func zeroPadded(_ number: Int, _ digits: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
