import Images

/// What was read in a line of a page. All points are pixels of the page, as the page's file counts them.
package struct LineTranscript: Equatable, Sendable {
  /// A word, or a letter: a part of the text, the probability that it is right, and its place.
  package struct Part: Equatable, Sendable {
    package let text: String
    package let confidence: Double
    /// A polygon, clockwise as the letters stand.
    package let polygon: [PagePoint]

    package init(text: String, confidence: Double, polygon: [PagePoint]) {
      (self.text, self.confidence, self.polygon) = (text, confidence, polygon)
    }
  }

  package let text: String
  /// The probability that the whole text is right.
  package let confidence: Double
  /// The words, in the order of the text.
  package let words: [Part]
  /// The Unicode scalars of the text, each where the network saw it.
  package let letters: [Part]

  package init(text: String, confidence: Double, words: [Part], letters: [Part] = []) {
    (self.text, self.confidence, self.words, self.letters) = (text, confidence, words, letters)
  }

  /// The ranges of the words of a text, by the places of its scalars: what white space separates that a line can be broken at.
  package static func words(of text: String) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    var count = 0
    for scalar in text.unicodeScalars {
      let isSpace = scalar.properties.isWhitespace && !["\u{A0}", "\u{2007}", "\u{202F}"].contains(scalar)
      if !isSpace && start == nil { start = count }
      if isSpace, let first = start {
        words.append(first..<count)
        start = nil
      }
      count += 1
    }
    if let start { words.append(start..<count) }
    return words
  }
}

/// The forms in which pages are written.
package enum PageFormat: String, CaseIterable, Sendable {
  case page, alto, hocr, text, jsonl

  /// The form of a page's own file.
  package init(_ schema: PageDocument.Schema) { self = schema == .page ? .page : .alto }

  /// The end of the name of a file, with its dot.
  package var suffix: String {
    switch self {
    case .page, .alto: ".xml"
    case .hocr: ".hocr"
    case .text: ".txt"
    case .jsonl: ".jsonl"
    }
  }
}

/// A page with the texts of its lines, to be written.
package struct PageTranscript: Sendable {
  /// The name of the page's file, in messages and in JSON.
  package let name: String
  package let document: PageDocument
  /// The page's file, from which `document` was read.
  let source: [UInt8]
  /// One for each line of `document`; nil for one that was not read, which keeps what it has.
  package let lines: [LineTranscript?]

  package init(_ page: PageToRead, lines: [LineTranscript?]) {
    self.init(name: page.path, page.document, source: page.bytes, lines: lines)
  }

  package init(name: String, _ document: PageDocument, source: [UInt8], lines: [LineTranscript?]) {
    (self.name, self.document, self.source, self.lines) = (name, document, source, lines)
    precondition(lines.count == document.lines.count)
  }

  /// The file.
  ///
  /// - Parameters:
  ///   - format: nil is that of the page's own file, which is kept but for the lines' texts and words.
  ///   - time: when it is written, as `2026-01-31T12:00:00`.
  /// - Throws: ``DataSetError`` that names the page.
  package func written(as format: PageFormat?, time: String) throws(DataSetError) -> [UInt8] {
    let own = PageFormat(document.schema)
    switch format ?? own {
    case own:
      let lines = zip(document.lines, lines).map { (line: $0, transcript: $1) }
      var filler = try PageFiller(source, document.schema, path: name, lines: lines, size: document.size)
      return filler.filled(time: time)
    case .page: return try filled(PageSkeleton(document, time: time), .page, time)
    case .alto: return try filled(PageSkeleton(document, time: time), .alto, time)
    case .hocr: return Array(hocr.utf8)
    case .text: return Array(text.utf8)
    case .jsonl: return Array(jsonLines.utf8)
    }
  }

  /// A new file of another schema. Lines that stand nowhere are not in it.
  private func filled(
    _ skeleton: PageSkeleton, _ schema: PageDocument.Schema, _ time: String
  ) throws(DataSetError) -> [UInt8] {
    let lines = skeleton.places.map { (line: document.lines[$0], transcript: self.lines[$0]) }
    let text = schema == .page ? skeleton.page : skeleton.alto
    var filler = try PageFiller(Array(text.utf8), schema, path: name, lines: lines, size: document.size)
    return filler.filled(time: time)
  }
}
