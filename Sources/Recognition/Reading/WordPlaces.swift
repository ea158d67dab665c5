import Datasets
import Images

/// Where the words of a line are, in columns of the network's input.
///
/// A word reaches from the time steps of its letters to where its ink ends on both sides, but not beyond the middle of the spaces
/// beside it, and not over a gap of a quarter of the line's height.
struct WordPlaces {
  private let hasInk: [Bool]
  private let height: Int
  /// The columns of each letter of the label, from left to right.
  private let spans: [ClosedRange<Double>]
  /// Whether each letter of the label is white space.
  private let isSpace: [Bool]

  init(_ image: GrayImage, spans: [ClosedRange<Double>], isSpace: [Bool]) {
    hasInk = WordPlaces.ink(of: image)
    (height, self.spans, self.isSpace) = (image.height, spans, isSpace)
  }

  /// The columns of a word, by the places of its letters in the label; nil without letters.
  func columns(ofLetters places: some Sequence<Int>) -> ClosedRange<Double>? {
    let places = Array(places)
    guard let first = places.min(), let last = places.max() else { return nil }
    let (from, to) = (spans[first].lowerBound, spans[last].upperBound)
    let left = grown(Int(from), by: -1, to: Int(limit(before: first, from).rounded(.up)))
    let right = grown(Int(to.rounded(.up)) - 1, by: 1, to: Int(limit(after: last, to)) - 1)
    return min(from, Double(left))...max(to, Double(right + 1))
  }

  private func limit(before letter: Int, _ from: Double) -> Double {
    guard letter > 0 else { return max(0, from - Double(height)) }
    let other = spans[letter - 1]
    return isSpace[letter - 1] ? (other.lowerBound + other.upperBound) / 2 : (other.upperBound + from) / 2
  }

  private func limit(after letter: Int, _ to: Double) -> Double {
    guard letter + 1 < spans.count else { return min(Double(hasInk.count), to + Double(height)) }
    let other = spans[letter + 1]
    return isSpace[letter + 1] ? (other.lowerBound + other.upperBound) / 2 : (other.lowerBound + to) / 2
  }

  /// The last column with ink on the way from `start` to `end`, before a wide gap; `start` if there is none.
  private func grown(_ start: Int, by step: Int, to end: Int) -> Int {
    var (column, found, gap) = (start, start, 0)
    while column != end && hasInk.indices.contains(column + step) && (end - column) * step > 0 && 4 * gap <= height {
      column += step
      gap = hasInk[column] ? 0 : gap + 1
      if hasInk[column] { found = column }
    }
    return found
  }

  /// Whether each column has a pixel that differs from the paper by half as much as the strongest.
  private static func ink(of image: GrayImage) -> [Bool] {
    var counts = [Int](repeating: 0, count: 256)
    for value in image.pixels { counts[Int(value)] += 1 }
    var half = image.pixels.count / 2
    let paper =
      counts.firstIndex {
        half -= $0; return half < 0
      } ?? 255
    var contrasts = [Int](repeating: 0, count: image.width)
    for y in 0..<image.height {
      for x in 0..<image.width { contrasts[x] = max(contrasts[x], abs(Int(image[x, y]) - paper)) }
    }
    let greatest = contrasts.max() ?? 0
    return contrasts.map { 2 * $0 > greatest && greatest > 0 }
  }
}
