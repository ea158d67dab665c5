/// The connected pieces of ink in a binary image, by their boxes; pixels that touch at a corner are connected.
struct InkComponents {
  /// A piece of ink: pixels `left ..< right`, `top ..< bottom`.
  struct Piece {
    var left: Int
    var right: Int
    var top: Int
    var bottom: Int
    /// Pixels of ink.
    var area = 0

    var width: Int { right - left }
    var height: Int { bottom - top }

    mutating func include(_ other: Piece) {
      (left, right) = (min(left, other.left), max(right, other.right))
      (top, bottom) = (min(top, other.top), max(bottom, other.bottom))
      area += other.area
    }
  }

  let width: Int
  let height: Int
  /// The number of each pixel's piece; -1 for paper.
  let labels: [Int32]
  let pieces: [Piece]

  /// - Parameter isInk: width * height values, row by row.
  init(width: Int, height: Int, isInk: [Bool]) {
    (self.width, self.height) = (width, height)
    var labels = [Int32](repeating: -1, count: width * height)
    var parents: [Int32] = []
    func root(_ label: Int32) -> Int32 {
      var label = label
      while parents[Int(label)] != label {
        parents[Int(label)] = parents[Int(parents[Int(label)])]
        label = parents[Int(label)]
      }
      return label
    }
    for y in 0..<height {
      for x in 0..<width where isInk[y * width + x] {
        let place = y * width + x
        var label: Int32 = -1
        func join(_ neighbor: Int) {
          guard labels[neighbor] >= 0 else { return }
          let other = root(labels[neighbor])
          if label < 0 {
            label = other
          } else if label != other {
            parents[Int(max(label, other))] = min(label, other)
            label = min(label, other)
          }
        }
        if x > 0 { join(place - 1) }
        if y > 0 {
          if x > 0 { join(place - width - 1) }
          join(place - width)
          if x + 1 < width { join(place - width + 1) }
        }
        if label < 0 {
          label = Int32(parents.count)
          parents.append(label)
        }
        labels[place] = label
      }
    }
    var numbers = [Int32](repeating: -1, count: parents.count)
    var pieces: [Piece] = []
    for y in 0..<height {
      for x in 0..<width where labels[y * width + x] >= 0 {
        let label = Int(root(labels[y * width + x]))
        if numbers[label] < 0 {
          numbers[label] = Int32(pieces.count)
          pieces.append(Piece(left: x, right: x + 1, top: y, bottom: y + 1))
        }
        labels[y * width + x] = numbers[label]
        let number = Int(numbers[label])
        pieces[number].include(Piece(left: x, right: x + 1, top: y, bottom: y + 1, area: 1))
      }
    }
    (self.labels, self.pieces) = (labels, pieces)
  }

  /// Whether a piece is a frame: it reaches around the image, and nearly all of it is near the edges of its box.
  func isFrame(_ number: Int) -> Bool {
    let piece = pieces[number]
    guard 5 * piece.width >= 4 * width, 5 * piece.height >= 4 * height else { return false }
    let depth = max(2, piece.height / 10)
    var inside = 0
    for y in piece.top + depth..<max(piece.top + depth, piece.bottom - depth) {
      for x in piece.left + depth..<max(piece.left + depth, piece.right - depth)
      where labels[y * width + x] == Int32(number) { inside += 1 }
    }
    return 10 * inside <= piece.area && piece.height > 4 * depth
  }
}
