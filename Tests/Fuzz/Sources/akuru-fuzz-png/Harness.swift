import FuzzSupport
@testable import Images

/// PNG files, as they are and with right checksums, which mutations hardly ever hit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  read(bytes)
  var repaired = bytes
  repairChecksums(&repaired)
  if repaired != bytes { read(repaired) }
  return 0
}

private func read(_ bytes: [UInt8]) {
  do {
    let image = try PNG.decode(bytes)
    require(image.pixels.count == image.width * image.height, "\(image.width) x \(image.height)")
    guard image.pixels.count < 1 << 16 else { return }
    let again = try PNG.decode(PNG.encode(image, fast: true))
    require(again == image, "an image that was encoded and decoded differs")
  } catch {
    requireOneLine(error)
  }
}

/// Gives every whole chunk the checksum of its type and data.
private func repairChecksums(_ bytes: inout [UInt8]) {
  var offset = 8
  while offset + 12 <= bytes.count {
    let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - offset - 12 else { return }
    let end = offset + 8 + length
    let checksum = crc32(bytes[offset + 4..<end])
    for i in 0..<4 { bytes[end + i] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * i)) }
    offset = end + 4
  }
}

/// The checksum of PNG (ISO 3309).
private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  var crc = ~UInt32(0)
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
  return ~crc
}
