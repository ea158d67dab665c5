import FuzzSupport
@testable import Images

/// TIFF files, the first pages of each: an image of the size that the page declares, or one clean line. A blank fax of any
/// size has few bytes, so the limits are smaller than usual, as the memory of the fuzzer is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let limits = ImageLimits(pixels: 1 << 20)
  do {
    let pages = try TIFF.pageCount(bytes)
    require(pages > 0, "no page")
  } catch {
    requireOneLine(error)
  }
  for page in 0..<3 {
    do {
      let image = try TIFF.decode(bytes, page: page, limits: limits)
      require(image.pixels.count == image.width * image.height, "\(image.width) x \(image.height)")
      require(try TIFF.decode(bytes, page: page, limits: limits) == image, "an image that is decoded twice differs")
    } catch {
      requireOneLine(error)
    }
  }
  return 0
}
