import Foundation

/// Whole small files in and out, with the operating system's own words when it fails.
enum BoundedFile {
  /// The bytes of a file of at most `limit` bytes; the size is checked before memory is reserved.
  static func read(_ path: String, limit: Int) throws(ImageError) -> [UInt8] {
    let (file, size) = try open(path)
    defer { close(file) }
    guard size <= limit else { throw ImageError(.tooLarge("\(size) bytes, at most \(limit)")) }
    // One byte more than expected, so that a file that grew is noticed.
    var bytes = try read(file, atMost: size + 1)
    while bytes.count > size {
      guard bytes.count <= limit else { throw ImageError(.tooLarge("more than \(limit) bytes")) }
      let more = try read(file, atMost: min(limit - bytes.count + 1, max(65_536, bytes.count)))
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// The first `count` bytes, or fewer where the file is shorter.
  static func readStart(_ path: String, count: Int) throws(ImageError) -> [UInt8] {
    let file = try open(path).descriptor
    defer { close(file) }
    return try read(file, atMost: count)
  }

  static func write(_ bytes: [UInt8], to path: String) throws(ImageError) {
    let file = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw ImageError(.unwritable(message())) }
    var status = stat()
    let isRegular = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    var failure: String?
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = Foundation.write(file, buffer.baseAddress! + done, buffer.count - done)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
          failure = message()
          return
        }
        done += count
      }
    }
    if close(file) != 0 && failure == nil { failure = message() }
    if let failure {
      // Not a device such as /dev/stdout.
      if isRegular { unlink(path) }
      throw ImageError(.unwritable(failure))
    }
  }

  /// Opens a regular file; a pipe or a device, which could keep a reader waiting, is refused.
  private static func open(_ path: String) throws(ImageError) -> (descriptor: Int32, size: Int) {
    let file = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw ImageError(.unreadable(message())) }
    var status = stat()
    var failure: String?
    if fstat(file, &status) != 0 {
      failure = message()
    } else if status.st_mode & S_IFMT != S_IFREG {
      failure = status.st_mode & S_IFMT == S_IFDIR ? String(cString: strerror(EISDIR)) : "not a regular file"
    }
    if let failure {
      close(file)
      throw ImageError(.unreadable(failure))
    }
    return (file, Int(status.st_size))
  }

  /// Up to `atMost` bytes, fewer only at the end of the file.
  private static func read(_ file: Int32, atMost limit: Int) throws(ImageError) -> [UInt8] {
    var failure: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
      while initialized < limit {
        let count = Foundation.read(file, buffer.baseAddress! + initialized, limit - initialized)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { failure = message() }
        guard count > 0 else { return }
        initialized += count
      }
    }
    if let failure { throw ImageError(.unreadable(failure)) }
    return bytes
  }

  private static func message() -> String { String(cString: strerror(errno)) }
}
