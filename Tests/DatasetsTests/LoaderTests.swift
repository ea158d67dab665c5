import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// Pictures from memory; sample `broken` cannot be loaded. Unchecked: `loads` is touched only while `lock` is held.
private final class TestSource: ImageSource, @unchecked Sendable {
  struct Broken: Error, Equatable { let sample: Int }

  let images: [GrayImage]
  let broken: Int?
  let delay: TimeInterval
  private let lock = NSLock()
  private var loads: [Int] = []

  init(count: Int, broken: Int? = nil, delay: TimeInterval = 0) {
    images = (0..<count).map { picture(width: 10 + ($0 * 37) % 90, height: 20, seed: UInt64($0)) }
    self.broken = broken
    self.delay = delay
  }

  var loaded: [Int] { lock.withLock { loads } }

  func load(_ sample: Int, into image: ImageBuffer) throws {
    lock.withLock { loads.append(sample) }
    if delay > 0 { Thread.sleep(forTimeInterval: delay) }
    if sample == broken { throw Broken(sample: sample) }
    let source = images[sample]
    image.reserve(width: source.width, height: source.height)
    image.view.pixels.update(from: source.pixels, count: source.pixels.count)
  }
}

/// What a micro-batch holds, copied.
private struct Content: Equatable {
  let item: WorkItem
  let samples: [Int32]
  let images: [GrayImage]
  let labels: [[Int32]]

  init(_ microBatch: MicroBatch) {
    item = microBatch.item
    samples = microBatch.samples
    images = (0..<microBatch.count).map { i in
      let view = microBatch.image(i)
      return GrayImage(
        width: view.width, height: view.height,
        pixels: Array(UnsafeBufferPointer(start: view.pixels, count: view.count)))
    }
    labels = (0..<microBatch.count).map { Array(microBatch.label($0)) }
  }
}

private func labels(_ count: Int) -> LabelTable {
  LabelTable((0..<count).map { [Int32]($0 % 3 == 0 ? [] : [1, Int32($0)]) })
}

private func work(_ count: Int, microBatch: Int, epochs: Int = 1) -> [WorkItem] {
  (0..<epochs).flatMap { epoch in
    stride(from: 0, to: count, by: microBatch).map { start in
      WorkItem(
        epoch: epoch, step: epoch * count + start, microBatch: start % 3,
        samples: (start..<min(start + microBatch, count)).map { Int32(($0 * 7) % count) })
    }
  }
}

private func loader(_ source: any ImageSource, count: Int, _ work: [WorkItem], depth: Int = 2) -> MicroBatchLoader {
  MicroBatchLoader(
    source: source, labels: labels(count), geometry: geometry(), augmentation: .default, seed: 6, work: work,
    depth: depth)
}

private func contents(_ loader: MicroBatchLoader, delay: TimeInterval = 0) throws -> [Content] {
  var contents: [Content] = []
  while let microBatch = try loader.next() {
    if delay > 0 { Thread.sleep(forTimeInterval: delay) }
    contents.append(Content(microBatch))
    loader.release(microBatch)
  }
  return contents
}

@Suite struct MicroBatchTests {
  @Test func sortedByWidthWithLabels() throws {
    let source = TestSource(count: 20)
    let builder = MicroBatchBuilder(
      source: source, labels: labels(20), geometry: geometry(), augmentation: .none, seed: 1)
    let slot = MicroBatch()
    for samples: [Int32] in [[3, 0, 12, 7, 3, 19], [5], Array(0..<20), []] {
      try builder.build(WorkItem(epoch: 2, step: 9, microBatch: 1, samples: samples), into: slot)
      #expect(slot.count == samples.count && slot.step == 9 && slot.height == 20)
      // Stable: equal widths stay in the order of the plan.
      let sorted = samples.enumerated().sorted {
        (-source.images[Int($0.element)].width, $0.offset) < (-source.images[Int($1.element)].width, $1.offset)
      }.map(\.element)
      #expect(slot.samples == sorted)
      let content = Content(slot)
      #expect(content.images == sorted.map { source.images[Int($0)] })
      #expect(slot.widths == content.images.map(\.width))
      #expect(content.labels == sorted.map { Array(labels(20)[Int($0)]) })
      #expect(slot.labelOffsets.count == samples.count + 1 && slot.labelOffsets.last == slot.labels.count)
    }
  }

  @Test func augmentedWidthsAreNonIncreasing() throws {
    let builder = MicroBatchBuilder(
      source: TestSource(count: 30), labels: labels(30), geometry: geometry(), augmentation: .default, seed: 1)
    let slot = MicroBatch()
    for epoch in 0..<20 {
      try builder.build(WorkItem(epoch: epoch, step: 0, microBatch: 0, samples: Array(0..<30)), into: slot)
      #expect(zip(slot.widths, slot.widths.dropFirst()).allSatisfy { $0 >= $1 })
      #expect(slot.samples.sorted() == (0..<30).map { $0 })
    }
  }

  /// An image's augmentation depends on its key, not on the micro-batch it stands in.
  @Test func imagesDoNotDependOnTheirNeighbors() throws {
    let builder = MicroBatchBuilder(
      source: TestSource(count: 30), labels: labels(30), geometry: geometry(), augmentation: .default, seed: 1)
    let slot = MicroBatch()
    try builder.build(WorkItem(epoch: 1, step: 0, microBatch: 0, samples: Array(0..<30)), into: slot)
    let together = Content(slot)
    for (i, sample) in together.samples.enumerated() {
      try builder.build(WorkItem(epoch: 1, step: 8, microBatch: 3, samples: [sample]), into: slot)
      #expect(Content(slot).images == [together.images[i]])
    }
  }
}

@Suite struct MicroBatchLoaderTests {
  @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 5]) func orderOfTheWorkAndTheSameContent(_ depth: Int) throws {
    let items = work(50, microBatch: 4, epochs: 3)
    let builder = MicroBatchBuilder(
      source: TestSource(count: 50), labels: labels(50), geometry: geometry(), augmentation: .default, seed: 6)
    let expected = try items.map { item in
      let slot = MicroBatch()
      try builder.build(item, into: slot)
      return Content(slot)
    }
    #expect(try contents(loader(TestSource(count: 50), count: 50, items, depth: depth)) == expected)
    // With a slow source and a slow consumer.
    let few = Array(items.prefix(6))
    #expect(
      try contents(loader(TestSource(count: 50, delay: 0.003), count: 50, few, depth: depth))
        == Array(expected.prefix(6)))
    #expect(
      try contents(loader(TestSource(count: 50), count: 50, few, depth: depth), delay: 0.01)
        == Array(expected.prefix(6)))
  }

  @Test(.timeLimit(.minutes(1))) func noWork() throws {
    let loader = loader(TestSource(count: 1), count: 1, [])
    #expect(try loader.next() == nil)
    #expect(try loader.next() == nil)
  }

  @Test(.timeLimit(.minutes(1))) func preparesAheadAndNoFurther() throws {
    let source = TestSource(count: 40)
    let loader = loader(source, count: 40, work(40, microBatch: 4), depth: 2)
    // Nothing is taken: three slots are filled, and then the thread waits.
    while source.loaded.count < 12 { Thread.sleep(forTimeInterval: 0.001) }
    Thread.sleep(forTimeInterval: 0.05)
    #expect(source.loaded.count == 12)
    let first = try #require(try loader.next())
    let second = try #require(try loader.next())
    Thread.sleep(forTimeInterval: 0.05)
    #expect(source.loaded.count == 12)
    loader.release(second)
    while source.loaded.count < 16 { Thread.sleep(forTimeInterval: 0.001) }
    // A held slot is not written to.
    #expect(first.item == work(40, microBatch: 4)[0])
    loader.release(first)
  }

  @Test(.timeLimit(.minutes(1))) func errorComesInItsPlaceAndStays() throws {
    let items = work(50, microBatch: 4)
    let broken = Int(items[5].samples[2])
    let loader = loader(TestSource(count: 50, broken: broken), count: 50, items)
    for item in items.prefix(5) {
      let microBatch = try #require(try loader.next())
      #expect(microBatch.item == item)
      loader.release(microBatch)
    }
    for _ in 0..<3 { #expect(throws: TestSource.Broken(sample: broken)) { try loader.next() } }
  }

  @Test(.timeLimit(.minutes(1))) func stopsEarly() throws {
    for taken in 0..<6 {
      let loader = loader(TestSource(count: 50), count: 50, work(50, microBatch: 2))
      for _ in 0..<taken { loader.release(try #require(try loader.next())) }
      loader.stop()
      loader.stop()
      #expect(try loader.next() == nil)
    }
  }

  @Test(.timeLimit(.minutes(1))) func releasingTheLoaderEndsItsThread() throws {
    for held in 0..<4 {
      let source = TestSource(count: 50)
      var kept: [MicroBatch] = []
      do {
        let loader = loader(source, count: 50, work(50, microBatch: 2))
        for _ in 0..<held { kept.append(try #require(try loader.next())) }
      }
      let loads = source.loaded.count
      Thread.sleep(forTimeInterval: 0.02)
      #expect(source.loaded.count == loads && loads < 50)
      // A slot outlives its loader.
      #expect(kept.map(\.item) == Array(work(50, microBatch: 2).prefix(held)))
    }
  }

  @Test(.timeLimit(.minutes(1))) func errorsNameTheFile() throws {
    let folder = try TemporaryDirectory()
    for i in 0..<6 { try folder.add("\(i).png", picture(width: 30 + i, height: 17)).add("\(i).gt.txt", "ab") }
    try folder.add("4.png", Array(try PNG.encode(picture(width: 90, height: 40)).dropLast(40)))
    let dataSet = try DataSet.load(folder.path)
    let source = FileImageSource(dataSet, geometry: geometry())
    let loader = MicroBatchLoader(
      source: source, labels: labels(6), geometry: geometry(), augmentation: .none, seed: 1,
      work: (0..<6).map { WorkItem(epoch: 0, step: $0, microBatch: 0, samples: [Int32($0)]) })
    for _ in 0..<4 { loader.release(try #require(try loader.next())) }
    let error = dataSetError { _ = try loader.next() }
    #expect(error?.description.contains(folder.path + "/4.png: truncated") == true)
  }
}
