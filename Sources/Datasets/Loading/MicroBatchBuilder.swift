/// Builds micro-batches: loads, augments, sorts. Holds scratch memory, so each thread has its own.
package final class MicroBatchBuilder {
  private let source: any ImageSource
  private let labels: LabelTable
  private let geometry: InputGeometry
  private let augmenter: Augmenter
  private let image = ImageBuffer()

  /// - Parameters:
  ///   - source: the source of images of the geometry's height.
  ///   - labels: the label of each sample.
  ///   - bounds: memory to reserve at once; if nil, memory grows with the images.
  package init(
    source: any ImageSource, labels: LabelTable, geometry: InputGeometry, augmentation: Augmentation, seed: UInt64,
    bounds: MicroBatchBounds? = nil
  ) {
    self.source = source
    self.labels = labels
    self.geometry = geometry
    augmenter = Augmenter(augmentation, seed: seed, geometry: geometry)
    if let bounds {
      image.reserve(width: bounds.widest, height: geometry.height)
      augmenter.reserve(width: bounds.widest)
    }
  }

  /// Fills `slot` with the images of `item`. Returns false early if `isCancelled` returns true between two images.
  /// - Throws: the source's errors, for example ``DataSetError`` that names the file.
  @discardableResult
  package func build(_ item: WorkItem, into slot: MicroBatch, isCancelled: () -> Bool = { false }) throws -> Bool {
    slot.begin(item, height: geometry.height)
    for sample in item.samples {
      if isCancelled() { return false }
      // A sample that is drawn several times per epoch has a number for each draw, see Mixture.
      let index = Int(sample) % labels.count
      try source.load(index, into: image)
      let original = image.view
      precondition(original.height == geometry.height, "the source gives images of another height")
      let draw = augmenter.draw(
        original, epoch: item.epoch, sample: Int(sample), neededSteps: labels.neededSteps(index))
      augmenter.render(draw, original, into: slot.append(sample: sample, width: draw.width))
    }
    slot.finish(labels)
    return true
  }
}
