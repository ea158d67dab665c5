/// Why an image could not be read or written. `description` is one line, which starts with the path where there is one.
public struct PNGError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    /// The file cannot be opened or read; the operating system's words.
    case unreadable(String)
    /// The file cannot be created or written; the operating system's words.
    case unwritable(String)
    /// The file has no bytes.
    case empty
    /// It is not a PNG; what it seems to be.
    case notPNG(String)
    /// The file ends before the image does.
    case truncated(String)
    /// The structure or a checksum is wrong.
    case corrupt(String)
    /// Beyond `PNGLimits`.
    case tooLarge(String)
    /// libpng refused to encode the image.
    case notEncodable(String)
  }

  public let reason: Reason
  /// nil where the bytes did not come from a file.
  public let path: String?

  public init(_ reason: Reason, path: String? = nil) {
    self.reason = reason
    self.path = path
  }

  /// The same error with the path it belongs to.
  func at(_ path: String) -> PNGError { PNGError(reason, path: path) }

  public var description: String {
    let text =
      switch reason {
      case .unreadable(let why): "cannot read: \(why)"
      case .unwritable(let why): "cannot write: \(why)"
      case .empty: "the file is empty; copy or render it again"
      case .notPNG(let what): "not a PNG image but \(what); convert it to PNG"
      case .truncated(let detail): "truncated PNG (\(detail)); copy or render it again"
      case .corrupt(let detail): "corrupt PNG (\(detail)); copy or render it again"
      case .tooLarge(let detail): "PNG too large (\(detail)); cut it into lines or scale it down"
      case .notEncodable(let why): "cannot be encoded as PNG: \(why)"
      }
    return (path.map { "\($0): \(text)" } ?? text).onOneLine
  }
}

/// What is accepted before any memory is reserved for an image.
public struct PNGLimits: Equatable, Sendable {
  /// Bytes of the file.
  public var fileBytes: Int
  /// Pixels in a row.
  public var width: Int
  /// Rows.
  public var height: Int
  /// width * height.
  public var pixels: Int

  public init(fileBytes: Int = 64 << 20, width: Int = 32_768, height: Int = 8_192, pixels: Int = 64 << 20) {
    self.fileBytes = fileBytes
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
