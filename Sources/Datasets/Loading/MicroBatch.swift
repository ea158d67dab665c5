import Images

/// The images and labels of one micro-batch, in reused memory: a slot of the loader's ring.
///
/// Images are sorted by non-increasing width after augmentation, ties by their position in the plan, as packed
/// sequences require.
///
/// Unchecked: the loader's thread owns a slot until ``MicroBatchLoader/next()`` returns it, then the caller owns it
/// until ``MicroBatchLoader/release(_:)``.
package final class MicroBatch: @unchecked Sendable {
  /// The requested work; its samples are in the order of the plan, unlike ``samples``.
  package internal(set) var item = WorkItem(epoch: 0, step: 0, microBatch: 0, samples: [])
  /// Number of each image: its sample's index, or that of a repeated draw, see ``Mixture``.
  package internal(set) var samples: [Int32] = []
  /// Columns of each image, non-increasing.
  package internal(set) var widths: [Int] = []
  /// Image i starts at `pixels[offsets[i]]`: `height` rows of `widths[i]` gray values, paper 255, without gaps.
  package internal(set) var offsets: [Int] = []
  /// Rows of every image.
  package internal(set) var height = 0
  /// Labels of all images, concatenated; label i is `labels[labelOffsets[i] ..< labelOffsets[i + 1]]`.
  package internal(set) var labels: [Int32] = []
  package internal(set) var labelOffsets: [Int] = [0]

  private var storage = UnsafeMutablePointer<UInt8>.allocate(capacity: 0)
  private var capacity = 0
  private var used = 0

  package init() {}

  deinit { storage.deallocate() }

  /// Step of the micro-batch over the whole run.
  package var step: Int { item.step }
  /// The number of images.
  package var count: Int { samples.count }
  /// The pixels of all images; valid while the caller holds the slot.
  package var pixels: UnsafePointer<UInt8> { UnsafePointer(storage) }

  /// The pixels of image `i`, for reading.
  package func image(_ i: Int) -> GrayView {
    GrayView(width: widths[i], height: height, pixels: storage + offsets[i])
  }

  /// The label of image `i`.
  package func label(_ i: Int) -> ArraySlice<Int32> { labels[labelOffsets[i]..<labelOffsets[i + 1]] }

  /// Reserves memory for every micro-batch within the bounds, with images of `height` rows.
  func reserve(_ bounds: MicroBatchBounds, height: Int) {
    samples.reserveCapacity(bounds.images)
    widths.reserveCapacity(bounds.images)
    offsets.reserveCapacity(bounds.images)
    labels.reserveCapacity(bounds.labels)
    labelOffsets.reserveCapacity(bounds.images + 1)
    makeRoom(bounds.columns * height)
  }

  /// Empties the slot for new work and keeps its memory.
  func begin(_ newItem: WorkItem, height newHeight: Int) {
    item = newItem
    height = newHeight
    used = 0
    samples.removeAll(keepingCapacity: true)
    widths.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    labelOffsets.removeAll(keepingCapacity: true)
    labelOffsets.append(0)
  }

  /// Appends an image in the order of the plan; the caller writes its pixels.
  func append(sample: Int32, width: Int) -> GrayView {
    let count = width * height
    if used + count > capacity { makeRoom(max(used + count, 2 * capacity)) }
    samples.append(sample)
    widths.append(width)
    offsets.append(used)
    defer { used += count }
    return GrayView(width: width, height: height, pixels: storage + used)
  }

  private func makeRoom(_ bytes: Int) {
    guard bytes > capacity else { return }
    let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes)
    grown.initialize(repeating: 255, count: bytes)
    grown.update(from: storage, count: used)
    storage.deallocate()
    (storage, capacity) = (grown, bytes)
  }

  /// Sorts the images by width and adds their labels.
  func finish(_ table: LabelTable) {
    // Insertion sort: stable, in place, and micro-batches are small.
    for i in samples.indices.dropFirst() {
      var j = i
      while j > 0 && widths[j - 1] < widths[j] {
        widths.swapAt(j - 1, j)
        samples.swapAt(j - 1, j)
        offsets.swapAt(j - 1, j)
        j -= 1
      }
    }
    for sample in samples {
      labels.append(contentsOf: table[Int(sample) % table.count])
      labelOffsets.append(labels.count)
    }
  }
}
