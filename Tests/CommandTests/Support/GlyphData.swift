import Foundation
import Images
import Tensors

/// Small data sets of words in a made-up script: each letter is a pattern of bars, a word is letters side by side. Sizes
/// of the bars, grays and spaces differ from image to image; all is a function of the seed.
enum GlyphData {
  /// Five rows of three cells for each letter. One is not ASCII.
  static let glyphs: [(letter: Unicode.Scalar, rows: [String])] = [
    ("a", ["#.#", "#.#", "###", "#.#", "#.#"]),
    ("b", ["###", "..#", "###", "#..", "###"]),
    ("c", ["#..", "#..", "#..", "#..", "###"]),
    ("d", ["###", ".#.", ".#.", ".#.", ".#."]),
    ("e", ["#.#", "#.#", ".#.", "#.#", "#.#"]),
    ("ක", ["###", "#.#", "#.#", "#.#", "###"]),
  ]

  /// Writes an ImageFolder of words of two to six letters.
  static func writeImageFolder(_ folder: String, count: Int, seed: UInt64) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var lines = ["file_name,text"]
    for index in 0..<count {
      var random = KeyedRandom(seed: seed, purpose: .test, sample: UInt32(index))
      let word = (0..<2 + random.integer(below: 5)).map { _ in random.integer(below: glyphs.count) }
      let text = String(String.UnicodeScalarView(word.map { glyphs[$0].letter }))
      try PNG.write(image(word, &random), to: "\(folder)/\(index).png")
      lines.append("\(index).png,\(text)")
    }
    try write(lines, to: "\(folder)/metadata.csv")
  }

  /// Writes lines of text.
  static func write(_ lines: [String], to path: String) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
  }

  /// Letters, by their index, from left to right, 28 pixels high.
  static func image(_ word: [Int], _ random: inout KeyedRandom) -> GrayImage {
    let widths = word.map { _ in 3 + random.integer(below: 3) }
    let (margin, cellHeight) = (4, 4)
    let width = 2 * margin + widths.reduce(0) { $0 + 3 * $1 + 3 }
    var image = GrayImage(width: width, height: 5 * cellHeight + 2 * margin, filledWith: 255)
    for i in image.pixels.indices { image.pixels[i] -= UInt8(random.integer(below: 20)) }
    let ink = UInt8(random.integer(below: 60))
    var left = margin
    for (letter, cellWidth) in zip(word, widths) {
      for (row, cells) in glyphs[letter].rows.enumerated() {
        for (column, cell) in cells.utf8.enumerated() where cell == UInt8(ascii: "#") {
          for y in 0..<cellHeight {
            for x in 0..<cellWidth { image[left + column * cellWidth + x, margin + row * cellHeight + y] = ink }
          }
        }
      }
      left += 3 * cellWidth + 3
    }
    return image
  }
}
