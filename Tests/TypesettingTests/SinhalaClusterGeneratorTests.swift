import Foundation
import Messages
import Testing
import Typesetting

@Suite struct SinhalaClusterGeneratorTests {
  private let words = SinhalaClusterGenerator(seed: 7).words(count: 400)

  @Test func wordsAreDistinctAndValid() {
    #expect(words.count == 400)
    #expect(Set(words.map { Array($0.unicodeScalars) }).count == 400)
    for word in words {
      #expect(SinhalaOrthography.problem(in: word) == nil, "\(word)")
      #expect(Array(word.precomposedStringWithCanonicalMapping.unicodeScalars) == Array(word.unicodeScalars), "\(word)")
      let first = word.unicodeScalars.first!
      #expect(!SinhalaOrthography.prenasalized.contains(first), "\(word)")
    }
  }

  @Test func everyLetterSignAndConjunctOccurs() {
    let used = Set(words.flatMap(\.unicodeScalars))
    let letters =
      SinhalaOrthography.independentVowels + SinhalaOrthography.consonants + SinhalaOrthography.vowelSigns
      + [
        SinhalaOrthography.alLakuna, SinhalaOrthography.anusvara, SinhalaOrthography.visarga,
        SinhalaOrthography.zeroWidthJoiner,
      ]
    #expect(letters.filter { !used.contains($0) }.map(\.codePoint) == [])
    for conjunct in SinhalaClusterGenerator.conjuncts {
      #expect(words.contains { contains($0, conjunct) }, "\(conjunct)")
    }
  }

  @Test func conjunctsHoldTheCommonOnes() {
    let known = Set(SinhalaClusterGenerator.conjuncts.map { Array($0.unicodeScalars) })
    for conjunct in ["ක්‍ර", "ප්‍ර", "ශ්‍ර", "ක්‍ය", "ව්‍ය", "ධ්‍ය", "ර්‍ම", "ක්‍ෂ", "ත්‍ව", "න්‍ද", "ද්‍ධ"] {
      #expect(known.contains(Array(conjunct.unicodeScalars)), "\(conjunct)")
    }
  }

  @Test func dependsOnTheSeedOnly() {
    #expect(SinhalaClusterGenerator(seed: 7).words(count: 400) == words)
    #expect(SinhalaClusterGenerator(seed: 8).words(count: 400) != words)
  }

  @Test func excludedWordsDoNotOccur() {
    let others = SinhalaClusterGenerator(seed: 7).words(count: 400, excluding: words)
    #expect(Set(others).isDisjoint(with: words))
  }

  private func contains(_ word: String, _ part: String) -> Bool {
    let (word, part) = (Array(word.unicodeScalars), Array(part.unicodeScalars))
    guard word.count >= part.count else { return false }
    return (0...word.count - part.count).contains { Array(word[$0..<$0 + part.count]) == part }
  }
}
