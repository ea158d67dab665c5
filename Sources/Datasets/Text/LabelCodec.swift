/// Texts as the classes of a network, and back.
///
/// Texts are in logical order: as they are written, spoken and stored. Classes are in the order of the page from left to right, in
/// which the network sees the letters, see ``DisplayOrder``.
package struct LabelCodec: Sendable, Equatable {
  package let alphabet: Alphabet
  /// nil is that texts are in the order of the page.
  package let direction: TextDirection?
  /// Whether letters of the alphabet may run from right to left.
  private let hasRightToLeft: Bool

  /// - Parameter direction: nil and `ofThePage` are the same.
  package init(_ alphabet: Alphabet, direction: TextDirection?) {
    self.alphabet = alphabet
    self.direction = direction == .ofThePage ? nil : direction
    hasRightToLeft = alphabet.mayRunRightToLeft
  }

  /// A text that was read.
  package struct DecodedText: Equatable, Sendable {
    package let text: String
    /// The index in the label of each scalar of the text.
    package let places: [Int]
  }

  // MARK: - To classes

  /// The classes of a text, which follows the model's ``TextPolicy``.
  package func encode(_ text: String) throws(Alphabet.UnknownScalars) -> [Int32] {
    try alphabet.encode(displayOrder(of: text))
  }

  /// The classes of a text, `unknown` for scalars that the alphabet lacks.
  package func encode(_ text: String, unknown: Int32) -> [Int32] {
    alphabet.encode(displayOrder(of: text), unknown: unknown)
  }

  /// The classes of a text; scalars that the alphabet lacks are omitted.
  package func encodeKnown(_ text: String) -> [Int32] { alphabet.encodeKnown(displayOrder(of: text)) }

  private func displayOrder(of text: String) -> String { direction?.displayOrder(of: text) ?? text }

  /// Whether the alphabet has all letters of a text.
  package func contains(_ text: String) -> Bool { displayOrder(of: text).unicodeScalars.allSatisfy(alphabet.contains) }

  // MARK: - To texts

  /// The text of classes 1 ... scalars.count; the blank gives no text.
  package func decode(_ label: some Collection<Int32>) -> String {
    turns(label) ? decodeWithPlaces(label).text : alphabet.decode(label)
  }

  /// The text of a label, with the places of its letters in the label.
  package func decodeWithPlaces(_ label: some Collection<Int32>) -> DecodedText {
    let letters = label.enumerated().filter { $0.element != 0 }
    guard turns(label), let order = direction?.order else {
      return DecodedText(text: alphabet.decode(label), places: letters.map(\.offset))
    }
    let line = order.text(letters.map { alphabet.scalars[Int($0.element) - 1].value }).line
    return DecodedText(text: String(scalars: line.letters), places: line.sources.map { letters[$0].offset })
  }

  /// Whether the order of a label's letters may differ from that of its text.
  private func turns(_ label: some Collection<Int32>) -> Bool {
    switch direction {
    case .rtl: true
    case .auto, .ltr: hasRightToLeft
    case .ofThePage, nil: false
    }
  }
}

extension TextDirection {
  /// nil if texts are in the order of the page.
  fileprivate var order: DisplayOrder? {
    switch self {
    case .auto: DisplayOrder(.auto)
    case .ltr: DisplayOrder(.leftToRight)
    case .rtl: DisplayOrder(.rightToLeft)
    case .ofThePage: nil
    }
  }

  /// The text in the order of the page.
  func displayOrder(of text: String) -> String {
    guard let order, self == .rtl || text.mayRunRightToLeft else { return text }
    return String(scalars: order.display(text.unicodeScalars.map(\.value)).letters)
  }

  /// Why a text would not come back from the order of the page.
  package enum Loss: Equatable, Sendable {
    /// Another text looks the same, and would be read.
    case looksLike(String)
    /// No text is found for what the page shows.
    case isNotFound
    /// The text begins more embeddings than are followed.
    case isTooDeep
  }

  /// Why a text would not come back from the order of the page; nil if it does.
  package func loss(of text: String) -> Loss? {
    guard let order, self == .rtl || text.mayRunRightToLeft else { return nil }
    let letters = text.unicodeScalars.map(\.value)
    guard DisplayOrder.canFollow(letters) else { return .isTooDeep }
    let (back, isFound) = order.text(order.display(letters).letters)
    if back.letters == letters { return nil }
    return isFound ? .looksLike(String(scalars: back.letters)) : .isNotFound
  }
}

extension Alphabet {
  /// Whether letters may run from right to left.
  package var mayRunRightToLeft: Bool { scalars.contains(where: \.mayRunRightToLeft) }
}

extension String {
  /// Whether letters may run from right to left.
  fileprivate var mayRunRightToLeft: Bool {
    // U+0590 and all above take at least two bytes, of which the first is 0xD6 or more.
    utf8.contains { $0 >= 0xD6 } && unicodeScalars.contains(where: \.mayRunRightToLeft)
  }

  /// A text of valid scalars.
  fileprivate init(scalars: [UInt32]) {
    var view = UnicodeScalarView()
    for value in scalars { if let scalar = Unicode.Scalar(value) { view.append(scalar) } }
    self.init(view)
  }
}
