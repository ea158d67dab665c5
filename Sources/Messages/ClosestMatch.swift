/// The candidate with the smallest edit distance to `word`, if it is near enough to be a typing error.
package func closestMatch(to word: String, among candidates: [String]) -> String? {
  let letters = Array(word.lowercased().unicodeScalars)
  let distances = candidates.map { (EditDistance.distance(letters, Array($0.lowercased().unicodeScalars)), $0) }
  return distances.filter { $0.0 <= max(2, letters.count / 3) }.min { $0.0 < $1.0 }?.1
}
