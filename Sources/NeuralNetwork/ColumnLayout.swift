import Tensors

/// The layout of a micro-batch's images, placed side by side: image n owns the columns `starts[n] ..< starts[n] +
/// widths[n]` of every row. All other columns (at least ``gap`` of them before, between and after images, and the
/// rounding of ``stride`` to a multiple of 16) are paper and contain zero. Starts are even: what is computed two columns at a time has
/// the same bits wherever an image stands.
///
/// A row of a micro-batch is therefore one long vector without padding, each image keeps its own width, and a
/// convolution that reaches `gap` columns past an image's edge reads zeros, like zero padding.
public final class ColumnLayout {
  /// Zero columns between neighbors, the widest padding of any layer that reads the layout.
  public let gap: Int
  /// First column of each image.
  public private(set) var starts: [Int] = []
  /// Columns of each image, non-increasing.
  public private(set) var widths: [Int] = []
  /// Columns of a row, a multiple of 16.
  public private(set) var stride = 0
  /// 1 in the columns of images, 0 elsewhere; [stride].
  public let mask = Storage(count: 0)

  public init(gap: Int = 1) {
    self.gap = gap
  }

  /// Images in the micro-batch.
  public var count: Int { widths.count }
  /// Columns that belong to images.
  public var validColumns: Int { widths.reduce(0, +) }

  /// Places images of the given widths. Widths must be positive and non-increasing.
  public func place(_ newWidths: some Collection<Int>) {
    starts.removeAll(keepingCapacity: true)
    widths.removeAll(keepingCapacity: true)
    var column = (gap + 1) & ~1
    for width in newWidths {
      require(width > 0 && width <= (widths.last ?? width), "widths must be positive and non-increasing")
      starts.append(column)
      widths.append(width)
      column = (column + width + gap + 1) & ~1
    }
    stride = Storage.padded(column)
    writeMask()
  }

  /// Keeps the starts of `other`, with other widths: for layers that lose columns at the right edge.
  public func place(as other: ColumnLayout, width: (Int) -> Int) {
    starts.removeAll(keepingCapacity: true)
    widths.removeAll(keepingCapacity: true)
    for (start, old) in zip(other.starts, other.widths) {
      starts.append(start)
      widths.append(width(old))
    }
    stride = other.stride
    writeMask()
  }

  private func writeMask() {
    mask.ensure(stride)
    mask.base.update(repeating: 0, count: stride)
    for (start, width) in zip(starts, widths) { (mask.base + start).update(repeating: 1, count: width) }
  }
}
