/// What no micro-batch of a training exceeds, whatever it is made of: with room for that, nothing grows later on.
public struct MicroBatchBounds: Sendable, Equatable {
  /// Images.
  public let images: Int
  /// Columns of all images, after augmentation.
  public let columns: Int
  /// Columns of an image, after augmentation.
  public let widest: Int
  /// Scalars of all labels.
  public let labels: Int
  /// Scalars of a label.
  public let longestLabel: Int

  /// - Parameters:
  ///   - widths: width of every draw after resizing, before augmentation: of every sample, or of all its draws.
  ///   - table: the labels of the samples.
  public init(
    microBatch: Int, widths: [Int], labels table: LabelTable, geometry: InputGeometry, augmentation: Augmentation
  ) {
    images = min(microBatch, widths.count)
    let changed = widths.map { width in
      max(width, min(geometry.maximumWidth, augmentation.largestWidth(of: width, geometry)))
    }
    columns = changed.sorted(by: >).prefix(images).reduce(0, +)
    widest = changed.max() ?? 0
    let lengths = widths.indices.map { table[$0 % table.count].count }.sorted(by: >)
    self.labels = lengths.prefix(images).reduce(0, +)
    longestLabel = lengths.first ?? 0
  }
}

extension Augmentation {
  /// What the changes cannot make an image wider than: scaled, slanted to either side and turned, all at their largest.
  func largestWidth(of width: Int, _ geometry: InputGeometry) -> Int {
    if geometryChance == 0 { return width }
    let turned = shear + rotation * .pi / 180
    let columns = scale.upperBound * (Float(width) + turned * Float(geometry.height))
    return max(geometry.minimumWidth, Int(columns.rounded(.up)) + 1)
  }
}
