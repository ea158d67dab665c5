import Files
import Images

/// Reads the shards of a folder; their sizes and records must match the index.
struct ShardsReader: GroundTruthReader {
  let folder: GroundTruthFolder

  func read(into records: inout RecordCollector) throws(DataSetError) {
    records.form = .shards
    let path = folder.file(ShardIndex.fileName)
    let index = try ShardIndex.read(path)
    let hash = FingerprintHash()
    var count = 0
    for shard in index.shards {
      let place = "shard \(quoted(shard.file))"
      guard !shard.file.utf8.contains(UInt8(ascii: "/")), FileLocator.refusal(of: shard.file) == nil, shard.file != ".."
      else {
        throw ShardIndex.damaged(path, "\(place) is a path")
      }
      let file = ShardFile(folder.file(shard.file))
      let size = try ShardsReader.size(file.path)
      guard size == shard.bytes else {
        throw .malformed(
          path: file.path, place: "damaged",
          reason: "it has \(size) bytes instead of \(shard.bytes); copy it again, or pack the data again")
      }
      for i in shard.paths.indices {
        let (name, offset, bytes) = (shard.paths[i], shard.offsets[i], shard.sizes[i])
        guard offset >= 0, bytes >= 0, bytes <= ImageLimits().fileBytes, offset <= size - bytes,
          FileLocator.refusal(of: name) == nil, !FileLocator.leadsOut(name)
        else { throw ShardIndex.damaged(path, "record \(i) of \(place) makes no sense") }
        try records.add(
          folder.prefix + name, text: shard.texts[i], size: bytes,
          origin: .shard(ShardLocation(file: file, offset: offset, digest: shard.digests[i])), in: folder)
        hash.add(source: 0, path: name, size: bytes, text: ShardIndex.textPolicy.applied(to: shard.texts[i]))
        count += 1
      }
    }
    guard count > 0 else { throw .noRecords(path: folder.path) }
    guard hash.value == index.fingerprint, count == index.records else {
      throw ShardIndex.damaged(path, "its records are not those that were packed")
    }
  }

  private static func size(_ path: String) throws(DataSetError) -> Int64 {
    let status: FileStatus?
    do throws(FileError) { status = try FileStatus.following(path) } catch { throw DataSetError(error) }
    guard let status else { throw .notFound(path: path) }
    return status.size
  }
}
