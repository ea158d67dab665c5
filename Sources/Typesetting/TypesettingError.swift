import Messages

/// An error of setting words or writing a data set. `description` is one line that names the cause and the remedy.
package enum TypesettingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A font that cannot be used: its name or path, and why.
  case font(String, why: String)
  /// An invalid option.
  case option(String)
  /// A corpus that cannot be used: its path, and why.
  case corpus(String, why: String)
  /// Words that a font cannot draw, or cannot draw faithfully.
  case text(String)
  /// Output that cannot be written: its path, and why.
  case output(String, why: String)

  package var description: String { text.onOneLine }

  private var text: String {
    switch self {
    case .font(let name, let why): "font \"\(name)\": \(why)"
    case .option(let what): what
    case .corpus(let path, let why): "\(path): \(why)"
    case .text(let what): what
    case .output(let path, let why): "\(path): \(why)"
    }
  }
}
