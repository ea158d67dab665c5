/// Folders of pairs `X.png` + `X.gt.txt`, as tesstrain, kraken and Calamari use them.
///
/// Subfolders are not searched, names that start with a dot are left alone.
struct ImageTextPairs {
  /// Names without `.png` and `.gt.txt` that have both, in the byte order of the images' names.
  private(set) var stems: [String] = []
  /// Files whose partner is missing, in the same order, each with the partner's name.
  private(set) var unpaired: [(name: String, missing: String)] = []

  static let imageSuffix = ".png"
  static let textSuffix = ".gt.txt"

  init(names: [String]) {
    var images: [String] = []
    var texts: [String] = []
    for name in names where !name.hasPrefix(".") {
      if let stem = ImageTextPairs.stem(name, ImageTextPairs.imageSuffix) { images.append(stem) }
      if let stem = ImageTextPairs.stem(name, ImageTextPairs.textSuffix) { texts.append(stem) }
    }
    images = ImageTextPairs.inOrderOfImages(images)
    texts = ImageTextPairs.inOrderOfImages(texts)
    func precedes(_ a: String, _ b: String) -> Bool {
      pathPrecedes(a + ImageTextPairs.imageSuffix, b + ImageTextPairs.imageSuffix)
    }
    var (i, t) = (0, 0)
    while i < images.count || t < texts.count {
      if t == texts.count || (i < images.count && precedes(images[i], texts[t])) {
        unpaired.append((images[i] + ImageTextPairs.imageSuffix, images[i] + ImageTextPairs.textSuffix))
        i += 1
      } else if i == images.count || precedes(texts[t], images[i]) {
        unpaired.append((texts[t] + ImageTextPairs.textSuffix, texts[t] + ImageTextPairs.imageSuffix))
        t += 1
      } else {
        stems.append(images[i])
        i += 1
        t += 1
      }
    }
  }

  /// Stems sorted by the byte order of their images' names.
  private static func inOrderOfImages(_ stems: [String]) -> [String] {
    stems.map { $0 + imageSuffix }.sorted(by: pathPrecedes).map { String($0.utf8.dropLast(imageSuffix.utf8.count))! }
  }

  /// `name` without `suffix`, compared by bytes; nil without it, or with nothing before it.
  private static func stem(_ name: String, _ suffix: String) -> String? {
    let (bytes, end) = (Array(name.utf8), Array(suffix.utf8))
    guard bytes.count > end.count, bytes.suffix(end.count).elementsEqual(end) else { return nil }
    return String(decoding: bytes.dropLast(end.count), as: UTF8.self)
  }

  /// The text in a `.gt.txt`: UTF-8, without a byte order mark, one trailing line break stripped.
  static func readText(_ path: String) throws(DataSetError) -> String {
    var bytes = try readFile(path, limit: 1 << 16, limitName: "64 KiB")[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.last == UInt8(ascii: "\n") {
      bytes = bytes.dropLast()
      if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let line = 1 + lineBreaks(beforeBadByteIn: bytes)
      throw .notUTF8(path: path, place: "line \(line)")
    }
    return text
  }

  private static func lineBreaks(beforeBadByteIn bytes: ArraySlice<UInt8>) -> Int {
    var breaks = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: line, as: UTF8.self) == nil { break }
      breaks += 1
    }
    return breaks
  }
}
