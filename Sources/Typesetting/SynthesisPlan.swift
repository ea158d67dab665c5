import Tensors

/// The purpose of a random stream within `RandomPurpose.synthesis`: the key's `time`.
enum SynthesisStream: UInt32 {
  case appearance, style, words, split, outline, lines
}

/// The options of a synthesis: words, number of images, and appearance.
package struct SynthesisOptions: Equatable, Sendable {
  /// The largest number of images in one data set.
  package static let largestCount = 100_000_000

  package var count: Int
  package var seed: UInt64
  package var style: ImageStyle
  /// The em in pixels.
  package var size: ClosedRange<Int>
  /// White pixels on each side, drawn independently for each side.
  package var padding: ClosedRange<Int>
  /// The splits; empty for one data set without splits.
  package var split: [SplitShare]
  /// Words per image, separated by spaces.
  package var words: ClosedRange<Int>
  /// Whether outlines are varied: see `OutlineVariation`.
  package var varies: Bool
  package var direction = BaseDirection.auto

  package init(
    count: Int, seed: UInt64 = 1, style: ImageStyle = .plain, size: ClosedRange<Int> = 26...44,
    padding: ClosedRange<Int> = 2...10, split: [SplitShare] = [], words: ClosedRange<Int> = 1...1, varies: Bool = false
  ) {
    (self.words, self.varies) = (words, varies)
    self.count = count
    self.seed = seed
    self.style = style
    self.size = size
    self.padding = padding
    self.split = split
  }

  /// - Throws: `TypesettingError.option` for what is out of range.
  package func validate() throws(TypesettingError) {
    guard (1...Self.largestCount).contains(count) else {
      throw .option("--count \(count): give a number from 1 to \(Self.largestCount)")
    }
    guard size.lowerBound >= 8, size.upperBound <= 400 else {
      throw .option("--size \(size.lowerBound)-\(size.upperBound): give sizes from 8 to 400 pixels")
    }
    guard padding.lowerBound >= 0, padding.upperBound <= 400 else {
      throw .option("--padding \(padding.lowerBound)-\(padding.upperBound): give paddings from 0 to 400 pixels")
    }
    guard words.lowerBound >= 1, words.upperBound <= 100 else {
      throw .option("--words \(words.lowerBound)-\(words.upperBound): give numbers from 1 to 100")
    }
    guard count >= split.count else {
      throw .option("--count \(count) is less than one image for each part of --split")
    }
  }
}

/// One planned image.
package struct WordImage: Equatable, Sendable {
  package let text: String
  /// Index into the plan's faces.
  package let face: Int
  package let appearance: WordAppearance

  package init(text: String, face: Int, appearance: WordAppearance) {
    (self.text, self.face, self.appearance) = (text, face, appearance)
  }
}

/// The plan of all images: a pure function of options, words and faces. Images are numbered across all splits.
package struct SynthesisPlan: Sendable {
  /// A split of the data set, with its words and images.
  package struct Split: Equatable, Sendable {
    /// The split's name; empty for the data set's own folder.
    package let name: String
    package let pool: WordPool
    /// The numbers of its images in the plan.
    package let images: Range<Int>
  }

  package let options: SynthesisOptions
  package let splits: [Split]
  /// The faces of the words; a planned image's face is an index into them.
  package let faces: [FontFace]
  /// Indices of the faces whose strokes are hairlines.
  private let thinFaces: [Int]

  /// Share of the varied images that a broad nib draws along a thin face.
  private static let nibShare: Float = 0.4

  /// - Throws: `TypesettingError.option`.
  package init(options: SynthesisOptions, pool: WordPool, faces: [FontFace]) throws(TypesettingError) {
    try options.validate()
    precondition(!faces.isEmpty)
    if pool.count == 0 { throw .option("there are no words") }
    self.options = options
    self.faces = faces
    thinFaces = faces.indices.filter { faces[$0].isThin }
    let shares = options.split.isEmpty ? [SplitShare(name: "", share: 1)] : options.split
    let pools = options.split.isEmpty ? [pool] : try pool.split(shares, seed: options.seed)
    var splits: [Split] = []
    var start = 0
    for (index, count) in SplitShare.allot(options.count, shares).enumerated() {
      splits.append(Split(name: shares[index].name, pool: pools[index], images: start..<start + count))
      start += count
    }
    self.splits = splits
  }

  /// The image with the given number, which must be in the split.
  package func image(_ index: Int, of split: Split) -> WordImage {
    var random = random(.appearance, index)
    let text = text(index - split.images.lowerBound, of: split.pool, &random)
    var face = random.integer(below: faces.count)
    var appearance = WordAppearance(size: draw(options.size, &random))
    let size = Float(appearance.size)
    // Half of the images keep the font's own spacing.
    if random.chance(0.5) { appearance.letterSpacing = random.uniform(-0.01, 0.04) * size }
    if random.chance(0.4) { appearance.leading = random.uniform(0, 0.5) }
    appearance.left = draw(options.padding, &random)
    appearance.right = draw(options.padding, &random)
    appearance.top = draw(options.padding, &random)
    appearance.bottom = draw(options.padding, &random)
    if options.varies { vary(&appearance, &face, index) }
    if text.unicodeScalars.contains(where: \.isJoined) { appearance.letterSpacing = 0 }
    // `FontCatalog` guarantees at least one face with all letters.
    for _ in faces where text.unicodeScalars.contains(where: faces[face].lacking.contains) {
      face = (face + 1) % faces.count
    }
    return WordImage(text: text, face: face, appearance: appearance)
  }

  /// One word, or several with spaces between them; or the line of this number.
  private func text(_ number: Int, of pool: WordPool, _ random: inout KeyedRandom) -> String {
    if pool.isInOrder { return pool.groups[0][number % pool.count] }
    if options.words == 1...1 { return pool.draw(&random) }
    let count = draw(options.words, &random)
    return (0..<count).map { _ in pool.draw(&random) }.joined(separator: " ")
  }

  private func vary(_ appearance: inout WordAppearance, _ face: inout Int, _ index: Int) {
    var random = self.random(.outline, index)
    let nib = !thinFaces.isEmpty && random.chance(Self.nibShare)
    if nib { face = thinFaces[random.integer(below: thinFaces.count)] }
    appearance.variation = OutlineVariation(nib: nib, &random)
    if random.chance(0.5) { appearance.letterSpacing = random.uniform(-0.02, 0.12) * Float(appearance.size) }
  }

  /// The random numbers for the style of one image.
  package func styleRandom(_ index: Int) -> KeyedRandom { random(.style, index) }

  private func random(_ stream: SynthesisStream, _ index: Int) -> KeyedRandom {
    KeyedRandom(seed: options.seed, purpose: .synthesis, time: stream.rawValue, sample: UInt32(index))
  }

  private func draw(_ range: ClosedRange<Int>, _ random: inout KeyedRandom) -> Int {
    range.lowerBound + random.integer(below: range.count)
  }
}
