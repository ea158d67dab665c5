import Images

/// Images in rows, each with its text below.
package struct ContactSheet {
  /// In pixels: the width of a cell, the largest image height, the label height, and the gap between cells.
  private static let (cellWidth, imageHeight, labelHeight, gap) = (300, 56, 30, 14)

  private let columns: Int
  private var cells: [GrayImage] = []
  private let labels = LabelRenderer(size: 18)
  private let resampler = Resampler()

  package init(columns: Int) {
    self.columns = columns
  }

  /// - Parameter image: nil draws a crossed box.
  package mutating func add(_ image: GrayImage?, text: String) {
    var cell = GrayImage(width: Self.cellWidth, height: Self.imageHeight + Self.labelHeight)
    if let image {
      cell.place(shrunk(image), x: 0, y: 0)
    } else {
      for x in 0..<Self.imageHeight {
        for y in [x, Self.imageHeight - 1 - x, 0, Self.imageHeight - 1] { cell[x, y] = 0 }
      }
      for y in 0..<Self.imageHeight { for x in [0, Self.imageHeight - 1] { cell[x, y] = 0 } }
    }
    cell.place(
      labels.render(text, width: Self.cellWidth - 16, height: Self.labelHeight), x: 8, y: Self.imageHeight)
    cells.append(cell)
  }

  /// The image, shrunk to fit into a cell.
  private func shrunk(_ image: GrayImage) -> GrayImage {
    let scale = min(
      Double(Self.imageHeight) / Double(image.height), Double(Self.cellWidth) / Double(image.width))
    let (width, height) = (Double(image.width) * scale, Double(image.height) * scale)
    return image.resized(
      width: max(1, min(Self.cellWidth, Int(width.rounded()))),
      height: max(1, min(Self.imageHeight, Int(height.rounded()))), by: resampler)
  }

  /// The sheet as an image.
  package func image() -> GrayImage {
    let rows = max(1, (cells.count + columns - 1) / columns)
    let (width, height) = (Self.cellWidth + Self.gap, Self.imageHeight + Self.labelHeight + Self.gap)
    var sheet = GrayImage(
      width: Self.gap + min(columns, max(1, cells.count)) * width, height: Self.gap + rows * height, filledWith: 232)
    for (index, cell) in cells.enumerated() {
      sheet.place(cell, x: Self.gap + index % columns * width, y: Self.gap + index / columns * height)
    }
    return sheet
  }
}

extension GrayImage {
  /// Copies an image, which must fit, to the given position.
  fileprivate mutating func place(_ other: GrayImage, x left: Int, y top: Int) {
    for y in 0..<other.height { for x in 0..<other.width { self[left + x, top + y] = other[x, y] } }
  }
}
