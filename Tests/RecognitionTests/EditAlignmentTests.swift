import Messages
import Recognition
import Tensors
import Testing

@Suite struct EditAlignmentTests {
  @Test func hasAsManyEditsAsTheDistance() {
    var random = KeyedRandom(seed: 1, purpose: .test)
    for _ in 0..<300 {
      let texts = (0..<2).map { _ in (0..<random.integer(below: 9)).map { _ in random.integer(below: 3) } }
      let edits = EditAlignment(reference: texts[0], prediction: texts[1]).edits
      #expect(edits.count == EditDistance.distance(texts[0], texts[1]), "\(texts)")
      let (lost, added) = (edits.count { $0.prediction == nil }, edits.count { $0.reference == nil })
      #expect(texts[0].count - lost + added == texts[1].count, "\(texts)")
      #expect(edits.allSatisfy { $0.reference != $0.prediction })
    }
  }

  @Test func saysWhatBecameWhat() {
    func edits(_ reference: String, _ prediction: String) -> [String] {
      EditAlignment(reference: Array(reference), prediction: Array(prediction)).edits.map { edit in
        "\(edit.reference.map(String.init) ?? "")>\(edit.prediction.map(String.init) ?? "")"
      }
    }
    #expect(edits("kitten", "sitting") == ["k>s", "e>i", ">g"])
    #expect(edits("abc", "") == ["a>", "b>", "c>"])
    #expect(edits("", "ab") == [">a", ">b"])
    #expect(edits("abcd", "acd") == ["b>"])
    #expect(edits("same", "same") == [])
  }
}
