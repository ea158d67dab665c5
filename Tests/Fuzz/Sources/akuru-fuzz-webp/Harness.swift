import FuzzSupport
@testable import Images

/// WebP files: an image of the size that the file declares, or one clean line. A blank image of any size has few bytes, so
/// the limits are smaller than usual, as the memory of the fuzzer is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let limits = ImageLimits(pixels: 1 << 20)
  do {
    let image = try WebP.decode(bytes, limits: limits)
    require(image.pixels.count == image.width * image.height, "\(image.width) x \(image.height)")
    require(try ImageFile.decode(bytes, limits: limits) == image, "an image that is decoded twice differs")
  } catch {
    requireOneLine(error)
  }
  return 0
}
