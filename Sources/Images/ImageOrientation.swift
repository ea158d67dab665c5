/// The rotation or reflection that makes a stored image upright: the tag Orientation (0x0112) of EXIF and TIFF.
///
/// The names give the sides of the upright image where the stored first row and first column belong.
enum ImageOrientation: Int {
  case upright = 1
  case mirrored, turnedHalf, flipped, transposed, turnedRight, transversed, turnedLeft

  /// What comes before EXIF data in a JPEG file.
  static let exifHeader = Array("Exif".utf8) + [0, 0]

  /// The orientation in an APP1 segment of a JPEG file; see ``init(tiff:)``.
  init?(exif segment: UnsafeRawBufferPointer) {
    guard segment.starts(with: ImageOrientation.exifHeader) else { return nil }
    self.init(tiff: UnsafeRawBufferPointer(rebasing: segment[6...]))
  }

  /// The orientation in EXIF data, or nil if it has none. Malformed EXIF is ignored, as is a number without a meaning.
  init?(tiff: UnsafeRawBufferPointer) {
    guard tiff.count >= 8 else { return nil }
    let isLittle: Bool
    switch (tiff[0], tiff[1]) {
    case (0x49, 0x49): isLittle = true
    case (0x4D, 0x4D): isLittle = false
    default: return nil
    }
    func number<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type) -> Number? {
      tiff.number(at: offset, as: type, isLittle: isLittle)
    }
    guard number(2, as: UInt16.self) == 42, let start = number(4, as: UInt32.self).map(Int.init),
      let count = number(start, as: UInt16.self).map(Int.init)
    else { return nil }
    for entry in 0..<count {
      let place = start + 2 + 12 * entry
      guard let tag = number(place, as: UInt16.self) else { return nil }
      guard tag == 0x0112 else { continue }
      // A SHORT, in the first two bytes of the value field.
      guard number(place + 2, as: UInt16.self) == 3, let value = number(place + 8, as: UInt16.self) else { return nil }
      self.init(rawValue: Int(value))
      return
    }
    return nil
  }

  /// The orientation in EXIF data, with or without the header of JPEG files.
  init?(bytes: [UInt8]) {
    let data = bytes.starts(with: ImageOrientation.exifHeader) ? Array(bytes.dropFirst(6)) : bytes
    guard let orientation = data.withUnsafeBytes({ ImageOrientation(tiff: $0) }) else { return nil }
    self = orientation
  }

  /// Whether the upright image's rows are columns of the stored one.
  var isTurned: Bool { rawValue >= 5 }

  /// The size of the upright image.
  func upright(width: Int, height: Int) -> (width: Int, height: Int) { isTurned ? (height, width) : (width, height) }

  /// The upright image.
  func upright(_ image: GrayImage) -> GrayImage {
    if self == .upright { return image }
    let (width, height) = (image.width, image.height)
    return image.withReadOnlyView { source in
      GrayImage.filled(width: isTurned ? height : width, height: isTurned ? width : height) { target in
        for y in 0..<target.height {
          for x in 0..<target.width {
            let (column, row) =
              switch self {
              case .upright: (x, y)
              case .mirrored: (width - 1 - x, y)
              case .turnedHalf: (width - 1 - x, height - 1 - y)
              case .flipped: (x, height - 1 - y)
              case .transposed: (y, x)
              case .turnedRight: (y, height - 1 - x)
              case .transversed: (width - 1 - y, height - 1 - x)
              case .turnedLeft: (width - 1 - y, x)
              }
            target.pixels[y * target.width + x] = source.pixels[row * width + column]
          }
        }
      }
    }
  }
}
