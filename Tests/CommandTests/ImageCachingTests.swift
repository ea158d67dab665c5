import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// `akuru train` with its cache of decoded images, on real ranks. One test at a time: there are more ranks than cores.
@Suite(.serialized) struct ImageCachingTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for (name, count) in [("train", 22), ("validation", 5)] { try writeImages("\(folder.path)/\(name)", count) }
  }

  private func writeImages(_ path: String, _ count: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for i in 0..<count {
      var random = KeyedRandom(seed: UInt64(count), purpose: .test, sample: UInt32(i))
      var image = GrayImage(width: 60 + random.integer(below: 60), height: 30)
      for p in image.pixels.indices where random.chance(0.3) { image.pixels[p] = UInt8(random.integer(below: 90)) }
      try PNG.write(image, to: "\(path)/\(i).png")
      try Data("abc".prefix(1 + i % 3).utf8).write(to: URL(fileURLWithPath: "\(path)/\(i).gt.txt"))
    }
  }

  private func train(_ run: String, ranks: Int, cache: String?) throws -> ProcessResult {
    try mpirun(
      ranks: ranks, product: "akuru",
      [
        "train", "--train", "\(folder.path)/train", "--validation", "\(folder.path)/validation", "--run-dir",
        "\(folder.path)/\(run)", "--max-steps", "3", "--batch-size", "8", "--micro-batch", "2",
      ] + (cache.map { ["--cache", $0] } ?? []))
  }

  private func checkpoint(_ run: String) throws -> [UInt8] {
    try bytes(of: "\(folder.path)/\(run)/checkpoints/step-00000003.safetensors")
  }

  @Test func weightsDoNotDependOnTheCache() throws {
    let first = try train("first", ranks: 1, cache: nil)
    #expect(first.exitCode == 0 && first.stderr.contains("decoding images into"), "\(first.transcript)")
    let expected = try checkpoint("first")
    let caches = try caches("first/cache")
    #expect(caches.count == 2 && caches.allSatisfy { $0.hasPrefix("images-") && $0.hasSuffix("-h40.cache") })

    let shared = folder.path + "/shared"
    for ranks in [2, 3] {
      try? FileManager.default.removeItem(atPath: shared)
      for attempt in ["made", "found"] {
        let run = "\(attempt)-\(ranks)"
        let result = try train(run, ranks: ranks, cache: shared)
        #expect(result.exitCode == 0, "\(result.transcript)")
        #expect(result.stderr.contains("decoding images into") == (attempt == "made"), "\(result.transcript)")
        #expect(try checkpoint(run) == expected, "\(run)")
        #expect(
          try self.caches("shared") == caches && !FileManager.default.fileExists(atPath: "\(folder.path)/\(run)/cache")
        )
      }
    }
    // A damaged pixel in the share of the last rank.
    let path = "\(shared)/\(try largest(shared))"
    var damaged = try bytes(of: path)
    damaged[damaged.count - 1] ^= 1
    try Data(damaged).write(to: URL(fileURLWithPath: path))
    let again = try train("again", ranks: 3, cache: shared)
    #expect(
      again.exitCode == 0 && again.stderr.contains("the checksum of image 21 is wrong; making it again"),
      "\(again.transcript)")
    #expect(try checkpoint("again") == expected)
    damaged[damaged.count - 1] ^= 1
    #expect(try bytes(of: path) == damaged, "the cache is mended")
  }

  @Test func otherPixelsAreDecodedAgain() throws {
    let cache = folder.path + "/cache"
    #expect(try train("before", ranks: 2, cache: cache).exitCode == 0)
    let names = try caches("cache")
    // The data set cannot see it: the file has the same name, size and text.
    let path = "\(folder.path)/train/0.png"
    let image = try PNG.read(path: path)
    let size = try bytes(of: path).count
    var other = image
    for i in other.pixels.indices {
      other = image
      other.pixels[i] = 255 - other.pixels[i]
      if try PNG.encode(other).count == size { break }
    }
    try PNG.write(other, to: path)
    #expect(try bytes(of: path).count == size)
    let result = try train("after", ranks: 2, cache: cache)
    #expect(result.exitCode == 0 && result.stderr.contains("decoding images into"), "\(result.transcript)")
    #expect(try caches("cache").count == names.count + 1)
    #expect(try checkpoint("after") != checkpoint("before"))
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable), arguments: [1, 3])
  func noSpaceEndsTheRunBeforeItStarts(ranks: Int) throws {
    let small = try MemoryFileSystem(kilobytes: 64)
    let result = try train("run", ranks: ranks, cache: small.path)
    #expect(result.exitCode == 4, "\(result.transcript)")
    let lines = result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: ") }
    #expect(
      lines.count == 1 && lines[0].contains("cannot reserve 1 MB for \(small.path)/images-"), "\(result.transcript)")
    #expect(lines.first?.contains("choose another folder with --cache") == true)
    let left = try FileManager.default.contentsOfDirectory(atPath: small.path)
    #expect(left.allSatisfy { $0.hasPrefix("audit-") }, "\(left)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/run/metrics.jsonl"))
  }

  /// A second start decodes nothing, on any number of ranks, until an image changes. The weights are the same.
  @Test func auditsAreRemembered() throws {
    Thread.sleep(forTimeInterval: 1.1)  // What has just changed is not remembered.
    let cache = folder.path + "/cache"
    for (ranks, run) in [(1, "first"), (1, "second"), (3, "third")] {
      let result = try train(run, ranks: ranks, cache: cache)
      #expect(result.exitCode == 0, "\(result.transcript)")
      let count = result.stderr.split(separator: "\n").count { $0.contains("images looked at before: \(cache)/audit-") }
      #expect(count == (run == "first" ? 0 : 2), "\(result.transcript)")
      #expect(try checkpoint(run) == checkpoint("first"), "\(run)")
    }
    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: "\(folder.path)/train/0.png")
    let result = try train("changed", ranks: 2, cache: cache)
    let lines = result.stderr.split(separator: "\n").filter { $0.contains("images looked at before") }
    #expect(result.exitCode == 0 && lines.count == 1, "\(result.transcript)")
    #expect(try checkpoint("changed") == checkpoint("first"))
  }

  /// The caches of images in a folder.
  private func caches(_ name: String) throws -> [String] { try folder.names(name).filter { $0.hasPrefix("images-") } }

  /// The name of the largest file in a folder.
  private func largest(_ path: String) throws -> String {
    try FileManager.default.contentsOfDirectory(atPath: path).max {
      try! bytes(of: "\(path)/\($0)").count < bytes(of: "\(path)/\($1)").count
    }!
  }
}
