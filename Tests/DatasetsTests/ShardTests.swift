import Datasets
import Foundation
import TestSupport
import Testing

/// A data set of some images, packed.
private final class Packed {
  let folder = try! TemporaryDirectory()
  var data: String { folder.path + "/data" }
  var shards: String { folder.path + "/shards" }
  let texts = ["ක්‍ෂ", "b,\"c\"", "line\nbreak", "e\u{301}", "x"]

  /// - Parameter shardSize: two images a shard, unless told otherwise.
  init(shardSize: Int64 = 6000) throws {
    var csv = "file_name,text\n"
    for (i, text) in texts.enumerated() {
      try folder.add("data/sub/\(i).png", picture(width: 30 + 9 * i, height: 20, seed: UInt64(i)))
      csv += "sub/\(i).png,\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\"\n"
    }
    try folder.add("data/metadata.csv", csv)
    _ = try ShardPacker(output: shards, shardSize: shardSize).pack(DataSet.load(data))
  }

  func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.url("shards/\(name)"))) }

  var index: String { get throws { String(decoding: try bytes("shards.json"), as: UTF8.self) } }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: shards).sorted() }
}

@Suite struct ShardTests {
  @Test func aFolderAndItsShardsAreTheSameData() throws {
    let packed = try Packed()
    let (folder, shards) = (try DataSet.load(packed.data), try DataSet.load(packed.shards))
    #expect(try packed.names().count >= 3 && packed.names().last == "shards.json")
    #expect(shards.fingerprint == folder.fingerprint)
    #expect(shards.records.map(\.path) == folder.records.map(\.path))
    #expect(shards.records.map { scalars($0.text) } == folder.records.map { scalars($0.text) })
    #expect(shards.records.map { $0.rawText.map(scalars) } == folder.records.map { $0.rawText.map(scalars) })
    let images = try folder.records.map { try RecordImages().file(of: $0) }
    #expect(try shards.records.map { try RecordImages().file(of: $0) } == images)
    #expect(shards.records[0].absolutePath == packed.shards + "/shard-000000.tar/sub/0.png")
    let audits = try [folder, shards].map { try Audit($0, geometry: geometry()).run() }
    #expect(audits[0].widths == audits[1].widths && audits[0].goodDigests == audits[1].goodDigests)
    // Together with others.
    let both = try DataSet.load(packed.shards + "," + packed.data)
    #expect(both.countsOfFolders == [5, 5] && both.records[7].absolutePath == packed.data + "/sub/2.png")
  }

  @Test func tarReadsThem() throws {
    let packed = try Packed()
    for name in try packed.names().dropLast() {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/tar")
      process.arguments = ["-xf", packed.shards + "/" + name, "-C", packed.folder.path]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    for (i, record) in try DataSet.load(packed.data).records.enumerated() {
      let key = packed.folder.path + "/00000000\(i)"
      let image = Array(try Data(contentsOf: URL(fileURLWithPath: key + ".png")))
      #expect(try image == RecordImages().file(of: record))
      let text = try String(contentsOfFile: key + ".txt", encoding: .utf8)
      #expect(scalars(text) == scalars(packed.texts[i]))
    }
  }

  /// Names in a shard end as the bytes of an image say, not as its file was called.
  @Test func endingsOfImages() throws {
    let folder = try TemporaryDirectory()
    let seeds = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Fuzz/Seeds")
    let kinds = ["png/gray8", "jpeg/gray", "tiff/L-packbits", "webp/31x17-lossy-3-channels"]
    for (i, kind) in kinds.enumerated() {
      try folder.add("data/\(i).png", Array(Data(contentsOf: seeds.appendingPathComponent(kind).standardizedFileURL)))
      try folder.add("data/\(i).gt.txt", "a\n")
    }
    _ = try ShardPacker(output: folder.path + "/shards", shardSize: 1 << 20).pack(DataSet.load(folder.path + "/data"))
    let listed = try run("tar", ["-tf", folder.path + "/shards/shard-000000.tar"]).stdout.split(separator: "\n")
    let endings = listed.compactMap { $0.split(separator: ".").last }.filter { $0 != "txt" }
    #expect(endings == ["png", "jpg", "tif", "webp"], "\(listed)")
  }

  @Test func sameDataSameBytes() throws {
    let (first, second) = (try Packed(), try Packed())
    for name in try first.names() { #expect(try first.bytes(name) == second.bytes(name)) }
    #expect(try first.names() == second.names())
    // One shard is as large as it may be.
    let sizes = try first.names().dropLast().map { try first.bytes($0).count }
    #expect(sizes.allSatisfy { $0 <= 6000 && $0 % 512 == 0 })
    #expect(try Packed(shardSize: 1 << 30).names() == ["shard-000000.tar", "shards.json"])
    #expect(try Packed(shardSize: 1).names().count == 6)
  }

  @Test func damagedShards() throws {
    let packed = try Packed()
    let path = packed.shards + "/shard-000001.tar"
    let whole = try packed.bytes("shard-000001.tar")
    try packed.folder.add("shards/shard-000001.tar", Array(whole.dropLast(512)))
    expectLoadError(packed.shards, [path, "damaged", "bytes instead of \(whole.count)", "copy it again"])
    // A bit of an image, far from what a PNG decoder would notice by itself.
    var flipped = whole
    flipped[512 + 40] ^= 1
    try packed.folder.add("shards/shard-000001.tar", flipped)
    let result = try Audit(DataSet.load(packed.shards), geometry: geometry()).run()
    let unreadable = result.problems.filter { $0.kind == .unreadableImage }
    #expect(unreadable.count == 1)
    #expect(unreadable.first?.description.contains("shard-000001.tar/sub/") == true)
    #expect(unreadable.first?.detail.contains("the shard is damaged") == true)
    try FileManager.default.removeItem(atPath: path)
    expectLoadError(packed.shards, [path, "no such file"])
  }

  @Test func damagedIndex() throws {
    let packed = try Packed(shardSize: 1 << 20)
    let whole = try packed.index
    func expect(_ text: String, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
      try packed.folder.add("shards/shards.json", text)
      expectLoadError(packed.shards, ["shards.json"] + parts, sourceLocation: sourceLocation)
    }
    try expect(String(whole.prefix(whole.count / 2)), ["no index of shards"])
    try expect("{}", ["no index of shards"])
    try expect(
      whole.replacingOccurrences(of: "\"version\":1", with: "\"version\":9"), ["version 9", "reads version 1"])
    try expect(whole.replacingOccurrences(of: "sub/3.png", with: "sub/4.png"), ["not those that were packed"])
    try expect(whole.replacingOccurrences(of: "\"records\":5", with: "\"records\":4"), ["not those that were packed"])
    try expect(whole.replacingOccurrences(of: "shard-000000.tar", with: "../data/metadata.csv"), ["is a path"])
    try expect(whole.replacingOccurrences(of: "shard-000000.tar", with: ".."), ["is a path"])
    try expect(whole.replacingOccurrences(of: "sub/0.png", with: "../0.png"), ["makes no sense"])
    try expect(whole.replacingOccurrences(of: "[512,", with: "[-512,"), ["record 0", "makes no sense"])
    try expect(whole.replacingOccurrences(of: "[512,", with: "[9000000000000000000,"), ["makes no sense"])
    try expect(whole.replacingOccurrences(of: "[512,", with: "["), ["lists do not fit"])
    try packed.folder.add("shards/metadata.csv", "file_name,text\n").add("shards/shards.json", whole)
    expectLoadError(packed.shards, ["shards and a metadata file"])
    try FileManager.default.removeItem(atPath: packed.shards + "/metadata.csv")
    #expect(try DataSet.load(packed.shards).records.count == 5)
    try FileManager.default.removeItem(atPath: packed.shards + "/shards.json")
    expectLoadError(packed.shards, ["tar files without shards.json"])
  }

  @Test func whatIsBrokenOffIsNoDataSet() throws {
    let packed = try Packed()
    let output = packed.folder.path + "/second"
    // What a killed pack leaves, and what a broken image leaves.
    try packed.folder.add(".second.tmp-1/shard-000000.tar", "half")
    try packed.folder.add("data/sub/3.png", "no image")
    let error = dataSetError { _ = try ShardPacker(output: output, shardSize: 5000).pack(DataSet.load(packed.data)) }
    #expect(error?.description.contains("sub/3.png") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: packed.folder.path).sorted() == ["data", "shards"])
    let summary = try ShardPacker(output: output, shardSize: 5000).pack(DataSet.load(packed.data)) { _ in true }
    #expect(summary.records == 4)
    let left = try DataSet.load(output)
    #expect(
      left.records.map(\.path) == [0, 1, 2, 4].map { "sub/\($0).png" } && left.fingerprint == summary.fingerprint)
  }
}
