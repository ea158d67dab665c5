import CPNG

/// Reading PNG images as 8-bit gray through libpng's simplified interface (libpng manual, section "Simplified API").
///
/// Every colour type, bit depth and interlacing is accepted. Colours become gray by (299 R + 587 G + 114 B + 500) / 1000
/// (ITU-R BT.601, as Pillow's `convert('L')`), 16-bit values are scaled to 8 bits, and transparency (alpha or tRNS)
/// lies over white. Gamma and colour profiles are ignored, as Pillow does.
public enum PNG {
  /// Decodes a PNG file held in memory.
  /// - Throws: `PNGError`, without a path.
  public static func decode(_ bytes: [UInt8], limits: PNGLimits = PNGLimits()) throws(PNGError) -> GrayImage {
    let result = bytes.withUnsafeBytes { buffer -> Result<GrayImage, PNGError> in
      Result { () throws(PNGError) in try decode(buffer, limits: limits) }
    }
    return try result.get()
  }

  /// Decodes a PNG file held in memory.
  /// - Throws: `PNGError`, without a path.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, limits: PNGLimits = PNGLimits()
  ) throws(PNGError) -> GrayImage {
    let container = try PNGContainer(bytes, limits: limits)
    if container.kept.count == 1 {
      return try decodePixels(UnsafeRawBufferPointer(rebasing: bytes[container.kept[0]]), container.header)
    }
    var file: [UInt8] = []
    file.reserveCapacity(container.kept.reduce(0) { $0 + $1.count })
    for range in container.kept { file.append(contentsOf: bytes[range]) }
    let result = file.withUnsafeBytes { buffer -> Result<GrayImage, PNGError> in
      Result { () throws(PNGError) in try decodePixels(buffer, container.header) }
    }
    return try result.get()
  }

  /// Reads and decodes a file.
  /// - Throws: `PNGError` with the path.
  public static func read(path: String, limits: PNGLimits = PNGLimits()) throws(PNGError) -> GrayImage {
    do {
      return try decode(try BoundedFile.read(path, limit: limits.fileBytes), limits: limits)
    } catch {
      throw error.at(path)
    }
  }

  /// Width and height of a file, from its first 33 bytes; the pixels may still be damaged.
  /// - Throws: `PNGError` with the path.
  public static func size(
    path: String, limits: PNGLimits = PNGLimits()
  ) throws(PNGError) -> (width: Int, height: Int) {
    do {
      let bytes = try BoundedFile.readStart(path, count: PNGContainer.headerBytes)
      let result = bytes.withUnsafeBytes { buffer -> Result<PNGHeader, PNGError> in
        Result { () throws(PNGError) in try PNGHeader(buffer, limits: limits) }
      }
      let header = try result.get()
      return (header.width, header.height)
    } catch {
      throw error.at(path)
    }
  }

  /// Hands the file to libpng. The `png_image` must stay at one address from begin to finish: libpng keeps a pointer to it.
  private static func decodePixels(
    _ file: UnsafeRawBufferPointer, _ header: PNGHeader
  ) throws(PNGError) -> GrayImage {
    var state = png_image()
    state.version = UInt32(PNG_IMAGE_VERSION)
    let result = withUnsafeMutablePointer(to: &state) { image -> Result<GrayImage, PNGError> in
      defer { png_image_free(image) }
      guard png_image_begin_read_from_memory(image, file.baseAddress, file.count) != 0 else {
        return .failure(PNGError(.corrupt(image.pointee.text)))
      }
      // Without this, 16-bit values would be taken for linear light.
      image.pointee.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let channels = PNGChannels(format: image.pointee.format)
      image.pointee.format = channels.format
      let count = header.width * header.height
      guard Int(image.pointee.width) == header.width, Int(image.pointee.height) == header.height else {
        return .failure(PNGError(.corrupt("two headers")))
      }
      var decoded: Int32 = 0
      let samples = [UInt8](unsafeUninitializedCapacity: count * channels.rawValue) { buffer, initialized in
        decoded = png_image_finish_read(image, nil, buffer.baseAddress, 0, nil)
        initialized = decoded != 0 ? buffer.count : 0
      }
      // A damaged tRNS chunk is only a warning to libpng, which then leaves the transparency out.
      guard decoded != 0, !(image.pointee.warning_or_error != 0 && image.pointee.text.hasPrefix("tRNS")) else {
        return .failure(PNGError(.corrupt(image.pointee.text)))
      }
      return .success(
        GrayImage(width: header.width, height: header.height, pixels: channels.gray(samples, count: count)))
    }
    return try result.get()
  }
}

extension png_image {
  /// libpng's message, which is ASCII of at most 63 characters.
  var text: String {
    withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
