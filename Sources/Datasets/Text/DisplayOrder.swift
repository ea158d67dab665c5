internal import CFriBidi

/// The order of a text's letters on the page, from left to right, and back: Unicode Standard Annex 9
/// (https://www.unicode.org/reports/tr9) by FriBidi, with mirrored brackets (rule L4) and without rule L3: a mark of a letter that
/// is read from the right stands before it.
struct DisplayOrder {
  private let base: Base

  enum Base { case auto, leftToRight, rightToLeft }

  init(_ base: Base) { self.base = base }

  /// FriBidi's version with that of its Unicode data, on one line.
  static var libraryVersion: String {
    String(cString: akuru_bidi_version()).split(separator: "\n").prefix(3).joined(separator: ", ")
  }

  /// Letters in one order, and where each stood in the other.
  struct Line: Equatable {
    var letters: [UInt32]
    /// Letter i was at `sources[i]`.
    var sources: [Int]
  }

  /// The most embeddings and isolates that a text may begin: libfribidi 1.0.8 reads foreign memory in texts with more than the
  /// 125 levels of the algorithm. A text with more stays as it is.
  private static let mostEmbeddings = 60

  /// Whether a text's order is found at all.
  static func canFollow(_ text: [UInt32]) -> Bool { text.count(where: \.beginsEmbedding) <= mostEmbeddings }

  /// A text's letters in the order of the page.
  func display(_ text: [UInt32]) -> Line { Reordered(text, base).line(text) }

  /// The text whose letters stand on a page in this order.
  ///
  /// Several texts may look the same. With the base `auto` it is the one in the direction of most letters, or else that of the
  /// other direction. Of texts with the same base, it is the first that ``text(of:base:)`` finds. If none is found, the letters
  /// get an order that comes near, and `isFound` is false.
  func text(_ display: [UInt32]) -> (line: Line, isFound: Bool) {
    let bases: [Base]
    switch base {
    case .auto:
      let isMostlyLeft = akuru_bidi_balance(display, Int32(display.count)) < 0
      bases = isMostlyLeft ? [.leftToRight, .rightToLeft] : [.rightToLeft, .leftToRight]
    case .leftToRight, .rightToLeft: bases = [base]
    }
    for base in bases {
      guard let line = text(of: display, base: base) else { continue }
      if self.base != .auto || Reordered(line.letters, .auto).base == base { return (line, true) }
    }
    return (Reordered(display, bases[0]).line(display), false)
  }

  /// A text of this base whose letters stand in this order; nil if none is found.
  ///
  /// The algorithm is nearly its own inverse. Where it is not, what it makes of the first guess says where each letter on the page
  /// comes from; the letters put there are the next guess.
  private func text(of display: [UInt32], base: Base) -> Line? {
    let mirrored = Array(display.reversed()).map(akuru_bidi_mirrored)
    for guess in [Reordered(display, base).line(display).letters, mirrored, display] {
      var text = guess
      for _ in 0..<DisplayOrder.rounds {
        let reordered = Reordered(text, base)
        let line = reordered.line(text)
        if line.letters == display {
          var sources = [Int](repeating: 0, count: display.count)
          for (place, source) in line.sources.enumerated() { sources[source] = place }
          return Line(letters: text, sources: sources)
        }
        let next = reordered.text(of: display)
        if next == text { break }
        text = next
      }
    }
    return nil
  }

  private static let rounds = 8

  /// What a letter looks like in text that runs from right to left, as ")" for "(".
  static func mirrored(_ letter: Unicode.Scalar) -> Unicode.Scalar {
    Unicode.Scalar(akuru_bidi_mirrored(letter.value)) ?? letter
  }
}

extension UInt32 {
  /// Whether the scalar begins an embedding, an override or an isolate.
  fileprivate var beginsEmbedding: Bool {
    switch self {
    case 0x202A, 0x202B, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068: true
    default: false
    }
  }
}

/// What the algorithm says of a text.
private struct Reordered {
  /// Never `auto`.
  let base: DisplayOrder.Base
  private let isMirrored: [Bool]
  /// The place in the text of each letter on the page.
  private let places: [Int32]

  init(_ text: [UInt32], _ wanted: DisplayOrder.Base) {
    let count = text.count
    let direction =
      switch wanted {
      case .auto: AKURU_BIDI_AUTO
      case .leftToRight: AKURU_BIDI_LTR
      case .rightToLeft: AKURU_BIDI_RTL
      }
    guard DisplayOrder.canFollow(text) else {
      (base, isMirrored) = (.leftToRight, [Bool](repeating: false, count: count))
      places = Array(0..<Int32(count))
      return
    }
    var levels = [FriBidiLevel](repeating: 0, count: count)
    var places = [FriBidiStrIndex](repeating: 0, count: count)
    let found = withUnsafeTemporaryAllocation(of: FriBidiCharType.self, capacity: count) { types in
      withUnsafeTemporaryAllocation(of: FriBidiBracketType.self, capacity: count) { brackets in
        Int(
          akuru_bidi_reorder(
            text, Int32(count), Int32(direction), types.baseAddress, brackets.baseAddress, &levels, &places))
      }
    }
    // Without memory, the order stays.
    let isReordered = found != AKURU_BIDI_AUTO
    base = found == AKURU_BIDI_RTL ? .rightToLeft : .leftToRight
    self.places = isReordered ? places : Array(0..<Int32(count))
    isMirrored = levels.map { isReordered && $0 % 2 == 1 }
  }

  /// The letters of the text on the page.
  func line(_ text: [UInt32]) -> DisplayOrder.Line {
    DisplayOrder.Line(
      letters: places.map { isMirrored[Int($0)] ? akuru_bidi_mirrored(text[Int($0)]) : text[Int($0)] },
      sources: places.map(Int.init))
  }

  /// The letters of a page, at the places from which this text's letters would come.
  func text(of display: [UInt32]) -> [UInt32] {
    var text = display
    for (letter, place) in zip(display, places) {
      text[Int(place)] = isMirrored[Int(place)] ? akuru_bidi_mirrored(letter) : letter
    }
    return text
  }
}
