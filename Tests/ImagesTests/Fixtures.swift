import Foundation
import Images
import TestSupport
import Testing

/// The cases that Goldens/generate.py wrote.
enum Fixtures {
  static func load<Case: Decodable>(_ name: String, as type: Case.Type = Case.self) throws -> [Case] {
    guard let url = Bundle.module.url(forResource: "fixtures", withExtension: nil) else {
      throw CocoaError(.fileNoSuchFile)
    }
    return try JSONDecoder().decode([Case].self, from: Data(contentsOf: url.appendingPathComponent(name)))
  }

  struct Pixels: Decodable {
    let width: Int
    let height: Int
    let pixels: [UInt8]
    var image: GrayImage { GrayImage(width: width, height: height, pixels: pixels) }
  }

  /// Results that are not rounded to whole gray levels.
  struct Values: Decodable {
    let width: Int
    let height: Int
    let values: [Float]
  }

  struct PNGCase: Decodable {
    let name: String
    let width: Int
    let height: Int
    let tolerance: Float
    let png: Data
    let gray: [UInt8]
  }

  struct JPEGCase: Decodable {
    let name: String
    let width: Int
    let height: Int
    let jpeg: Data
    let gray: [UInt8]
  }

  /// A case of generate_formats.py.
  struct FormatCase: Decodable {
    let name: String
    let width: Int
    let height: Int
    let page: Int
    let tolerance: Float
    let file: Data
    let gray: Data

    var bytes: [UInt8] { [UInt8](file) }

    /// Checks an image that was read from the file.
    func expect(_ image: GrayImage) {
      #expect(image.width == width && image.height == height, "\(name)")
      expectClose(image.floats, gray.map(Float.init), absolute: tolerance, name)
    }
  }

  struct ResizeCase: Decodable {
    let name: String
    let source: Pixels
    let result: Pixels
    /// The same in two calls of Pillow: first the width, then the height.
    let rowsFirst: [UInt8]
  }

  struct WarpCase: Decodable {
    let name: String
    let map: [Double]
    let paper: UInt8
    let source: Pixels
    let result: Values
  }

  struct BlurCase: Decodable {
    let name: String
    let sigma: Float
    let border: String
    let source: Pixels
    let result: Values
  }
}

extension GrayImage {
  var floats: [Float] { pixels.map(Float.init) }

  /// Every gray value, no symmetry.
  static func testPattern(width: Int, height: Int) -> GrayImage {
    var image = GrayImage(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width { image[x, y] = UInt8(truncatingIfNeeded: x * 37 + y * 101 + (x * y) % 13 * 7) }
    }
    return image
  }
}

/// A folder that is removed at the end of `body`.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ImagesTests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}

/// The error of `body`, or nil where it succeeds.
func imageError(_ body: () throws(ImageError) -> Void) -> ImageError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}
