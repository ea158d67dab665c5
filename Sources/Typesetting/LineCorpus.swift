import CPango
import Foundation
import Tensors

/// Lines of a text file.
package enum LineCorpus {
  /// The distinct lines of a UTF-8 file in their order, in NFC, with single spaces. A longer line is cut, see
  /// ``lines(in:letters:seed:)``.
  /// - Throws: `TypesettingError.corpus`, as ``WordCorpus/read(path:)``.
  package static func read(
    path: String, letters: ClosedRange<Int>, seed: UInt64
  ) throws(TypesettingError) -> [String] {
    let lines = lines(in: try WordCorpus.readText(path: path), letters: letters, seed: seed)
    if lines.isEmpty { throw .corpus(path, why: "holds no line; give a text file with lines of text") }
    return lines
  }

  /// The distinct lines of a text.
  ///
  /// A line of more letters (grapheme clusters) than a number that is drawn from `letters` is cut at the last place before where
  /// Pango allows a line to end, or, if that leaves less than half of the smallest of `letters`, between letters. Pango knows the
  /// words of Thai, which no space divides.
  package static func lines(in text: String, letters: ClosedRange<Int>, seed: UInt64) -> [String] {
    var known = Set<[UInt8]>()
    var lines: [String] = []
    for (number, line) in text.unicodeScalars.split(whereSeparator: { $0 == "\n" || $0 == "\r" }).enumerated() {
      var random = KeyedRandom(
        seed: seed, purpose: .synthesis, time: SynthesisStream.lines.rawValue,
        sample: UInt32(truncatingIfNeeded: number))
      let whole = String(String.UnicodeScalarView(line)).precomposedStringWithCanonicalMapping
      for piece in pieces(of: Array(whole.unicodeScalars), letters, &random) {
        if !piece.isEmpty, known.insert(Array(piece.utf8)).inserted { lines.append(piece) }
      }
    }
    return lines
  }

  private static func pieces(
    of line: [Unicode.Scalar], _ letters: ClosedRange<Int>, _ random: inout KeyedRandom
  ) -> [String] {
    let places = Places(line)
    var pieces: [String] = []
    // Places are counted in letters.
    var start = 0
    while start < places.count {
      let most = letters.lowerBound + random.integer(below: letters.count)
      var end = places.count
      if end - start > most {
        let longest = start + most
        let shortest = start + max(1, min(letters.lowerBound / 2, most))
        end = (shortest...longest).last(where: places.endsLine) ?? longest
        while end > start + 1 && !places.mayBeCut(end) { end -= 1 }
      }
      pieces.append(cleaned(line[places.scalar(start)..<places.scalar(end)]))
      start = end
    }
    return pieces
  }

  /// The text with single spaces, and without what no image shows: byte order marks, and the zero-width spaces at which lines of
  /// Khmer and Burmese may end.
  private static func cleaned(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    let visible = scalars.filter { $0 != "\u{200B}" && $0 != "\u{FEFF}" }
    return visible.split(whereSeparator: \.properties.isWhitespace).map { String(String.UnicodeScalarView($0)) }
      .joined(separator: " ")
  }
}

/// The places in a line at which it can be cut: before each of its letters, and at its end.
private struct Places {
  private let line: [Unicode.Scalar]
  /// The index of the scalar at each place.
  private var scalars: [Int] = []
  private var ends: [Bool] = []

  /// The number of letters.
  var count: Int { scalars.count - 1 }

  init(_ line: [Unicode.Scalar]) {
    self.line = line
    var flags = [UInt8](repeating: 0, count: line.count + 1)
    let utf8 = Array(String(String.UnicodeScalarView(line)).utf8)
    utf8.withUnsafeBytes {
      akuru_text_breaks(
        $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(utf8.count), Int32(line.count), &flags)
    }
    for (index, flag) in flags.enumerated() where flag & 1 != 0 || index == line.count {
      scalars.append(index)
      ends.append(flag & 2 != 0)
    }
  }

  func scalar(_ place: Int) -> Int { scalars[place] }

  func endsLine(_ place: Int) -> Bool { ends[place] }

  /// Whether what stands before the place joins nothing to what follows.
  func mayBeCut(_ place: Int) -> Bool {
    let before = line[scalars[place] - 1]
    return before != "\u{200D}"
      && (before.properties.canonicalCombiningClass != .virama || Places.visibleViramas.contains(before))
  }

  /// Signs that show that a letter has lost its vowel: of Tamil, Sinhala and Burmese.
  private static let visibleViramas: Set<Unicode.Scalar> = ["\u{BCD}", "\u{DCA}", "\u{103A}"]
}
