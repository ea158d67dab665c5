/// The supported formats. The raw value is the name in messages.
public enum ImageFormat: String, Sendable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"
  case tiff = "TIFF"
  case webp = "WebP"

  /// The names of all formats, for messages: "PNG, JPEG, TIFF or WebP".
  package static let list = alternatives(allCases.map(\.rawValue))
  /// The suffixes of image files' names, for messages.
  package static let suffixList = alternatives(suffixes)

  private static func alternatives(_ words: [String]) -> String {
    words.dropLast().joined(separator: ", ") + " or " + words.last!
  }

  /// The suffixes of image files' names, in lower case; upper case is accepted as well.
  public static let suffixes = [".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp"]

  /// The suffixes of images, and of documents made of images, whose formats are not read.
  static let otherSuffixes = [
    ".avif", ".bmp", ".dib", ".djvu", ".gif", ".heic", ".heif", ".j2k", ".jp2", ".jpf", ".jpx", ".jxl", ".pbm", ".pdf",
    ".pgm", ".pnm", ".ppm", ".psd", ".svg", ".tga",
  ]

  /// The usual suffix of a file of this format.
  package var suffix: String {
    switch self {
    case .png: ".png"
    case .jpeg: ".jpg"
    case .tiff: ".tif"
    case .webp: ".webp"
    }
  }

  /// The bytes of an image file's name before its suffix; nil for other files, or a name that is only a suffix.
  public static func stem(ofName name: String) -> [UInt8]? { stem(ofName: name, suffixes) }

  /// Whether a file's name says that it is an image of a format that is not read.
  package static func isOfOtherFormat(name: String) -> Bool { stem(ofName: name, otherSuffixes) != nil }

  private static func stem(ofName name: String, _ suffixes: [String]) -> [UInt8]? {
    let bytes = Array(name.utf8)
    let lowered = bytes.suffix(8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    for suffix in suffixes where bytes.count > suffix.utf8.count {
      if lowered.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) { return bytes.dropLast(suffix.utf8.count) }
    }
    return nil
  }

  /// The format of a file, by its first bytes; a truncated signature counts.
  static func of(_ bytes: some Collection<UInt8>) -> ImageFormat? {
    if bytes.isEmpty { return nil }
    if bytes.prefix(8).elementsEqual(PNGContainer.signature.prefix(bytes.count)) { return .png }
    if bytes.prefix(3).elementsEqual(JPEGContainer.signature.prefix(bytes.count)) { return .jpeg }
    if TIFFSignature.matches(bytes) { return .tiff }
    if WebPContainer.matches(bytes) { return .webp }
    return nil
  }

  /// What kind of image or document starts with these bytes, for messages, as in "a PNG image"; nil for text and unknown bytes.
  package static func kind(of start: UnsafeRawBufferPointer) -> String? {
    let guess = guess(start)
    return guess == "text" || guess == "something else" ? nil : guess
  }

  /// A guess at the type of a file that is not an image of the expected format.
  static func guess(_ bytes: UnsafeRawBufferPointer) -> String {
    func starts(_ start: [UInt8]) -> Bool { bytes.starts(with: start) }
    if starts(PNGContainer.signature) { return "a PNG image" }
    if starts(JPEGContainer.signature) { return "a JPEG image" }
    if starts(Array("GIF8".utf8)) { return "a GIF image" }
    if TIFFSignature.all.contains(where: starts) { return "a TIFF image" }
    if starts(Array("BM".utf8)) { return "a BMP image" }
    if bytes.count >= 12 && WebPContainer.matches(bytes) { return "a WebP image" }
    if starts(Array("RIFF".utf8)) { return "a sound or a video" }
    if starts(Array("%PDF".utf8)) { return "a PDF document" }
    if starts(Array("AT&TFORM".utf8)) { return "a DjVu document" }
    if starts(Array("8BPS".utf8)) { return "a Photoshop image" }
    let box: [UInt8] = [0, 0, 0, 12]
    if starts(box + "jP  ".utf8) || starts([0xFF, 0x4F, 0xFF, 0x51]) { return "a JPEG 2000 image" }
    if starts(box + "JXL ".utf8) || starts([0xFF, 0x0A]) { return "a JPEG XL image" }
    if starts([0x50]), (0x31...0x36).contains(bytes.dropFirst().first ?? 0),
      [9, 10, 13, 32].contains(bytes.dropFirst(2).first ?? 0)
    {
      return "a PBM, PGM or PPM image"
    }
    if bytes.dropFirst(4).starts(with: Array("ftyp".utf8)) { return "a HEIC or AVIF image, or a video" }
    let isText = bytes.prefix(64).allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 10 || $0 == 13 }
    return isText ? "text" : "something else"
  }
}
