/// Counts of whole numbers in bins of equal, round size.
package enum Histogram {
  /// The count of numbers in `lower ..< upper`.
  package struct Bin: Sendable, Equatable, Codable {
    package let lower: Int
    package let upper: Int
    package let count: Int
  }

  /// At most 16 bins, from the smallest to the largest number; none may be negative.
  /// - Parameter size: the smallest size of a bin; larger bins are this times a power of 2.
  static func bins(of values: [Int], atLeast size: Int) -> [Bin] {
    guard let least = values.min(), let most = values.max() else { return [] }
    var size = size
    while most / size - least / size >= 16 { size *= 2 }
    let first = least / size
    var counts = [Int](repeating: 0, count: most / size - first + 1)
    for value in values { counts[value / size - first] += 1 }
    return counts.enumerated().map { Bin(lower: (first + $0) * size, upper: (first + $0 + 1) * size, count: $1) }
  }

  /// A line for each bin, with a bar.
  static func lines(_ bins: [Bin]) -> [String] {
    let tallest = bins.map(\.count).max() ?? 1
    return bins.map { bin in
      let bar = String(repeating: "#", count: (40 * bin.count + tallest - 1) / tallest)
      let range = "\(bin.lower)".padded(to: 6) + " - " + "\(bin.upper - 1)".padded(to: 6)
      return "  \(range)\("\(bin.count)".padded(to: 10))\(bar.isEmpty ? "" : "  " + bar)"
    }
  }
}

extension String {
  /// The ASCII text, left-padded with spaces.
  func padded(to width: Int) -> String { String(repeating: " ", count: max(0, width - utf8.count)) + self }
}
