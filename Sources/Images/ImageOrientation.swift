/// The rotation or reflection that makes a stored image upright: the tag Orientation (0x0112) of EXIF and TIFF.
///
/// The names give the sides of the upright image where the stored first row and first column belong.
enum ImageOrientation: Int {
  case upright = 1
  case mirrored, turnedHalf, flipped, transposed, turnedRight, transversed, turnedLeft

  /// The orientation in an APP1 segment, or nil if it has none. Malformed EXIF is ignored, as is a number without a
  /// meaning.
  init?(exif segment: UnsafeRawBufferPointer) {
    guard segment.count >= 14, segment.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) else { return nil }
    let tiff = UnsafeRawBufferPointer(rebasing: segment[6...])
    let isLittle: Bool
    switch (tiff[0], tiff[1]) {
    case (0x49, 0x49): isLittle = true
    case (0x4D, 0x4D): isLittle = false
    default: return nil
    }
    func number<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type) -> Number? {
      guard offset >= 0, offset + MemoryLayout<Number>.size <= tiff.count else { return nil }
      let stored = tiff.loadUnaligned(fromByteOffset: offset, as: Number.self)
      return isLittle ? Number(littleEndian: stored) : Number(bigEndian: stored)
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

  /// The upright image.
  func upright(_ image: GrayImage) -> GrayImage {
    if self == .upright { return image }
    let (width, height) = (image.width, image.height)
    let isTurned = rawValue >= 5
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
