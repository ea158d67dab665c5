/// The words that some face can draw: of several faces, each word in the first that has its letters.
package struct DrawableWords {
  /// In the order of the words.
  package let good: [String]
  package let bad: Int
  /// What is wrong with up to ten words.
  package let problems: [String]

  /// - Parameter faces: with the letters that each has; nil takes every installed face of Noto and Gemunu Libre.
  /// - Throws: `TypesettingError.font`.
  package init(_ words: [String], faces named: [FontFace]?) throws(TypesettingError) {
    let letters = Set(words.lazy.flatMap(\.unicodeScalars))
    let faces: [(face: FontFace, letters: Set<Unicode.Scalar>)]
    if let named {
      let renderer = try WordRenderer(faces: named)
      faces = named.indices.map { i in (named[i], letters.filter { renderer.has($0, face: i) }) }
    } else {
      faces = FontCatalog.installed(with: letters)
    }
    var byFace: [[String]] = faces.map { _ in [] }
    var problems: [String] = []
    var lacking = 0
    for word in words {
      let needed = word.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }
      if let index = faces.firstIndex(where: { face in needed.allSatisfy(face.letters.contains) }) {
        byFace[index].append(word)
      } else {
        lacking += 1
        if problems.count < 5 { problems.append("\"\(word.prefix(40))\": no font has all its letters") }
      }
    }
    var good: Set<[UInt8]> = []
    for (words, face) in zip(byFace, faces) where !words.isEmpty {
      let check = try CorpusCheck(words, faces: [face.face])
      for word in check.good { good.insert(Array(word.utf8)) }
      problems += check.problems.prefix(10 - min(10, problems.count))
    }
    self.good = words.filter { good.contains(Array($0.utf8)) }
    bad = words.count - self.good.count
    self.problems = problems
  }

  /// The problems in a line.
  package var summary: String { problems.joined(separator: "; ") + (bad > problems.count ? "; ..." : "") }
}
