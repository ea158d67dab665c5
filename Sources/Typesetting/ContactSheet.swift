import Images

/// Images in rows, each with its text below. Lines are shown whole: cells are as wide as the widest image and text, or as wide as
/// is asked for.
package struct ContactSheet {
  /// In pixels: the image height, the height of a line of a label, and the gap between cells.
  private static let (imageHeight, labelHeight, gap) = (56, 30, 14)
  /// In pixels: the smallest and the largest width of a cell that is not asked for, and the width of a sheet that is filled.
  private static let (least, most, sheetWidth) = (300, 1600, 1270)
  /// The most lines of a label.
  private static let mostLines = 4

  private let columns: Int?
  private let width: Int?
  private var cells: [(image: GrayImage?, text: String)] = []
  private let labels = LabelRenderer(size: 18)
  private let resampler = Resampler()

  /// - Parameters:
  ///   - columns: images in a row; nil is as many as fit.
  ///   - width: the width of a cell in pixels; nil is that of the widest image or text.
  package init(columns: Int?, width: Int? = nil) {
    (self.columns, self.width) = (columns, width)
  }

  /// - Parameter image: nil draws a crossed box.
  package mutating func add(_ image: GrayImage?, text: String) {
    cells.append((image.map { shrunk($0, width: width ?? Self.most) }, text))
  }

  /// The image, shrunk to the height of a cell and to at most the given width.
  private func shrunk(_ image: GrayImage, width limit: Int) -> GrayImage {
    let scale = min(Double(Self.imageHeight) / Double(image.height), Double(limit) / Double(image.width))
    let (width, height) = (Double(image.width) * scale, Double(image.height) * scale)
    return image.resized(
      width: max(1, min(limit, Int(width.rounded()))),
      height: max(1, min(Self.imageHeight, Int(height.rounded()))), by: resampler)
  }

  /// The sheet as an image.
  package func image() -> GrayImage {
    let widest = cells.map { max($0.image?.width ?? 0, labels.width(of: $0.text) + 16) }.max() ?? 0
    let cellWidth = width ?? min(Self.most, max(Self.least, widest))
    let columns = columns ?? max(1, min(4, Self.sheetWidth / (cellWidth + Self.gap)))
    let lines = cells.map { labels.lines(of: $0.text, width: cellWidth - 16) }.max() ?? 1
    let labelHeight = min(Self.mostLines, max(1, lines)) * Self.labelHeight
    let rows = max(1, (cells.count + columns - 1) / columns)
    let (width, height) = (cellWidth + Self.gap, Self.imageHeight + labelHeight + Self.gap)
    var sheet = GrayImage(
      width: Self.gap + min(columns, max(1, cells.count)) * width, height: Self.gap + rows * height, filledWith: 232)
    for (index, cell) in cells.enumerated() {
      let (x, y) = (Self.gap + index % columns * width, Self.gap + index / columns * height)
      sheet.place(GrayImage(width: cellWidth, height: Self.imageHeight + labelHeight), x: x, y: y)
      if let image = cell.image { sheet.place(image, x: x, y: y) } else { cross(&sheet, x: x, y: y) }
      sheet.place(
        labels.render(cell.text, width: cellWidth - 16, height: labelHeight), x: x + 8, y: y + Self.imageHeight)
    }
    return sheet
  }

  /// A crossed box for an image that cannot be read.
  private func cross(_ sheet: inout GrayImage, x left: Int, y top: Int) {
    let last = Self.imageHeight - 1
    for i in 0...last {
      for (x, y) in [(i, i), (i, last - i), (i, 0), (i, last), (0, i), (last, i)] { sheet[left + x, top + y] = 0 }
    }
  }
}

extension GrayImage {
  /// Copies an image, which must fit, to the given position.
  fileprivate mutating func place(_ other: GrayImage, x left: Int, y top: Int) {
    for y in 0..<other.height { for x in 0..<other.width { self[left + x, top + y] = other[x, y] } }
  }
}
