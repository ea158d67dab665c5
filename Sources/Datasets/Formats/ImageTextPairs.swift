import Files
import Images

/// Folders of pairs of an image `X.png`, `X.jpg` or `X.jpeg` and its text `X.gt.txt`, the form of tesstrain, kraken and
/// Calamari.
///
/// Subfolders are not searched; names that start with a dot are ignored.
struct ImageTextPairs {
  /// Images that have a text, in the byte order of their names.
  private(set) var pairs: [(image: String, text: String)] = []
  /// Files whose partner is missing, in the same order, each with the partner's name.
  private(set) var unpaired: [(name: String, missing: String)] = []
  /// The first two images that share a text.
  private(set) var rivals: (image: String, other: String)?

  static let textSuffix = ".gt.txt"

  init(names: [String]) {
    // Keyed by bytes: strings that are canonically equivalent are different names.
    var texts: [[UInt8]: String] = [:]
    var images: [(name: String, stem: [UInt8])] = []
    for name in names where !name.hasPrefix(".") {
      if let stem = ImageFormat.stem(ofName: name) {
        images.append((name, stem))
      } else if name.utf8.count > ImageTextPairs.textSuffix.utf8.count,
        name.utf8.suffix(ImageTextPairs.textSuffix.utf8.count).elementsEqual(ImageTextPairs.textSuffix.utf8)
      {
        texts[Array(name.utf8.dropLast(ImageTextPairs.textSuffix.utf8.count))] = name
      }
    }
    images.sort { pathPrecedes($0.name, $1.name) }
    var owners: [[UInt8]: String] = [:]
    for (image, stem) in images {
      guard let text = texts[stem] else {
        unpaired.append((image, String(decoding: stem, as: UTF8.self) + ImageTextPairs.textSuffix))
        continue
      }
      if let owner = owners.updateValue(image, forKey: stem), rivals == nil { rivals = (owner, image) }
      pairs.append((image, text))
    }
    for (stem, text) in texts where owners[stem] == nil {
      unpaired.append((text, String(decoding: stem, as: UTF8.self) + ImageFormat.suffixes[0]))
    }
    unpaired.sort { pathPrecedes(ImageTextPairs.place($0), ImageTextPairs.place($1)) }
  }

  /// The sort key of a file without a partner: its image's name.
  private static func place(_ file: (name: String, missing: String)) -> String {
    ImageFormat.stem(ofName: file.name) == nil ? file.missing : file.name
  }

  /// The text of a `.gt.txt` file: UTF-8, without a byte order mark, one trailing line break stripped.
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
