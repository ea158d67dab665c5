import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// The image that a source gives.
private func load(_ source: any ImageSource, _ sample: Int, _ buffer: ImageBuffer = ImageBuffer()) throws -> GrayImage {
  try source.load(sample, into: buffer)
  let view = buffer.view
  return GrayImage(
    width: view.width, height: view.height, pixels: Array(UnsafeBufferPointer(start: view.pixels, count: view.count)))
}

@Suite struct ImageSourceTests {
  private let sizes = [(30, 17), (90, 40), (12, 20), (2, 50), (200, 33), (61, 20)]

  private func dataSet(_ folder: TemporaryDirectory) throws -> DataSet {
    for (i, size) in sizes.enumerated() {
      try folder.add("\(i).png", picture(width: size.0, height: size.1, seed: UInt64(i))).add("\(i).gt.txt", "a")
    }
    return try DataSet.load(folder.path)
  }

  @Test func filesAreResizedToTheHeight() throws {
    let folder = try TemporaryDirectory()
    let source = FileImageSource(try dataSet(folder), geometry: geometry())
    let buffer = ImageBuffer()
    for (i, size) in sizes.enumerated() {
      let width = max(4, Int((20.0 * Double(size.0) / Double(size.1)).rounded()))
      let expected = picture(width: size.0, height: size.1, seed: UInt64(i)).resized(width: width, height: 20)
      #expect(try load(source, i, buffer) == expected)
    }
  }

  @Test func badFilesAreNamed() throws {
    let folder = try TemporaryDirectory()
    let dataSet = try dataSet(folder)
    try folder.add("0.png", "text")
    try FileManager.default.removeItem(atPath: folder.path + "/1.png")
    let source = FileImageSource(dataSet, geometry: geometry(maximumWidth: 100))
    for (sample, part) in [(0, "0.png: not a PNG"), (1, "1.png"), (4, "4.png: 121 pixels wide")] {
      let error = dataSetError { _ = try load(source, sample) }
      #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }
    #expect(try load(source, 5).width == 61)
  }
}
