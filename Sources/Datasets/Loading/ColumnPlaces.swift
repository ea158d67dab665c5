import Images

/// Where the columns of a prepared and resized image were in the image before.
package struct ColumnPlaces: Equatable, Sendable {
  /// The direction of the lines, by which the image was turned.
  let lines: ImagePreparation.LineDirection
  /// The size of the image before, in pixels.
  let width: Int
  let height: Int
  /// The column of the turned image that the normalizer made the first.
  let left: Int
  /// White columns before the first one of the image after resizing.
  let margin: Int
  /// Columns of the prepared image for one column after resizing.
  let scale: Double

  /// How far along the line, in pixels from the start of the image, a column is: from the left, for vertical lines from the top, or
  /// from the bottom if they run upward. Columns are counted at their left edges; what is outside of the image is put on its edge.
  package func along(_ column: Double) -> Double {
    max(0, min(Double(left) + (column - Double(margin)) * scale, Double(lines == .horizontal ? width : height)))
  }

  /// The part of the image before that columns `range` show, as high as the image, or for vertical lines as wide.
  package func box(_ range: ClosedRange<Double>) -> LineOutline.Box {
    let (from, to) = (along(range.lowerBound), along(range.upperBound))
    let (right, bottom) = (Double(width), Double(height))
    return switch lines {
    case .horizontal: .init(from: PagePoint(from, 0), to: PagePoint(to, bottom))
    case .vertical: .init(from: PagePoint(0, from), to: PagePoint(right, to))
    case .verticalUp: .init(from: PagePoint(0, bottom - to), to: PagePoint(right, bottom - from))
    }
  }
}
