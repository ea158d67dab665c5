import FuzzSupport
@testable import Images

/// JPEG files: an image of the size that the file declares, or one clean line.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  do {
    let image = try JPEG.decode(bytes)
    require(image.pixels.count == image.width * image.height, "\(image.width) x \(image.height)")
    require(try ImageFile.decode(bytes) == image, "an image that is decoded twice differs")
  } catch {
    requireOneLine(error)
  }
  return 0
}
