import Foundation

/// What standard error is connected to: a terminal, or a file or pipe.
struct Terminal: Sendable {
  /// Whether lines can be rewritten in place.
  let isInteractive: Bool
  let hasColors: Bool
  private let descriptor: Int32
  /// The descriptor whose window size is known.
  private let window: Int32

  init(_ descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.descriptor = descriptor
    window =
      isatty(descriptor) == 1 || descriptor != STDERR_FILENO
      ? descriptor : Terminal.launchersTerminal(environment) ?? descriptor
    isInteractive = isatty(window) == 1 && environment["TERM"] != "dumb"
    // https://no-color.org
    hasColors = isInteractive && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Under `mpirun` standard error is a pipe to mpirun, which copies it to its own standard error. A rank on mpirun's
  /// machine finds that as its parent's, through /proc.
  private static func launchersTerminal(_ environment: [String: String]) -> Int32? {
    guard environment["OMPI_COMM_WORLD_RANK"] != nil else { return nil }
    let parent = "/proc/\(getppid())"
    guard let name = try? String(contentsOfFile: "\(parent)/comm", encoding: .utf8),
      ["mpirun", "orterun", "mpiexec", "prterun"].contains(name.trimmingCharacters(in: .whitespacesAndNewlines))
    else { return nil }
    let opened = open("\(parent)/fd/2", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else { return nil }
    if isatty(opened) == 1 { return opened }
    close(opened)
    return nil
  }

  /// The number of characters that fit into a line.
  var columns: Int {
    var size = winsize()
    let known = ioctl(window, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 80
  }

  func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress!, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }  // Standard error is closed, so this cannot be reported.
      bytes = bytes.dropFirst(count)
    }
  }

  /// Text styles; without colors, text stays plain.
  enum Style: String {
    case dim = "2"
    case yellow = "1;33"
    case red = "1;31"
  }

  func styled(_ text: String, _ style: Style) -> String {
    hasColors ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Moves to the beginning of the line and clears it.
  static let clearLine = "\r\u{1B}[K"
}
