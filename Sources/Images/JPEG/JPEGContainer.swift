/// The JPEG file structure (ITU-T T.81, annex B): markers of two bytes, FF and a code; most are followed by a segment
/// whose first two bytes are its length, and a scan's header also by entropy-coded data, in which FF is always followed
/// by 0 or a restart marker.
///
/// It is scanned here, before libjpeg reads the file, so that limits are checked before memory is allocated, and a
/// truncated file is reported as such.
struct JPEGContainer {
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]
  /// A progressive image has about ten scans. Each takes time for the whole image, however few bytes it has.
  private static let largestScanCount = 100

  let frame: JPEGFrame
  let orientation: ImageOrientation

  /// Scans up to the end-of-image marker; what follows it is ignored.
  init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws(ImageError) {
    guard !bytes.isEmpty else { throw ImageError(jpeg: .empty) }
    guard bytes.count <= limits.fileBytes else {
      throw ImageError(jpeg: .tooLarge("\(bytes.count) bytes, at most \(limits.fileBytes)"))
    }
    guard bytes.prefix(3).elementsEqual(JPEGContainer.signature.prefix(bytes.count)) else {
      throw ImageError(jpeg: .otherFormat(ImageFormat.guess(bytes)))
    }
    var frame: JPEGFrame?
    var orientation: ImageOrientation?
    var (offset, scans, dataBytes) = (2, 0, 0)
    var scanned: Set<UInt8> = []
    while let (code, segment) = try JPEGContainer.nextSegment(of: bytes, &offset) {
      switch code {
      case 0xC0, 0xC1, 0xC2:
        guard frame == nil else { throw ImageError(jpeg: .corrupt("it declares its size twice")) }
        frame = try JPEGFrame(segment, limits: limits)
      case 0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
        throw JPEGContainer.notRead
      case 0xE1 where orientation == nil && scans == 0:
        orientation = ImageOrientation(exif: segment)
      case 0xDA:
        guard frame != nil else { throw ImageError(jpeg: .corrupt("a scan before the size")) }
        scans += 1
        guard scans <= JPEGContainer.largestScanCount else {
          throw ImageError(jpeg: .corrupt("more than \(JPEGContainer.largestScanCount) scans"))
        }
        scanned.formUnion(try JPEGContainer.componentsBegun(segment))
        let start = offset
        offset = bytes.endOfScan(from: start)
        dataBytes += offset - start
      default:
        break
      }
    }
    guard let frame, scans > 0 else { throw ImageError(jpeg: .corrupt("it holds no image")) }
    guard frame.components.allSatisfy({ scanned.contains($0.identifier) }) else {
      throw ImageError(jpeg: .corrupt("a part of its colors is missing"))
    }
    // A code has at least one bit, and a block at least one code, so a small file that declares a large image is
    // refused without decoding.
    guard dataBytes * 8 >= frame.blocks else {
      throw ImageError(jpeg: .corrupt("\(dataBytes) bytes of data cannot hold \(frame.width) x \(frame.height) pixels"))
    }
    self.frame = frame
    self.orientation = orientation ?? .upright
  }

  /// The frame and the orientation, from what comes before the first scan.
  static func header(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits
  ) throws(ImageError) -> (frame: JPEGFrame, orientation: ImageOrientation) {
    var frame: JPEGFrame?
    var orientation: ImageOrientation?
    var offset = 2
    while let (code, segment) = try JPEGContainer.nextSegment(of: bytes, &offset), code != 0xDA {
      switch code {
      case 0xC0, 0xC1, 0xC2: if frame == nil { frame = try JPEGFrame(segment, limits: limits) }
      case 0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: throw notRead
      case 0xE1 where orientation == nil: orientation = ImageOrientation(exif: segment)
      default: break
      }
    }
    guard let frame else { throw ImageError(jpeg: .corrupt("it holds no image")) }
    return (frame, orientation ?? .upright)
  }

  private static let notRead = ImageError(
    jpeg: .unsupported("a lossless, hierarchical or arithmetic-coded JPEG, which is not read; convert it to PNG"))

  /// Returns the code of the marker at `offset` and its segment, and advances `offset`; nil at the end of the image.
  private static func nextSegment(
    of bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(ImageError) -> (code: UInt8, segment: UnsafeRawBufferPointer)? {
    let truncated = ImageError(jpeg: .truncated("it ends after \(bytes.count) bytes, before the end of the image"))
    // A marker may be preceded by any number of FF.
    while offset + 1 < bytes.count, bytes[offset] == 0xFF, bytes[offset + 1] == 0xFF { offset += 1 }
    guard offset + 1 < bytes.count else { throw truncated }
    let code = bytes[offset + 1]
    guard bytes[offset] == 0xFF, code > 0x01, !(0xD0...0xD8).contains(code) else {
      throw ImageError(jpeg: .corrupt("no marker at byte \(offset)"))
    }
    guard code != 0xD9 else { return nil }
    guard offset + 3 < bytes.count else { throw truncated }
    let length = Int(bytes.bigEndian16(at: offset + 2))
    guard length >= 2 else { throw ImageError(jpeg: .corrupt("a segment of \(length) bytes at byte \(offset)")) }
    guard offset + 2 + length <= bytes.count else { throw truncated }
    let segment = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + 2 + length])
    offset += 2 + length
    return (code, segment)
  }

  /// The components that a scan's header names, if the scan holds their lowest frequency; a progressive image has other
  /// scans that refine them.
  private static func componentsBegun(_ segment: UnsafeRawBufferPointer) throws(ImageError) -> [UInt8] {
    guard let count = segment.first.map(Int.init), (1...4).contains(count), segment.count == 4 + 2 * count else {
      throw ImageError(jpeg: .corrupt("the header of a scan is damaged"))
    }
    guard segment[1 + 2 * count] == 0 else { return [] }
    return (0..<count).map { segment[1 + 2 * $0] }
  }
}

/// The frame header.
struct JPEGFrame {
  struct Component {
    let identifier: UInt8
    /// Relative sampling factors.
    let horizontal, vertical: Int
  }

  let width: Int
  let height: Int
  let components: [Component]

  init(_ segment: UnsafeRawBufferPointer, limits: ImageLimits) throws(ImageError) {
    let damaged = ImageError(jpeg: .corrupt("its header is damaged"))
    guard segment.count >= 6 else { throw damaged }
    guard segment[0] == 8 else {
      throw ImageError(
        jpeg: .unsupported("a JPEG with \(segment[0]) bits a sample, only 8 are read; convert it to PNG"))
    }
    (height, width) = (Int(segment.bigEndian16(at: 1)), Int(segment.bigEndian16(at: 3)))
    let count = Int(segment[5])
    guard segment.count == 6 + 3 * count else { throw damaged }
    if count == 4 {
      throw ImageError(
        jpeg: .unsupported("a CMYK JPEG, whose colors depend on the press; convert it to RGB or gray"))
    }
    guard count == 1 || count == 3 else { throw ImageError(jpeg: .corrupt("\(count) colors")) }
    if let refusal = limits.refusal(width: width, height: height) { throw ImageError(jpeg: refusal) }
    var components: [Component] = []
    for i in 0..<count {
      let (horizontal, vertical) = (Int(segment[7 + 3 * i] >> 4), Int(segment[7 + 3 * i] & 15))
      guard (1...4).contains(horizontal), (1...4).contains(vertical) else { throw damaged }
      components.append(Component(identifier: segment[6 + 3 * i], horizontal: horizontal, vertical: vertical))
    }
    self.components = components
  }

  /// The smallest number of blocks of 8 x 8 samples in valid data.
  var blocks: Int {
    let horizontal = components.map(\.horizontal).max() ?? 1
    let vertical = components.map(\.vertical).max() ?? 1
    return components.reduce(0) {
      let columns = (width * $1.horizontal + 8 * horizontal - 1) / (8 * horizontal)
      let rows = (height * $1.vertical + 8 * vertical - 1) / (8 * vertical)
      return $0 + columns * rows
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func bigEndian16(at offset: Int) -> UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// The offset of the marker that ends entropy-coded data, or the end of the file.
  fileprivate func endOfScan(from start: Int) -> Int {
    var offset = start
    while offset + 1 < count {
      let next = self[offset + 1]
      if self[offset] == 0xFF && next != 0 && !(0xD0...0xD7).contains(next) { return offset }
      offset += 1
    }
    return count
  }
}
