import Images
import TestSupport
import Testing

@Suite struct ResamplerTests {
  /// Exactly, where Pillow is made to take the same order; within some levels where it chooses the order itself.
  @Test(
    arguments: [("resize.json", .bilinear, 1), ("lanczos.json", .lanczos, 4)] as [(String, Resampler.Filter, Float)])
  func agreesWithPillow(file: String, filter: Resampler.Filter, tolerance: Float) throws {
    let cases = try Fixtures.load(file, as: Fixtures.ResizeCase.self)
    #expect(cases.count == 15)
    let resampler = Resampler()
    for item in cases {
      let (width, height) = (item.result.width, item.result.height)
      // The filter of the last call is not that of this one.
      _ = item.source.image.resized(
        width: width, height: height, by: resampler, filter: filter == .lanczos ? .bilinear : .lanczos)
      let resized = item.source.image.resized(width: width, height: height, by: resampler, filter: filter)
      expectClose(resized.floats, item.result.image.floats, absolute: tolerance, item.name)
      #expect(resized.pixels == item.rowsFirst, "\(item.name)")
    }
  }

  /// One resampler for all sizes, growing and shrinking, into a buffer that is larger than needed.
  @Test func reusedResampler() throws {
    let cases = try Fixtures.load("resize.json", as: Fixtures.ResizeCase.self)
    let resampler = Resampler()
    for item in cases + cases.reversed() {
      let count = item.result.width * item.result.height
      var buffer = [UInt8](repeating: 99, count: count + 3)
      buffer.withUnsafeMutableBufferPointer { target in
        item.source.image.withReadOnlyView {
          resampler.resize($0, into: target, width: item.result.width, height: item.result.height)
        }
      }
      #expect(Array(buffer.prefix(count)) == item.rowsFirst, "\(item.name)")
      #expect(Array(buffer.suffix(3)) == [99, 99, 99], "\(item.name)")
    }
  }

  @Test func constantsStay() {
    for value in [0, 1, 128, 254, 255] as [UInt8] {
      let image = GrayImage(width: 23, height: 17, filledWith: value)
      for (width, height) in [(1, 1), (5, 40), (100, 3), (23, 9)] {
        for filter in [Resampler.Filter.bilinear, .lanczos] {
          #expect(
            image.resized(width: width, height: height, filter: filter)
              == GrayImage(width: width, height: height, filledWith: value))
        }
      }
    }
    #expect(GrayImage(width: 32_768, height: 1).resized(width: 1, height: 1).pixels == [255])
  }

  @Test func widthKeepsProportions() {
    #expect(GrayImage.width(forHeight: 40, of: (200, 80)) == 100)
    #expect(GrayImage.width(forHeight: 40, of: (3, 80)) == 4)
    #expect(GrayImage.width(forHeight: 61, of: (37, 23)) == 98)  // 98.13
    #expect(GrayImage.width(forHeight: 5, of: (9, 2)) == 23)  // 22.5
    #expect(GrayImage.width(forHeight: 32, of: (32_768, 1)) == 1_048_576)
    #expect(GrayImage.width(forHeight: 32, of: (1, 8192)) == 4)
    let image = GrayImage.testPattern(width: 37, height: 23)
    #expect(image.resized(toHeight: 61) == image.resized(width: 98, height: 61))
  }
}
