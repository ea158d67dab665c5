import Files
import Messages

/// Why an image could not be read or written. `description` is one line, which starts with the path if there is one.
public struct ImageError: Error, Equatable, Sendable, CustomStringConvertible, ExitStatusProviding {
  /// The kinds of errors.
  public enum Reason: Equatable, Sendable {
    /// The path leads to no file; with the operating system's description.
    case noFile(String)
    /// The machine refuses to open or read the file; with the operating system's description.
    case unreadable(String)
    /// The file cannot be created or written; with the operating system's description.
    case unwritable(String)
    /// The file has no bytes.
    case empty
    /// The file is not an image of the expected or any known format; with what it seems to be.
    case otherFormat(String)
    /// A variant of the format that is not supported; with the variant and the remedy.
    case unsupported(String)
    /// The file ends before the image does.
    case truncated(String)
    /// The structure or a checksum is wrong.
    case corrupt(String)
    /// Beyond `ImageLimits`.
    case tooLarge(String)
    /// The image cannot be encoded.
    case notEncodable(String)
  }

  public let reason: Reason
  /// nil if it does not matter or is unknown.
  public let format: ImageFormat?
  /// nil if the bytes did not come from a file.
  public let path: String?

  public init(_ reason: Reason, format: ImageFormat? = nil, path: String? = nil) {
    (self.reason, self.format, self.path) = (reason, format, path)
  }

  init(png reason: Reason) { self.init(reason, format: .png) }
  init(jpeg reason: Reason) { self.init(reason, format: .jpeg) }
  init(tiff reason: Reason) { self.init(reason, format: .tiff) }
  init(webp reason: Reason) { self.init(reason, format: .webp) }

  /// A file that cannot be opened or read.
  init(reading error: FileError) { self.init(error.isOfMachine ? .unreadable(error.reason) : .noFile(error.reason)) }

  /// The same error with a path.
  func at(_ path: String) -> ImageError { ImageError(reason, format: format, path: path) }

  package var exitStatus: ExitStatus {
    switch reason {
    case .unreadable, .unwritable: .inputOutput
    default: .badData
    }
  }

  public var description: String {
    let name = format?.rawValue ?? "image"
    let text =
      switch reason {
      case .noFile(let why), .unreadable(let why): "cannot read: \(why)"
      case .unwritable(let why): "cannot write: \(why)"
      case .empty: "the file is empty; copy or render it again"
      case .otherFormat(let what): "not a \(format?.rawValue ?? ImageFormat.list) image but \(what); convert it to PNG"
      case .unsupported(let what): what
      case .truncated(let detail): "truncated \(name) (\(detail)); copy or render it again"
      case .corrupt(let detail): "corrupt \(name) (\(detail)); copy or render it again"
      case .tooLarge(let detail): "\(name) too large (\(detail)); cut it into lines or scale it down"
      case .notEncodable(let why): "cannot be encoded as PNG: \(why)"
      }
    return (path.map { "\($0): \(text)" } ?? text).onOneLine
  }
}
