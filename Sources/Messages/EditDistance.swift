/// Levenshtein's edit distance: the fewest insertions, deletions and substitutions that turn one sequence into another.
package enum EditDistance {
  /// Wagner and Fischer 1974 with one row of the shorter length. Common prefixes and suffixes are removed first, so
  /// that good predictions cost little. Time O(a * b), memory O(min(a, b)).
  package static func distance<Element: Equatable>(_ a: [Element], _ b: [Element]) -> Int {
    var (long, short) = a.count >= b.count ? (a[...], b[...]) : (b[...], a[...])
    while let x = long.first, let y = short.first, x == y {
      long.removeFirst()
      short.removeFirst()
    }
    while let x = long.last, let y = short.last, x == y {
      long.removeLast()
      short.removeLast()
    }
    guard !short.isEmpty else { return long.count }
    let columns = Array(short)
    // row[j] is the distance between the part of `long` read so far and the first j elements of `short`.
    var row = Array(0...columns.count)
    for element in long {
      var diagonal = row[0]
      row[0] += 1
      for j in columns.indices {
        let substituted = diagonal + (columns[j] == element ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
      }
    }
    return row[columns.count]
  }
}
