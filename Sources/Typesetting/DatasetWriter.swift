import Dispatch
import Images
import Synchronization

/// A summary of the output.
package struct SynthesisSummary: Equatable, Sendable {
  /// The summary of one split.
  package struct Split: Equatable, Sendable {
    /// Empty if the data set has no splits.
    package let name: String
    package let images: Int
    package let distinctTexts: Int
  }

  package let splits: [Split]
  /// Means over all images, in pixels.
  package let meanWidth: Double
  package let meanHeight: Double
  /// The widest image at a height of 40 pixels.
  package let largestWidthAt40: Int
}

/// Draws the images of a plan on several threads and writes them as an ImageFolder data set. Every file's bytes depend
/// on the plan only, not on `jobs`.
package struct DatasetWriter: Sendable {
  package let plan: SynthesisPlan

  package init(plan: SynthesisPlan) {
    self.plan = plan
  }

  /// - Parameters:
  ///   - jobs: threads; each has its own Pango objects if there are few fonts.
  ///   - overwrite: whether a data set in `path` is removed first.
  ///   - progress: called occasionally, by one thread at a time, with the number of images written.
  /// - Throws: `TypesettingError` (of the lowest image number seen), after which no metadata.csv is written.
  package func write(
    to path: String, jobs: Int, overwrite: Bool = false, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(TypesettingError) -> SynthesisSummary {
    let folder = DatasetFolder(path: path)
    try folder.prepare(splits: plan.splits.map(\.name), overwrite: overwrite)
    let work = SharedWork(count: plan.options.count, progress: progress)
    let fonts = plan.faces.reduce(0) { $0 + 1 + $1.fallbacks.count }
    let direction = plan.options.direction
    let shared =
      fonts > SharedRenderer.mostFonts ? try SharedRenderer(faces: plan.faces, direction: direction) : nil
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, plan.options.count))) { _ in
      self.run(work, shared, folder)
    }
    if let failure = work.failure { throw failure }

    var splits: [SynthesisSummary.Split] = []
    for split in plan.splits {
      var metadata = DatasetFolder.record(["file_name", "text"])
      var words = Set<[UInt8]>()
      for index in split.images {
        let text = work.shown(index) ?? plan.image(index, of: split).text
        words.insert(Array(text.utf8))
        metadata += DatasetFolder.record([name(index, split), text])
      }
      try folder.write(metadata: metadata, split: split.name)
      splits.append(.init(name: split.name, images: split.images.count, distinctTexts: words.count))
    }
    return work.summary(splits)
  }

  private func name(_ index: Int, _ split: SynthesisPlan.Split) -> String {
    DatasetFolder.imageName(index - split.images.lowerBound + 1)
  }

  /// The work of one thread: takes numbers until none are left, or a thread failed.
  private func run(_ work: SharedWork, _ shared: SharedRenderer?, _ folder: DatasetFolder) {
    var tally = SharedWork.Tally()
    var current = 0
    do throws(TypesettingError) {
      let (renderer, style) = (
        try ThreadRenderer(faces: plan.faces, direction: plan.options.direction, shared: shared), ImageStyler()
      )
      while let range = work.next() {
        for index in range {
          current = index
          guard let split = plan.splits.first(where: { $0.images.contains(index) }) else { continue }
          let word = plan.image(index, of: split)
          var (image, text) = try renderer.draw(word)
          if text != word.text { work.shows(text, at: index) }
          var random = plan.styleRandom(index)
          style.apply(plan.options.style, to: &image, &random)
          do {
            try PNG.write(image, to: folder.folder(split.name) + "/" + name(index, split))
          } catch {
            throw .output(
              error.path ?? folder.path, why: "\(ImageError(error.reason)); make room or choose another folder")
          }
          tally.add(image)
        }
        work.finished(range.count)
      }
    } catch {
      work.fail(error, at: current)
    }
    work.add(tally)
  }
}

/// The shared state of the threads; all mutable state is atomic or behind a lock.
private final class SharedWork: Sendable {
  struct Tally {
    var (width, height, widest) = (0, 0, 0)

    mutating func add(_ image: GrayImage) {
      width += image.width
      height += image.height
      widest = max(widest, (image.width * 40 + image.height / 2) / image.height)
    }
  }

  private struct State {
    var tally = Tally()
    var done = 0
    var failure: (index: Int, error: TypesettingError)?
    var shown: [Int: String] = [:]
  }

  private let count: Int
  private let progress: @Sendable (Int) -> Void
  private let taken = Atomic<Int>(0)
  private let stopped = Atomic<Bool>(false)
  private let state = Mutex(State())

  init(count: Int, progress: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.progress = progress
  }

  /// Takes the next few numbers to work on.
  func next() -> Range<Int>? {
    if stopped.load(ordering: .relaxed) { return nil }
    let chunk = 32
    let start = taken.wrappingAdd(chunk, ordering: .relaxed).oldValue
    return start < count ? start..<min(count, start + chunk) : nil
  }

  func finished(_ images: Int) {
    state.withLock {
      $0.done += images
      progress($0.done)
    }
  }

  func fail(_ error: TypesettingError, at index: Int) {
    stopped.store(true, ordering: .relaxed)
    state.withLock { if index < $0.failure?.index ?? .max { $0.failure = (index, error) } }
  }

  /// Records that image `index` shows a text that differs from the plan's word.
  func shows(_ text: String, at index: Int) {
    state.withLock { $0.shown[index] = text }
  }

  func shown(_ index: Int) -> String? { state.withLock { $0.shown[index] } }

  func add(_ tally: Tally) {
    state.withLock {
      $0.tally.width += tally.width
      $0.tally.height += tally.height
      $0.tally.widest = max($0.tally.widest, tally.widest)
    }
  }

  var failure: TypesettingError? { state.withLock { $0.failure?.error } }

  func summary(_ splits: [SynthesisSummary.Split]) -> SynthesisSummary {
    let tally = state.withLock { $0.tally }
    return SynthesisSummary(
      splits: splits, meanWidth: Double(tally.width) / Double(count), meanHeight: Double(tally.height) / Double(count),
      largestWidthAt40: tally.widest)
  }
}
