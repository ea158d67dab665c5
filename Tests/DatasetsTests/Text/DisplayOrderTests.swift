import Datasets
import Foundation
import Tensors
import Testing

/// Texts whose letters on a page have another order than in the text.
@Suite struct DisplayOrderTests {
  private static let mirrors = "()[]{}<>\u{AB}\u{BB}"

  /// A codec of the letters of a text, and of others that it may show on a page.
  private func codec(_ text: String, _ direction: TextDirection, others: String = mirrors) throws -> LabelCodec {
    LabelCodec(try Alphabet(texts: [text, others]), direction: direction)
  }

  /// The text in the order of the page.
  private func display(_ text: String, _ direction: TextDirection) throws -> String {
    let codec = try codec(text, direction)
    return codec.alphabet.decode(try codec.encode(text))
  }

  private func roundTrip(_ text: String, _ direction: TextDirection) throws -> String {
    let codec = try codec(text, direction)
    return codec.decode(try codec.encode(text))
  }

  private func expectSame(_ a: String, _ b: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(Array(a.unicodeScalars) == Array(b.unicodeScalars), sourceLocation: sourceLocation)
  }

  /// Expected is what the rules of Unicode Standard Annex 9 give, by hand.
  @Test(arguments: [
    ("abc 12", TextDirection.auto, "abc 12"), ("\u{5D0}\u{5D1}", .auto, "\u{5D1}\u{5D0}"),
    // A number keeps its order, and a Latin word; brackets are mirrored.
    ("\u{5D0}\u{5D1} 12-34 (xy)", .auto, "(xy) 12-34 \u{5D1}\u{5D0}"),
    ("\u{628}\u{62A} (12)", .auto, "(12) \u{62A}\u{628}"),
    ("abcd \u{5D0}\u{5D1}, \u{5D2}.", .auto, "abcd \u{5D2} ,\u{5D1}\u{5D0}."),
    ("ab \u{5D0}\u{5D1}.", .ltr, "ab \u{5D1}\u{5D0}."), ("ab \u{5D0}\u{5D1}.", .rtl, ".\u{5D1}\u{5D0} ab"),
    // Marks, ZWJ and ZWNJ stay at their letters.
    ("\u{628}\u{651}\u{64E}", .auto, "\u{64E}\u{651}\u{628}"),
    ("\u{645}\u{6CC}\u{200C}\u{62E}", .auto, "\u{62E}\u{200C}\u{6CC}\u{645}"),
    ("\u{628}\u{200D}", .auto, "\u{200D}\u{628}"),
    // After an Arabic letter, a hyphen divides numbers and a slash does not.
    ("\u{628} 12-05", .auto, "05-12 \u{628}"), ("\u{628} 12/05", .auto, "12/05 \u{628}"),
    ("\u{5D0} 12-05", .auto, "12-05 \u{5D0}"),
    ("\u{628} \u{661}\u{662},\u{663}", .auto, "\u{661}\u{662},\u{663} \u{628}"),
    // Syriac, Thaana, N'Ko and Adlam.
    ("\u{710}\u{712}", .auto, "\u{712}\u{710}"), ("\u{780}\u{7A6}\u{781}", .auto, "\u{781}\u{7A6}\u{780}"),
    ("\u{7CA}\u{7CB} \u{7C1}\u{7C2}", .auto, "\u{7C2}\u{7C1} \u{7CB}\u{7CA}"),
    ("\u{1E900}\u{1E901}", .auto, "\u{1E901}\u{1E900}"), ("", .auto, ""), ("(12)", .auto, "(12)"), ("(12", .rtl, "12)"),
    ("\u{5D0}\u{5D1} (", .ofThePage, "\u{5D0}\u{5D1} ("),
  ])
  func orderOfThePage(_ text: String, _ direction: TextDirection, _ display: String) throws {
    expectSame(try self.display(text, direction), display)
    expectSame(try roundTrip(text, direction), text)
    #expect(direction.loss(of: text) == nil)
  }

  /// Two texts that look the same: the one in the direction of most letters is read, and the other is bad.
  @Test func textsThatLookTheSame() throws {
    let (left, right) = ("ab \u{5D0}\u{5D1}\u{5D2}", "\u{5D0}\u{5D1}\u{5D2} ab")
    expectSame(try display(left, .auto), try display(right, .auto))
    expectSame(try roundTrip(right, .auto), right)
    #expect(TextDirection.auto.loss(of: left) == .looksLike(right))
    // With one base direction, they differ.
    for text in [left, right] {
      for direction in [TextDirection.ltr, .rtl] { expectSame(try roundTrip(text, direction), text) }
    }
    // A Latin word and a number between Hebrew words: a page does not tell which comes first.
    #expect(TextDirection.rtl.loss(of: "\u{5D0} 12 ab \u{5D1}") == .looksLike("\u{5D0} ab 12 \u{5D1}"))
  }

  /// No memory that is not its own is read for texts that no page has.
  @Test func manyEmbeddings() throws {
    for controls in ["\u{2067}", "\u{202E}", "\u{202B}\u{2066}", "\u{2067}\u{202E}\u{202C}"] {
      let text = String(repeating: controls + "\u{5D0}a", count: 400)
      let codec = try codec(text, .auto)
      expectSame(codec.decode(try codec.encode(text)), text)
      #expect(TextDirection.auto.loss(of: text) == .isTooDeep)
    }
    #expect(TextDirection.auto.loss(of: String(repeating: "\u{2067}\u{5D0}", count: 60)) != .isTooDeep)
  }

  /// Confidences and positions belong to letters of the text by their places in the label.
  @Test func placesOfLetters() throws {
    let codec = try codec("\u{5D0}\u{5D1} 12", .auto)
    let decoded = codec.decodeWithPlaces([0] + (try codec.encode("\u{5D0}\u{5D1} 12")))
    #expect(decoded.text == "\u{5D0}\u{5D1} 12" && decoded.places == [5, 4, 3, 1, 2])
    let plain = LabelCodec(try Alphabet(texts: ["ab"]), direction: .auto).decodeWithPlaces([2, 0, 1])
    #expect(plain.text == "ba" && plain.places == [0, 2])
  }

  /// The alphabet has the letters as a page shows them.
  @Test func bracketsOfTheAlphabet() throws {
    let text = "\u{5D0} (\u{5D1}"
    let alphabet = try Alphabet(texts: [text], direction: .auto)
    #expect(alphabet.contains(")") && !alphabet.contains("("))
    let codec = LabelCodec(alphabet, direction: .auto)
    #expect(codec.contains(text) && !codec.contains("(x"))
    expectSame(codec.decode(try codec.encode(text)), text)
    let settings = TextSettings()
    #expect(settings.settled(for: alphabet).direction == .auto)
    #expect(settings.settled(for: try Alphabet(texts: ["a\u{DC3}("])).direction == nil)
  }

  /// Whatever a network reads becomes a text of the same letters, but for brackets that are mirrored.
  @Test func whatNetworksMayRead() throws {
    let letters =
      "ab1\u{5D0}\u{5D1}\u{628}\u{62A}\u{661} ()-,.\u{64E}\u{200C}\u{200D}\u{200F}\u{202B}\u{202C}\u{2067}\u{2069}\u{E000}"
    let codec = try codec(letters, .auto)
    var random = KeyedRandom(seed: 3, purpose: .test)
    for direction in [TextDirection.auto, .ltr, .rtl] {
      let codec = LabelCodec(codec.alphabet, direction: direction)
      for _ in 0..<3000 {
        let label = (0..<random.integer(below: 12)).map { _ in
          Int32(1 + random.integer(below: codec.alphabet.scalars.count))
        }
        let decoded = codec.decodeWithPlaces(label)
        #expect(decoded.places.sorted() == Array(label.indices))
        // A text that is read can be trained on, as itself or as one that looks the same.
        let again = codec.decode(try codec.encode(decoded.text))
        switch direction.loss(of: decoded.text) {
        case nil: expectSame(again, decoded.text)
        case .looksLike(let other): expectSame(again, other)
        case .isNotFound: #expect(again.unicodeScalars.count == label.count)
        case .isTooDeep: Issue.record("too deep")
        }
      }
    }
  }

  /// Unicode's own test of the algorithm, which Debian's package unicode-data has.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/unicode/BidiCharacterTest.txt")))
  func conformance() throws {
    func lines(_ name: String) throws -> [Substring] {
      try String(contentsOfFile: "/usr/share/unicode/\(name).txt", encoding: .utf8).split(separator: "\n")
    }
    func scalar(_ text: some StringProtocol) -> Unicode.Scalar? {
      UInt32(text.trimmingCharacters(in: .whitespaces), radix: 16).flatMap(Unicode.Scalar.init)
    }
    var mirrors: [Unicode.Scalar: Unicode.Scalar] = [:]
    for line in try lines("BidiMirroring") where !line.hasPrefix("#") {
      let fields = line.prefix { $0 != "#" }.split(separator: ";")
      if fields.count == 2, let from = scalar(fields[0]), let to = scalar(fields[1]) { mirrors[from] = to }
    }
    var (count, ambiguous) = (0, 0)
    for line in try lines("BidiCharacterTest") where !line.hasPrefix("#") {
      let fields = line.split(separator: ";", omittingEmptySubsequences: false)
      let text = fields[0].split(separator: " ").compactMap(scalar)
      // Texts with separators of lines or columns are bad records.
      if text.contains(where: { $0 == "\u{2029}" || $0.properties.generalCategory == .control }) { continue }
      let direction: TextDirection = fields[1] == "0" ? .ltr : fields[1] == "1" ? .rtl : .auto
      let levels = fields[3].split(separator: " ").map { Int($0) }
      let order = fields[4].split(separator: " ").compactMap { Int($0) }
      let expected = order.map { levels[$0]! % 2 == 1 ? mirrors[text[$0]] ?? text[$0] : text[$0] }
      let removed = Set(zip(text, levels).filter { $1 == nil }.map(\.0))
      var view = String.UnicodeScalarView()
      view.append(contentsOf: text)
      let string = String(view)
      let others = String(String.UnicodeScalarView(text.compactMap { mirrors[$0] }))
      let codec = try codec(string, direction, others: others.isEmpty ? "x" : others)
      let found = codec.alphabet.decode(try codec.encode(string)).unicodeScalars.filter { !removed.contains($0) }
      #expect(Array(found) == expected.filter { !removed.contains($0) }, "\(line)")
      count += 1
      if direction.loss(of: string) != nil { ambiguous += 1 }
    }
    #expect(count > 90_000)
    #expect(ambiguous < 5_500, "texts that are refused, as they look like another")
  }
}
