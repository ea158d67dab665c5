import Foundation
import Messages
import Testing
import Typesetting

@Suite struct SinhalaWordsTests {
  @Test func enoughWordsEachOnce() {
    let words = SinhalaWords.all
    #expect(words.count >= 1500)
    #expect(Set(words.map { Array($0.unicodeScalars) }).count == words.count)
  }

  @Test func wordsAreNFCAndValid() {
    for word in SinhalaWords.all {
      #expect(
        Array(word.precomposedStringWithCanonicalMapping.unicodeScalars) == Array(word.unicodeScalars), "\(word) in NFC"
      )
      #expect(SinhalaOrthography.problem(in: word) == nil, "\(word)")
      #expect(word.unicodeScalars.allSatisfy { (0x0D80...0x0DFF).contains($0.value) || $0.value == 0x200D }, "\(word)")
    }
  }

  /// Letters that Sinhala still uses; the archaic ones come from the generator.
  @Test func wordsUseTheLivingLetters() {
    let used = Set(SinhalaWords.all.flatMap(\.unicodeScalars))
    let living =
      "අආඇඈඉඊඋඌඍඑඒඔඕඖ" + "කඛගඝඟචඡජඤඥටඨඩඪණඬතථදධනඳපඵබභමඹයරලවශෂසහළෆ"
      + "\u{0DCF}\u{0DD0}\u{0DD1}\u{0DD2}\u{0DD3}\u{0DD4}\u{0DD6}\u{0DD8}\u{0DD9}\u{0DDA}\u{0DDB}\u{0DDC}\u{0DDD}"
      + "\u{0DCA}\u{0D82}"
    let missing = living.unicodeScalars.filter { !used.contains($0) }
    #expect(missing.map(\.codePoint) == [])
  }
}

@Suite struct SinhalaOrthographyTests {
  @Test(arguments: ["අම්මා", "ශ්‍රී", "ක්‍ෂ්‍ය", "ලංකාව", "දුඃඛ", "ඍතු", "ර්‍ම"])
  func validWords(word: String) {
    #expect(SinhalaOrthography.problem(in: word) == nil)
  }

  @Test(arguments: [
    "", "\u{0DCF}ක", "\u{0D82}ක", "\u{0DCA}ක", "\u{200D}ක",  // nothing to stand on
    "ක\u{0DCF}\u{0DD2}", "ක\u{0DCF}\u{0DCA}", "අ\u{0DCF}", "ක\u{0DCA}\u{0DCF}",  // a sign on a sign, vowel or al-lakuna
    "ක\u{200D}ර", "ක\u{0DCA}\u{200D}", "ක\u{0DCA}\u{200D}අ", "ක\u{0DCA}\u{200D}\u{200D}ර",  // misplaced joiner
    "ක\u{0DCA}\u{0D82}", "කං\u{0D82}", "a", "ක1", "\u{0DB2}", "\u{0DD5}", "க",  // other
  ])
  func invalidWords(word: String) {
    #expect(SinhalaOrthography.problem(in: word) != nil)
  }

  @Test func inventory() {
    #expect(SinhalaOrthography.independentVowels.count == 18)
    #expect(SinhalaOrthography.consonants.count == 41)
    #expect(SinhalaOrthography.vowelSigns.count == 17)
  }
}
