import Images

/// Images of a data set beside augmented versions, as one picture: a row per image, with the original first. Version v
/// shows the image as training augments it in epoch v.
package struct AugmentationSheet {
  /// The limit of a sheet's pixels.
  package static let largestSize = 1 << 28

  private let dataSet: DataSet
  private let geometry: InputGeometry
  private let augmentation: Augmentation
  private let seed: UInt64
  private let versions: Int

  /// Pixels between images.
  private static let gap = 6
  /// Gray around images.
  private static let frame: UInt8 = 205

  package init(_ dataSet: DataSet, geometry: InputGeometry, augmentation: Augmentation, seed: UInt64, versions: Int) {
    precondition(versions > 0)
    (self.dataSet, self.geometry, self.augmentation, self.seed) = (dataSet, geometry, augmentation, seed)
    self.versions = versions
  }

  /// The sheet of `count` samples that are spread over the data set, or of all samples if there are fewer.
  /// - Throws: ``DataSetError`` that names an unreadable image, or the data set if it is too large for a sheet.
  package func image(count: Int) throws(DataSetError) -> GrayImage {
    let count = min(count, dataSet.records.count)
    var rows: [[GrayImage]] = []
    for i in 0..<count { rows.append(try row(sample: i * dataSet.records.count / count)) }
    let widths = (0...versions).map { column in rows.map { $0[column].width }.max() ?? 1 }
    let width = widths.reduce(AugmentationSheet.gap) { $0 + $1 + AugmentationSheet.gap }
    let height = AugmentationSheet.gap + rows.count * (geometry.height + AugmentationSheet.gap)
    guard width * height <= AugmentationSheet.largestSize else {
      throw .badImage(
        path: dataSet.records[0].absolutePath,
        reason: "a sheet of \(width) x \(height) pixels is too large; give a smaller --count or --versions")
    }
    var sheet = GrayImage(width: width, height: height, filledWith: AugmentationSheet.frame)
    for (j, row) in rows.enumerated() {
      let top = AugmentationSheet.gap + j * (geometry.height + AugmentationSheet.gap)
      var left = AugmentationSheet.gap
      for (image, columnWidth) in zip(row, widths) {
        for y in 0..<image.height {
          let target = (top + y) * width + left
          sheet.pixels.replaceSubrange(
            target..<target + image.width, with: image.pixels[y * image.width..<(y + 1) * image.width])
        }
        left += columnWidth + AugmentationSheet.gap
      }
    }
    return sheet
  }

  /// The image of a sample, and its versions.
  private func row(sample: Int) throws(DataSetError) -> [GrayImage] {
    let buffer = ImageBuffer()
    try FileImageSource(dataSet, geometry: geometry).read(sample, into: buffer)
    let original = buffer.view
    let augmenter = Augmenter(augmentation, seed: seed, geometry: geometry)
    let text = dataSet.records[sample].text
    let onThePage = dataSet.textPolicy.direction?.displayOrder(of: text) ?? text
    let needed = InputGeometry.neededSteps(Array(onThePage.unicodeScalars))
    var images = [copy(original)]
    for version in 0..<versions {
      let draw = augmenter.draw(original, epoch: version, sample: sample, neededSteps: needed)
      var image = GrayImage(width: draw.width, height: original.height)
      image.withView { augmenter.render(draw, original, into: $0) }
      images.append(image)
    }
    return images
  }

  private func copy(_ view: GrayView) -> GrayImage {
    GrayImage(
      width: view.width, height: view.height, pixels: Array(UnsafeBufferPointer(start: view.pixels, count: view.count)))
  }
}
