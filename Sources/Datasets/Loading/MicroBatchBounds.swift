/// Upper bounds of every micro-batch of a run: memory of this size never has to grow.
package struct MicroBatchBounds: Sendable, Equatable {
  /// Images of a micro-batch.
  package let images: Int
  /// Columns of all images, after augmentation.
  package let columns: Int
  /// Columns of an image, after augmentation.
  package let widest: Int
  /// Scalars of all labels.
  package let labels: Int
  /// Scalars of a label.
  package let longestLabel: Int

  /// - Parameters:
  ///   - widths: widths after resizing, before augmentation, of every sample or of every draw.
  ///   - table: the labels of the samples.
  package init(
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
  /// An upper bound of the width after augmentation: scaled, slanted to either side, rotated, distorted and padded, all
  /// at their maximum. Perspective moves inwards only.
  func largestWidth(of width: Int, _ geometry: InputGeometry) -> Int {
    let height = Float(geometry.height)
    var columns = Float(width)
    if affine.chance > 0 {
      let turned = affine.shear + affine.rotation * .pi / 180
      columns = max(columns, affine.width.upperBound * (Float(width) + turned * height))
    }
    if framing != nil { columns *= Float(Augmentation.Framing.mostScale) }
    if elastic.chance > 0 { columns += 2 * elastic.strength.upperBound * height }
    if padding.chance > 0 { columns += 2 * padding.side * height }
    return columns == Float(width) && !changesGeometry
      ? width : max(geometry.minimumWidth, Int(columns.rounded(.up)) + 1)
  }

  /// Whether the geometry of an image may change.
  private var changesGeometry: Bool {
    framing != nil
      || max(max(affine.chance, perspective.chance), max(curvature.chance, max(elastic.chance, padding.chance))) > 0
  }
}
