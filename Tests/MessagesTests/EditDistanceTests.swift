import Messages
import Tensors
import Testing

/// The definition, without memory of partial results.
private func naive(_ a: ArraySlice<Int>, _ b: ArraySlice<Int>) -> Int {
  guard let x = a.last else { return b.count }
  guard let y = b.last else { return a.count }
  let substituted = naive(a.dropLast(), b.dropLast()) + (x == y ? 0 : 1)
  return min(substituted, naive(a.dropLast(), b) + 1, naive(a, b.dropLast()) + 1)
}

@Suite struct EditDistanceTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("a", "a", 0), ("a", "b", 1), ("kitten", "sitting", 3), ("saturday", "sunday", 3),
    ("intention", "execution", 5), ("abc", "cab", 2), ("aaaa", "aa", 2), ("ab", "ba", 2), ("abcdef", "azcdxf", 2),
    ("xabcdx", "xcdabx", 4), ("සිංහල", "සිහල", 1),
  ])
  func knownPairs(_ a: String, _ b: String, _ expected: Int) {
    let (x, y) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
    #expect(EditDistance.distance(x, y) == expected)
    #expect(EditDistance.distance(y, x) == expected)
  }

  @Test func agreesWithTheDefinition() {
    var random = KeyedRandom(seed: 5, purpose: .test)
    for _ in 0..<600 {
      let letters = 1 + random.integer(below: 4)
      func sequence() -> [Int] {
        (0..<random.integer(below: 7)).map { _ in random.integer(below: letters) }
      }
      let (a, b) = (sequence(), sequence())
      #expect(EditDistance.distance(a, b) == naive(a[...], b[...]), "\(a) \(b)")
    }
  }

  @Test func longSequences() {
    let a = (0..<1500).map { $0 % 7 }
    #expect(EditDistance.distance(a, a.map { $0 + 7 }) == 1500)
    #expect(EditDistance.distance(a, Array(a.dropFirst(3).dropLast(2))) == 5)
  }
}
