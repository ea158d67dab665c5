/// A piece of HTML. Literals are markup; interpolated values are text and are escaped, unless they are HTML. So
/// data can never become markup.
package struct HTML: ExpressibleByStringInterpolation, Sendable, Equatable {
  package var markup: String

  package init(stringLiteral value: String) { markup = value }

  package init(markup: String) { self.markup = markup }

  package init(stringInterpolation: Interpolation) { markup = stringInterpolation.markup }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var markup = ""

    package init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

    package mutating func appendLiteral(_ literal: String) { markup += literal }
    package mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
    package mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { markup += part.markup } }
    package mutating func appendInterpolation(_ text: String) { markup += HTML.escape(text) }
    package mutating func appendInterpolation(_ number: Int) { markup += String(number) }
  }

  package static func += (a: inout HTML, b: HTML) { a.markup += b.markup }
  package static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }

  /// Escapes text for use between tags and in attributes in double quotes. Control characters, which HTML cannot
  /// contain, are shown as control pictures.
  package static func escape(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case _ where scalar.value < 0x20: result.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value)!)
      case _ where (0x7F...0x9F).contains(scalar.value): result.unicodeScalars.append("\u{2421}")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
