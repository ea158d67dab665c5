/// Whether an image shows a page, or another block of lines, and not a single line of writing.
///
/// Letters of one height stand above each other in four lines or more; or letters are so small that a line as high as the image would
/// leave nothing of them. The words and lines of data sets, tall letters, letters with marks and lines that slope are no pages; nor is
/// what has few letters.
package struct PageSurvey {
  /// Whether it is a page.
  package private(set) var isPage = false

  /// Rows of the smallest image that can be a page.
  private static let leastHeight = 150
  /// A wider image, in heights, is a line.
  private static let mostAspect = 6
  /// The longer side of the copy that is looked at.
  private static let side = 1600
  /// The least number of letters: of several lines, and of small ones.
  private static let (leastLetters, leastSmallLetters) = (60, 12)
  /// The height of an image, in letters, from which on these are small, and its greatest width in heights.
  private static let (smallLetters, smallLettersAspect) = (20, 3)
  /// The least number of lines above each other.
  private static let leastLines = 4
  /// Rows of the smallest letters.
  private static let leastLetterHeight = 4

  package init(_ image: GrayImage) {
    guard image.height >= Self.leastHeight, image.width < Self.mostAspect * image.height, image.width >= 16 else {
      return
    }
    let copy = image.reduced(by: max(1, (max(image.width, image.height) + Self.side - 1) / Self.side))
    let even = (InkSurvey(copy).isInverted ? copy.inverted() : copy).withEvenLight()
    guard let threshold = LineInk.threshold(of: even) else { return }
    let components = InkComponents(width: even.width, height: even.height, isInk: even.pixels.map { $0 <= threshold })
    let pieces = components.pieces.indices.filter { !components.isFrame($0) }.map { components.pieces[$0] }
      .filter { 3 * $0.height < even.height && 3 * $0.width < 2 * even.width }
    // The median of the heights, weighted by ink.
    let sorted = pieces.sorted { $0.height < $1.height }
    var half = sorted.reduce(0) { $0 + $1.area } / 2
    let usual =
      sorted.first {
        half -= $0.area; return half < 0
      }?.height ?? 0
    guard usual >= Self.leastLetterHeight else { return }
    let letters = pieces.filter { 5 * $0.height >= 2 * usual && 2 * $0.height <= 5 * usual }
    let areSmall =
      even.height >= Self.smallLetters * usual && even.width < Self.smallLettersAspect * even.height
      && letters.count >= Self.leastSmallLetters
    isPage =
      areSmall
      || letters.count >= Self.leastLetters && Self.usualLines(letters, usual, width: even.width) >= Self.leastLines
  }

  /// The median, over strips as wide as a letter is high, of the number of lines above each other; 0 for fewer than eight strips.
  private static func usualLines(_ letters: [InkComponents.Piece], _ usual: Int, width: Int) -> Int {
    var centers = [[Int]](repeating: [], count: width / usual + 1)
    for letter in letters {
      let center = letter.top + letter.bottom
      for strip in letter.left / usual...(letter.right - 1) / usual { centers[strip].append(center) }
    }
    let counts = centers.filter { !$0.isEmpty }.map { centers in
      var (lines, last) = (0, Int.min / 2)
      for center in centers.sorted() {
        // Twice the centers' distance: letters of a line differ by less than their height.
        if center - last >= 2 * usual + usual / 2 { lines += 1 }
        last = center
      }
      return lines
    }.sorted()
    return counts.count < 8 ? 0 : counts[counts.count / 2]
  }
}
