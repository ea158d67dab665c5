/// What a coarse copy of an image tells of its writing. The copy has 24 to 47 rows, or columns if these are fewer:
/// noise of the paper is averaged away, strokes remain.
package struct InkSurvey {
  /// Whether no ink stands out from the paper.
  package private(set) var isBlank = false
  /// Whether only bars from side to side are on it.
  package private(set) var isBarsOnly = false
  /// Whether the larger part of the image is dark, and the strokes are lighter than what surrounds them.
  package private(set) var isInverted = false
  /// Columns of the image that hold ink; gaps do not count.
  package private(set) var inkColumns = 0

  /// Least difference of a stroke from its surroundings, in gray values. The faintest of 2700 rendered words and lines has 45;
  /// noise of paper with a standard deviation of 5 has 18.
  private static let leastContrast = 24
  /// Mean difference of neighbors, as a part of the standard deviation of local contrasts: 1 for white noise, 0.1 to
  /// 0.71 for writing, 0.01 for bars.
  private static let mostRoughness = 0.85
  /// The greatest contrast of noise: stronger dots may be tiny writing.
  private static let mostNoise = 128
  private static let leastRoughness = 0.03
  /// Least skewness of local contrasts of light strokes. Dark ones have -2.7 to 0.15.
  private static let leastSkewness = 0.2

  package init(_ image: GrayImage) {
    let copy = CoarseCopy(image)
    let contrasts = LocalContrasts(copy)
    isBlank =
      contrasts.greatest < InkSurvey.leastContrast
      || contrasts.greatest < InkSurvey.mostNoise
        && min(contrasts.acrossRoughness, contrasts.downRoughness)
          > InkSurvey.mostRoughness
    guard !isBlank else { return }
    isBarsOnly = contrasts.acrossRoughness < InkSurvey.leastRoughness
    let (threshold, darkPart) = copy.threshold()
    isInverted = darkPart > 0.5 && contrasts.skewness > InkSurvey.leastSkewness
    inkColumns = min(image.width, copy.factor * copy.inkColumns(threshold, isInverted: isInverted))
  }
}

/// Means of squares of an image's pixels.
private struct CoarseCopy {
  /// Pixels of a square's side.
  let factor: Int
  let width: Int
  let height: Int
  let values: [UInt8]
  /// Rows from one that is counted to the next.
  var stride: Int { height < 24 ? 1 : 2 }

  init(_ image: GrayImage) {
    // The sum of 257 pixels fits into 16 bits.
    factor = min(257, max(1, min(image.width, image.height) / 24))
    (width, height) = (image.width / factor, image.height / factor)
    values = factor == 1 ? image.pixels : CoarseCopy.means(image, width: width, height: height, factor: factor)
  }

  private static func means(_ image: GrayImage, width: Int, height: Int, factor: Int) -> [UInt8] {
    // One divided by the square's area, and a half, with 32 binary places.
    let (part, half) = (UInt64(1 << 32) / UInt64(factor * factor), UInt64(1 << 31))
    return [UInt8](unsafeUninitializedCapacity: width * height) { values, count in
      count = width * height
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: image.width) { sums in
        image.pixels.withUnsafeBufferPointer { pixels in
          for y in 0..<height {
            sums.initialize(repeating: 0)
            for row in y &* factor..<(y &+ 1) &* factor {
              let start = row &* image.width
              for x in 0..<image.width { sums[x] &+= UInt16(pixels[start &+ x]) }
            }
            for x in 0..<width {
              var sum: UInt64 = 0
              for i in 0..<factor { sum &+= UInt64(sums[x &* factor &+ i]) }
              values[y &* width &+ x] = UInt8(truncatingIfNeeded: (sum &* part &+ half) &>> 32)
            }
          }
        }
      }
    }
  }

  /// Otsu's threshold: the value that separates dark from light best; and the part of the squares that is dark.
  func threshold() -> (value: UInt8, darkPart: Double) {
    var counts = [Int](repeating: 0, count: 256)
    var total = 0.0
    values.withUnsafeBufferPointer { values in
      counts.withUnsafeMutableBufferPointer { counts in
        for y in Swift.stride(from: 0, to: height, by: stride) {
          for place in y &* width..<(y &+ 1) &* width { counts[Int(values[place])] &+= 1 }
          total += Double(width)
        }
      }
    }
    let mean = counts.indices.reduce(0.0) { $0 + Double($1 * counts[$1]) } / total
    var (part, moment) = (0.0, 0.0)
    var best = (value: 0, darkPart: 0.0, separation: -1.0)
    for value in counts.indices where counts[value] > 0 {
      part += Double(counts[value]) / total
      moment += Double(value * counts[value]) / total
      guard part < 1 else { break }
      let separation = (mean * part - moment) * (mean * part - moment) / (part * (1 - part))
      if separation > best.separation { best = (value, part, separation) }
    }
    return (UInt8(best.value), best.darkPart)
  }

  /// The number of columns whose darkest square is not above a value, or whose lightest one is, if `isInverted`.
  func inkColumns(_ threshold: UInt8, isInverted: Bool) -> Int {
    var extremes = [UInt8](repeating: isInverted ? 0 : 255, count: width)
    extremes.withUnsafeMutableBufferPointer { extremes in
      values.withUnsafeBufferPointer { values in
        for y in 0..<height {
          let row = y &* width
          if isInverted {
            for x in 0..<width { extremes[x] = max(extremes[x], values[row &+ x]) }
          } else {
            for x in 0..<width { extremes[x] = min(extremes[x], values[row &+ x]) }
          }
        }
      }
    }
    return extremes.count { ($0 <= threshold) != isInverted }
  }
}

/// Differences of squares from what surrounds them: uneven light leaves no trace in them.
private struct LocalContrasts {
  /// The greatest absolute one, after the greatest 0.2 %.
  private(set) var greatest = 0
  /// Mean difference of neighbors in a row, as a part of the contrasts' standard deviation.
  private(set) var acrossRoughness = 0.0
  /// The same in a column.
  private(set) var downRoughness = 0.0
  /// Negative for dark strokes on light paper.
  private(set) var skewness = 0.0

  /// Squares between a square and its surroundings: more than the width of a stroke.
  private static let distance = 4

  init(_ copy: CoarseCopy) {
    var counts = [Int](repeating: 0, count: 511)
    let (across, down) = copy.values.withUnsafeBufferPointer { values in
      counts.withUnsafeMutableBufferPointer { LocalContrasts.count(values, copy, $0) }
    }
    let count = counts.reduce(0, +)
    var passed = count < 100 ? 0 : max(2, count / 500)
    greatest =
      (0...255).last { contrast in
        passed -= counts[255 + contrast] + (contrast == 0 ? 0 : counts[255 - contrast])
        return passed < 0
      } ?? 0
    var (squares, cubes) = (0.0, 0.0)
    for (place, count) in counts.enumerated() {
      let contrast = Double(place - 255)
      squares += Double(count) * contrast * contrast
      cubes += Double(count) * contrast * contrast * contrast
    }
    guard squares > 0 else { return }
    let deviation = (squares / Double(count)).squareRoot()
    skewness = cubes / Double(count) / (deviation * deviation * deviation)
    acrossRoughness = Double(across) / Double(max(1, count - count / copy.width)) / deviation
    downRoughness = Double(down) / Double(count) / deviation
  }

  /// Counts each contrast, from -255; returns the sums of the differences of neighbors, in rows and in columns.
  private static func count(
    _ values: UnsafeBufferPointer<UInt8>, _ copy: CoarseCopy, _ counts: UnsafeMutableBufferPointer<Int>
  ) -> (across: Int, down: Int) {
    let (width, height) = (copy.width, copy.height)
    var (across, down) = (0, 0)
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: width) { contrasts in
      for y in stride(from: 0, to: height, by: copy.stride) {
        let row = y &* width
        let above = max(0, y &- distance) &* width
        let below = min(height &- 1, y &+ distance) &* width
        func contrast(_ x: Int, _ left: Int, _ right: Int) -> Int16 {
          let around =
            Int16(values[row &+ left]) &+ Int16(values[row &+ right]) &+ Int16(values[above &+ x])
            &+ Int16(values[below &+ x])
          return Int16(values[row &+ x]) &- (around &+ 2) &>> 2
        }
        let inner = min(distance, width)..<max(min(distance, width), width &- distance)
        for x in 0..<inner.lowerBound { contrasts[x] = contrast(x, 0, min(width &- 1, x &+ distance)) }
        for x in inner { contrasts[x] = contrast(x, x &- distance, x &+ distance) }
        for x in inner.upperBound..<width { contrasts[x] = contrast(x, max(0, x &- distance), width &- 1) }
        for x in 0..<width { counts[Int(contrasts[x]) &+ 255] &+= 1 }
        // The last row has the one above it as its neighbor.
        let next = (y &+ 1 < height ? y &+ 1 : max(0, y &- 1)) &* width
        across += difference(values, row &+ 1, row, max(0, width &- 1))
        down += difference(values, next, row, width)
      }
    }
    return (across, down)
  }

  /// The sum of the absolute differences of `count` values from two places.
  private static func difference(_ values: UnsafeBufferPointer<UInt8>, _ a: Int, _ b: Int, _ count: Int) -> Int {
    var sum: UInt32 = 0
    for x in 0..<count {
      let (one, other) = (values[a &+ x], values[b &+ x])
      sum &+= UInt32(max(one, other) &- min(one, other))
    }
    return Int(sum)
  }
}
