import Hashing
import Images

/// Reads the images of records. It keeps the last page, so that a page is decoded once for its lines, if they come in a row. One thread
/// owns it.
package final class RecordImages {
  /// The page of the last line, or why it cannot be read.
  private var last: (page: Page, result: Result<DecodedPage, DataSetError>)?

  private struct DecodedPage {
    let cutter: LineCutter
    /// SHA-256 of the image file.
    let digest: [UInt8]
  }

  package init() {}

  /// The image of a record, decoded, or cut from its page.
  /// - Throws: ``DataSetError`` that names the record and the reason, the record's own fault included.
  package func image(of record: Record) throws(DataSetError) -> GrayImage {
    try requireGood(record)
    if case .line(let line) = record.origin { return try image(of: line, named: record.absolutePath) }
    return try decodeImage(try bytes(of: record), path: record.absolutePath)
  }

  /// The image of a record, and 16 bytes that identify its pixels: the start of a SHA-256 of the file, or of the page and the outline.
  func identifiedImage(of record: Record) throws(DataSetError) -> (image: GrayImage, digest: [UInt8]) {
    try requireGood(record)
    guard case .line(let line) = record.origin else {
      let bytes = try bytes(of: record)
      let image = try decodeImage(bytes, path: record.absolutePath)
      return (image, Array(SHA256.hash(bytes).prefix(AuditResult.digestBytes)))
    }
    let image = try image(of: line, named: record.absolutePath)
    let hash = SHA256()
    hash.update(try decodedPage(line.page).digest)
    hash.update(line.outline.bytes)
    return (image, Array(hash.finalize().prefix(AuditResult.digestBytes)))
  }

  /// The bytes of an image file: as it is, or a PNG of a line.
  package func file(of record: Record) throws(DataSetError) -> [UInt8] {
    try requireGood(record)
    guard case .line(let line) = record.origin else { return try bytes(of: record) }
    let image = try image(of: line, named: record.absolutePath)
    do { return try PNG.encode(image) } catch { throw .badImage(path: record.absolutePath, reason: error.description) }
  }

  private func requireGood(_ record: Record) throws(DataSetError) {
    if let fault = record.fault { throw .badImage(path: record.absolutePath, reason: fault) }
  }

  /// The bytes of a file that holds one image.
  private func bytes(of record: Record) throws(DataSetError) -> [UInt8] {
    if case .shard(let place) = record.origin { return try place.read(record.size, path: record.absolutePath) }
    return try readImageFile(record.absolutePath, limits: ImageLimits())
  }

  private func image(of line: LineOfPage, named path: String) throws(DataSetError) -> GrayImage {
    let page = try decodedPage(line.page)
    do {
      return try page.cutter.cut(line.outline)
    } catch {
      throw .badImage(path: path, reason: error.description)
    }
  }

  private func decodedPage(_ page: Page) throws(DataSetError) -> DecodedPage {
    if let last, last.page === page { return try last.result.get() }
    last = nil  // Its memory, before another page takes as much.
    let result = Result { () throws(DataSetError) in try RecordImages.decode(page) }
    last = (page, result)
    return try result.get()
  }

  /// The image of a page, as its lines are about it.
  static func image(of page: Page) throws(DataSetError) -> GrayImage { try decode(page).cutter.page }

  private static func decode(_ page: Page) throws(DataSetError) -> DecodedPage {
    let bytes = try readImageFile(page.imagePath, limits: .page)
    let image = try decodeImage(bytes, path: page.imagePath, limits: .page, asStored: page.isStored)
    return DecodedPage(cutter: LineCutter(image), digest: SHA256.hash(bytes))
  }
}

/// The bytes of an image file.
private func readImageFile(_ path: String, limits: ImageLimits) throws(DataSetError) -> [UInt8] {
  try readFile(path, limit: limits.fileBytes, limitName: "\(limits.fileBytes >> 20) MiB")
}

private func decodeImage(
  _ bytes: [UInt8], path: String, limits: ImageLimits = ImageLimits(), asStored: Bool = false
) throws(DataSetError) -> GrayImage {
  do {
    return try ImageFile.decode(bytes, limits: limits, asStored: asStored)
  } catch {
    throw .badImage(path: path, reason: error.description)
  }
}

extension ImageLimits {
  /// The limits of an image of a page: A3 at 600 dpi, and more.
  static let page = ImageLimits(fileBytes: 256 << 20, width: 32_768, height: 32_768, pixels: 128 << 20)
}

extension LineOutline {
  /// All that decides what is cut out of a page.
  fileprivate var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func add(_ value: Double) { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
    let points = baseline + polygon + (box.map { [$0.from, $0.to] } ?? [])
    for count in [LineCutter.version, baseline.count, polygon.count, box == nil ? 0 : 2] { add(Double(count)) }
    for point in points {
      add(point.x)
      add(point.y)
    }
    add(rotation)
    return bytes
  }
}
