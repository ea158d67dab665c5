import Foundation

/// A folder for the files that a harness has its reader read: `Launch/develop/fuzz` puts it into memory and removes it.
public struct Scratch: Sendable {
  public let path: String

  public init() {
    var template = Array((NSTemporaryDirectory() + "/akuru-fuzz-XXXXXX").utf8CString)
    require(template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) } != nil, "no temporary folder")
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Replaces a file; returns its path.
  @discardableResult
  public func write(_ bytes: UnsafeRawBufferPointer, to name: String) -> String {
    let path = file(name)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    require(descriptor >= 0, "cannot write \(path)")
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      require(count > 0, "cannot write \(path)")
      done += count
    }
    close(descriptor)
    return path
  }
}

/// Ends the process, as a finding, unless the condition holds.
public func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if condition { return }
  FileHandle.standardError.write(Data("FINDING: \(message())\n".utf8))
  abort()
}

/// Checks what every message of ours promises: it is one line, without control characters, and not endless.
public func requireOneLine(_ error: any Error) {
  let text = "\(error)"
  let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) }
  require(!text.isEmpty && !text.unicodeScalars.contains(where: isControl), "not one line: \(text.debugDescription)")
  require(text.utf8.count < 20_000, "a message of \(text.utf8.count) bytes")
}
