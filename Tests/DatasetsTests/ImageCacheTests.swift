import Datasets
import Dispatch
import Foundation
import Images
import TestSupport
import Testing

/// A data set of six images of various sizes, its audit, and a folder for caches.
private struct Fixture: Sendable {
  let folder: TemporaryDirectory
  let dataSet: DataSet
  let widths: [Int]
  let layout: ImageCacheLayout
  let height: Int

  static let sizes = [(30, 17), (90, 40), (12, 20), (2, 50), (200, 33), (61, 20)]

  /// - Parameter removing: records that are left out.
  init(height: Int = 20, seed: UInt64 = 0, removing: [Int] = []) throws {
    folder = try TemporaryDirectory()
    for (i, size) in Fixture.sizes.enumerated() {
      let image = picture(width: size.0, height: size.1, seed: seed + UInt64(i))
      try folder.add("data/\(i).png", image).add("data/\(i).gt.txt", "a")
    }
    for i in removing { try folder.add("data/\(i).gt.txt", "") }
    self.height = height
    let whole = try DataSet.load(folder.path + "/data")
    let audit = try Audit(whole, geometry: geometry(height: height)).run()
    let good = audit.good(of: whole)
    (dataSet, widths) = (good.dataSet, good.widths)
    layout = ImageCacheLayout(height: height, widths: widths, digests: audit.goodDigests)
  }

  var cacheFolder: String { folder.path + "/cache" }
  var path: String { cacheFolder + "/" + layout.fileName() }

  /// Makes the cache as `ranks` ranks would.
  func make(ranks: Int = 1, threads: Int = 1) throws {
    let draft = try ImageCacheDraft(for: path, layout: layout)
    try fill(draft, ranks: ranks, threads: threads)
    try draft.publish()
  }

  func fill(_ draft: ImageCacheDraft, ranks: Int = 1, threads: Int = 1) throws {
    for rank in 0..<ranks {
      let writer = try ImageCacheWriter(
        draft.temporaryPath, layout: layout, dataSet: dataSet, geometry: geometry(height: height))
      try writer.write(layout.count * rank / ranks..<layout.count * (rank + 1) / ranks, threads: threads)
    }
  }

  func open() throws -> MappedImageSource { try MappedImageSource(path, layout: layout) }

  /// The cache gives what the files give.
  func expectImages(_ source: MappedImageSource, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let files = FileImageSource(dataSet, geometry: geometry(height: height))
    let (expected, found) = (ImageBuffer(), ImageBuffer())
    for i in [3, 0, 1, 2, 5, 4] where i < layout.count {
      try files.load(i, into: expected)
      source.load(i, into: found)
      #expect(copy(found) == copy(expected), "image \(i)", sourceLocation: sourceLocation)
      #expect(found.width == widths[i], sourceLocation: sourceLocation)
    }
  }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: cacheFolder).sorted()) ?? [] }

  /// Changes the bytes of the cache.
  func change(_ body: (inout [UInt8]) -> Void) throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    body(&bytes)
    try folder.add("cache/" + layout.fileName(), bytes)
  }
}

private func copy(_ image: ImageBuffer) -> GrayImage {
  let view = image.view
  return GrayImage(
    width: view.width, height: view.height, pixels: Array(UnsafeBufferPointer(start: view.pixels, count: view.count)))
}

/// The error that `body` throws, if it is an `ImageCacheError`.
private func cacheError(_ body: () throws -> Void) -> ImageCacheError? {
  do {
    try body()
    return nil
  } catch {
    return error as? ImageCacheError
  }
}

private func isDamage(_ error: ImageCacheError?, _ part: String) -> Bool {
  guard case .damaged(_, let reason) = error else { return false }
  return reason.contains(part) && !error!.description.contains("\n")
}

@Suite struct ImageCacheTests {
  @Test(arguments: [(1, 1), (1, 4), (2, 1), (3, 1), (8, 2)])
  func cacheGivesWhatTheFilesGive(ranks: Int, threads: Int) throws {
    let fixture = try Fixture()
    #expect(cacheError { _ = try fixture.open() } == .absent(path: fixture.path))
    try fixture.make(ranks: ranks, threads: threads)
    let source = try fixture.open()
    try source.verify(0..<fixture.layout.count)
    try fixture.expectImages(source)
    #expect(fixture.names == [fixture.layout.fileName()])
    // Whoever changes a loaded image changes no pixel of the cache.
    let buffer = ImageBuffer()
    source.load(1, into: buffer)
    buffer.view.invert()
    try fixture.expectImages(source)
  }

  @Test func bytesDoNotDependOnTheRanks() throws {
    let fixture = try Fixture()
    try fixture.make()
    let alone = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
    #expect(alone.count == fixture.layout.fileSize && fixture.layout.fileSize > fixture.widths.reduce(0, +) * 20)
    try fixture.make(ranks: 3)
    #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.path)) == alone)
  }

  /// Other images, other heights and other choices of records have other names; other texts do not matter.
  @Test func namesFollowTheImages() throws {
    let fixture = try Fixture()
    let others = [
      try Fixture(height: 21), try Fixture(seed: 9), try Fixture(removing: [2]), try Fixture(removing: [5]),
    ]
    let names = ([fixture] + others).map { $0.layout.fileName() }
    #expect(Set(names).count == names.count)
    #expect(try Fixture().layout.fileName() == names[0])
    #expect(
      fixture.layout.fileName(machine: "a/b") != names[0] && !fixture.layout.fileName(machine: "a/b").contains("/"))
    #expect(others[2].layout.count == 5)
    for other in others {
      try other.make(ranks: 2)
      try other.expectImages(try other.open())
    }
    // One image with other pixels of the same size, in a file of the same length as far as the data set can see.
    let digests = fixture.layout.digests
    let changed = ImageCacheLayout(
      height: 20, widths: fixture.widths, digests: digests.dropLast() + [digests.last! ^ 1])
    #expect(changed.fileName() != names[0])
    try fixture.make()
    let error = cacheError { _ = try MappedImageSource(fixture.path, layout: changed) }
    #expect(isDamage(error, "header"))
  }

  /// Every single byte of header and table matters.
  @Test func damagedHeaderAndTableAreFound() throws {
    let fixture = try Fixture()
    try fixture.make()
    let place = 96 + 16 * fixture.layout.count
    for i in 0..<place {
      try fixture.change { $0[i] ^= 0x10 }
      let error = cacheError { _ = try fixture.open() }
      #expect(isDamage(error, i < 64 ? "header" : "checksum"), "byte \(i): \(String(describing: error))")
      try fixture.change { $0[i] ^= 0x10 }
    }
    try fixture.open().verify(0..<fixture.layout.count)
  }

  @Test func damagedPixelsAreFound() throws {
    let fixture = try Fixture()
    try fixture.make()
    let (count, first) = (fixture.layout.count, 4096)
    for (place, image) in [(first, 0), (first + fixture.widths[0] * 20, 1), (fixture.layout.fileSize - 1, count - 1)] {
      try fixture.change { $0[place] ^= 1 }
      let source = try fixture.open()
      #expect(isDamage(cacheError { try source.verify(0..<count) }, "image \(image) "))
      #expect(isDamage(cacheError { try source.verify(image..<image + 1) }, "image \(image) "))
      if image > 0 { try source.verify(0..<image) }
      try source.verify(image + 1..<count)
      try fixture.change { $0[place] ^= 1 }
    }
  }

  @Test func filesOfAnotherSizeAreDamaged() throws {
    let fixture = try Fixture()
    for cut in [0, 1, 63, 4095, 4097, fixture.layout.fileSize - 1] {
      try fixture.make()
      try fixture.change { $0.removeSubrange(cut...) }
      #expect(isDamage(cacheError { _ = try fixture.open() }, "\(cut) bytes instead of \(fixture.layout.fileSize)"))
    }
    try fixture.make()
    try fixture.change { $0.append(0) }
    #expect(isDamage(cacheError { _ = try fixture.open() }, "bytes instead of"))
    try FileManager.default.removeItem(atPath: fixture.path)
    try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: false)
    #expect(isDamage(cacheError { _ = try fixture.open() }, "not a regular file"))
  }

  /// A file that changes between audit and decoding would put wrong pixels under the name of the right ones.
  @Test func imagesThatChangeMeanwhileAreNamed() throws {
    let fixture = try Fixture()
    try fixture.folder.add("data/4.png", picture(width: 200, height: 33, seed: 77))
    let error = dataSetError { try fixture.make(threads: 3) }
    #expect(error?.description.contains("4.png: has changed since the audit") == true, "\(String(describing: error))")
    #expect(fixture.names == [])
    try FileManager.default.removeItem(atPath: fixture.folder.path + "/data/4.png")
    #expect(dataSetError { try fixture.make() }?.description.contains("4.png") == true)
  }

  /// Jobs that make the same cache at once do not disturb each other, whoever comes last.
  @Test func severalJobsMakeTheSameCache() throws {
    let fixture = try Fixture()
    let first = try ImageCacheDraft(for: fixture.path, layout: fixture.layout)
    let second = try ImageCacheDraft(for: fixture.path, layout: fixture.layout)
    #expect(first.temporaryPath != second.temporaryPath)
    try fixture.fill(second)
    try second.publish()
    let source = try fixture.open()
    try fixture.fill(first, ranks: 2)
    try first.publish()
    // The one that was opened is not the one that has the name now; both are whole.
    for source in [source, try fixture.open()] {
      try source.verify(0..<fixture.layout.count)
      try fixture.expectImages(source)
    }
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      #expect(throws: Never.self) {
        try fixture.make()
        let source = try fixture.open()
        try source.verify(0..<fixture.layout.count)
      }
    }
    #expect(fixture.names == [fixture.layout.fileName()])
  }

  @Test func abandonedDraftsAreRemoved() throws {
    let fixture = try Fixture()
    let name = ".images-0123456789abcdef-h40.cache.tmp-77"
    try fixture.folder.add("cache/" + name, "left by a killed process").add("cache/notes.txt", "mine")
    do {
      let alive = try ImageCacheDraft(for: fixture.path, layout: fixture.layout)
      #expect(!fixture.names.contains(name))
      try fixture.make()
      #expect(FileManager.default.fileExists(atPath: alive.temporaryPath))
    }
    #expect(fixture.names == [fixture.layout.fileName(), "notes.txt"])
  }

  @Test func foldersThatCannotBeMade() throws {
    let fixture = try Fixture()
    try fixture.folder.add("cache", "a file")
    let error = cacheError { try fixture.make() }
    guard case .system(_, fixture.cacheFolder, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// The whole space is reserved before the first image is decoded.
  @Test(.enabled(if: MemoryFileSystem.isAvailable)) func noSpaceIsFoundBeforeWorkStarts() throws {
    let fixture = try Fixture(height: 200)
    let small = try MemoryFileSystem(kilobytes: 64)
    let path = "\(small.path)/folder/\(fixture.layout.fileName())"
    #expect(fixture.layout.fileSize > 65_536)
    let error = cacheError { _ = try ImageCacheDraft(for: path, layout: fixture.layout) }
    guard case .system(_, path, ENOSPC) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error!.description.contains("--cache") && error!.description.contains("reserve"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(small.path)/folder") == [])
  }
}
