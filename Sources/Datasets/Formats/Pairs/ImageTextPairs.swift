import Files
import Images

/// Images and texts of the same names in one folder: `X.png`, `.bin.png`, `.nrm.png`, `.jpg` and their like beside `X.gt.txt` or
/// `X.txt`, as tesstrain, OCRopus, kraken and Calamari have it.
///
/// Names that start with a dot are ignored. `X.gt.txt` precedes `X.txt`. Of several images with one text, `X.png` (or another
/// suffix of its own) precedes `X.nrm.png`, and that `X.bin.png`; an ending that the user gives precedes all. Two images that
/// this does not tell apart, as `X.png` and `X.jpg`, are one bad record.
struct ImageTextPairs {
  struct Pair: Equatable, Sendable {
    let image: String
    let text: String
    /// An image with the same claim to the text.
    let rival: String?
  }

  /// In the byte order of the images' names.
  private(set) var pairs: [Pair] = []
  /// A file whose partner is missing.
  struct Unpaired: Equatable, Sendable {
    let name: String
    /// The partner's name.
    let missing: String
    /// An image of the text in a format that is not read; nil if there is none.
    let unread: String?

    /// What is wrong, and the remedy.
    var detail: String {
      unread.map { "its image \($0) is of a format that is not read; convert it to PNG" }
        ?? "there is no \(missing) beside it; add it or remove the file"
    }
  }

  /// Files whose partner is missing, in the same order.
  private(set) var unpaired: [Unpaired] = []
  /// Images that gave way to another of the same text.
  private(set) var otherVersions: [String] = []

  static let textSuffix = ".gt.txt"
  static let plainTextSuffix = ".txt"
  /// Ends of stems that OCRopus gives to versions of an image, the one to prefer first.
  private static let versions = ["", ".nrm", ".bin"]

  /// - Parameter imageSuffix: the end of the names of images to read, such as ".bin.png"; nil is by rule.
  init(names: [String], imageSuffix: String? = nil) {
    // Keyed by bytes: strings that are canonically equivalent are different names.
    var (texts, plainTexts): ([[UInt8]: String], [[UInt8]: String]) = ([:], [:])
    var images: [(name: String, stem: [UInt8])] = []
    for name in names where !name.hasPrefix(".") {
      if let stem = imageSuffix.map({ ImageTextPairs.stem(name, $0) }) ?? ImageFormat.stem(ofName: name) {
        images.append((name, stem))
      } else if let stem = ImageTextPairs.stem(name, ImageTextPairs.textSuffix) {
        texts[stem] = name
      } else if let stem = ImageTextPairs.stem(name, ImageTextPairs.plainTextSuffix) {
        plainTexts[stem] = name
      }
    }
    images.sort { pathPrecedes($0.name, $1.name) }
    var claims: [[UInt8]: [(image: String, rank: Int)]] = [:]
    for (image, stem) in images {
      if let (text, rank) = ImageTextPairs.text(of: stem, among: texts, plainTexts) {
        claims[Array(text.utf8), default: []].append((image, rank))
      } else {
        let missing = String(decoding: stem, as: UTF8.self) + ImageTextPairs.textSuffix
        unpaired.append(Unpaired(name: image, missing: missing, unread: nil))
      }
    }
    for (text, images) in claims {
      let best = images.map(\.rank).min() ?? 0
      let chosen = images.filter { $0.rank == best }
      pairs.append(
        Pair(
          image: chosen[0].image, text: String(decoding: text, as: UTF8.self),
          rival: chosen.count > 1 ? chosen[1].image : nil))
      otherVersions += images.filter { $0.rank != best }.map(\.image)
    }
    pairs.sort { pathPrecedes($0.image, $1.image) }
    otherVersions.sort(by: pathPrecedes)
    for (stem, text) in texts where claims[Array(text.utf8)] == nil {
      let missing = String(decoding: stem, as: UTF8.self) + (imageSuffix ?? ImageFormat.suffixes[0])
      let unread = names.first { ImageFormat.isOfOtherFormat(name: $0) && $0.utf8.starts(with: stem + [0x2E]) }
      unpaired.append(Unpaired(name: text, missing: missing, unread: unread))
    }
    unpaired.sort { pathPrecedes(ImageTextPairs.place($0), ImageTextPairs.place($1)) }
  }

  /// The text of an image, and the place of the image's version in the order of preference.
  private static func text(
    of stem: [UInt8], among texts: [[UInt8]: String], _ plainTexts: [[UInt8]: String]
  ) -> (String, Int)? {
    for (rank, version) in versions.enumerated() where stem.count > version.utf8.count {
      guard stem.suffix(version.utf8.count).elementsEqual(version.utf8) else { continue }
      let base = Array(stem.dropLast(version.utf8.count))
      if let text = texts[base] ?? plainTexts[base] { return (text, rank) }
    }
    return nil
  }

  /// The bytes of a name before its suffix; nil without the suffix, or if nothing is left.
  private static func stem(_ name: String, _ suffix: String) -> [UInt8]? {
    name.utf8.count > suffix.utf8.count && name.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
      ? Array(name.utf8.dropLast(suffix.utf8.count)) : nil
  }

  /// The sort key of a file without a partner: its image's name.
  private static func place(_ file: Unpaired) -> String {
    ImageFormat.stem(ofName: file.name) == nil ? file.missing : file.name
  }
}
