/// The supported formats. The raw value is the name in messages.
public enum ImageFormat: String, Sendable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"

  /// The suffixes of image files' names, in lower case; upper case is accepted as well.
  public static let suffixes = [".png", ".jpg", ".jpeg"]

  /// The bytes of an image file's name before its suffix; nil for other files, or a name that is only a suffix.
  public static func stem(ofName name: String) -> [UInt8]? {
    let bytes = Array(name.utf8)
    let lowered = bytes.suffix(8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    for suffix in suffixes where bytes.count > suffix.utf8.count {
      if lowered.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) { return bytes.dropLast(suffix.utf8.count) }
    }
    return nil
  }

  /// The format of a file, by its first bytes; a truncated signature counts.
  static func of(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    if bytes.isEmpty { return nil }
    if bytes.prefix(8).elementsEqual(PNGContainer.signature.prefix(bytes.count)) { return .png }
    if bytes.prefix(3).elementsEqual(JPEGContainer.signature.prefix(bytes.count)) { return .jpeg }
    return nil
  }

  /// A guess at the type of a file that is not an image of the expected format.
  static func guess(_ bytes: UnsafeRawBufferPointer) -> String {
    func starts(_ start: [UInt8]) -> Bool { bytes.starts(with: start) }
    if starts(PNGContainer.signature) { return "a PNG image" }
    if starts(JPEGContainer.signature) { return "a JPEG image" }
    if starts(Array("GIF8".utf8)) { return "a GIF image" }
    if starts([0x49, 0x49, 0x2A, 0]) || starts([0x4D, 0x4D, 0, 0x2A]) { return "a TIFF image" }
    if starts(Array("BM".utf8)) { return "a BMP image" }
    if starts(Array("RIFF".utf8)) { return "a WebP image" }
    if starts(Array("%PDF".utf8)) { return "a PDF document" }
    if bytes.dropFirst(4).starts(with: Array("ftyp".utf8)) { return "a HEIC or AVIF image, or a video" }
    let isText = bytes.prefix(64).allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 10 || $0 == 13 }
    return isText ? "text" : "something else"
  }
}
