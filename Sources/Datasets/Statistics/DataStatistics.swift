import Messages

/// Statistics of a data set: `akuru stats`. The keys are stable.
package struct DataStatistics: Encodable, Sendable {
  /// The data set as it was given.
  package let dataSet: String
  package let records: Int
  /// Records that cannot be trained on; the figures below include them as far as they can be read.
  package let badRecords: Int
  /// Distinct texts.
  package let distinctTexts: Int
  /// Widths of readable images at the network's height, in pixels; nil if there are none.
  package let width: Distribution?
  /// Unicode scalars of the texts.
  package let scalars: Distribution?
  /// Letters of the texts as readers see them (grapheme clusters).
  package let graphemes: Distribution?
  /// Sorted by code point.
  package let letters: [Letter]
  package let words: Words
  /// A comparison with the first of several data sets; nil for the first.
  package let comparison: Comparison?

  /// A summary of whole numbers.
  package struct Distribution: Encodable, Sendable, Equatable {
    package let least, median, most: Int
    package let mean: Double
    package let bins: [Histogram.Bin]

    init?(_ values: [Int], binsAtLeast size: Int) {
      let sorted = values.sorted()
      guard let first = sorted.first, let last = sorted.last else { return nil }
      (least, median, most) = (first, sorted[sorted.count / 2], last)
      mean = DataStatistics.rounded(Double(sorted.reduce(0, +)) / Double(sorted.count))
      bins = Histogram.bins(of: values, atLeast: size)
    }
  }

  /// A letter of the texts.
  package struct Letter: Encodable, Sendable {
    package let letter: String
    /// In the form U+0D9A.
    package let codePoint: String
    package let count: Int
    /// Share of all letters.
    package let share: Double
  }

  /// Words: texts split at white space.
  package struct Words: Encodable, Sendable {
    package let count: Int
    package let distinct: Int
    /// Words that occur only once.
    package let once: Int
    /// The 20 most frequent, ties in the order of their scalars.
    package let mostFrequent: [Word]
  }

  package struct Word: Encodable, Sendable, Equatable {
    package let word: String
    package let count: Int
    /// Share of all words.
    package let share: Double
  }

  package struct Comparison: Encodable, Sendable {
    /// The first data set.
    package let with: String
    /// Share of this data set's words that occur there, weighted by their counts here; nil without words.
    package let knownWords: Double?
    /// Share of this data set's distinct texts that are texts there; nil without texts.
    package let knownTexts: Double?
    /// Letters that do not occur there.
    package let unknownLetters: [String]
  }

  /// What a comparison needs of a data set.
  package struct Vocabulary: Sendable {
    let name: String
    let words: [String: Int]
    let texts: Set<String>
    let letters: Set<UInt32>

    package init(_ dataSet: DataSet, _ audit: AuditResult, named name: String) {
      self.name = name
      words = DataStatistics.words(of: dataSet)
      texts = Set(dataSet.records.map(\.text))
      letters = Set(audit.scalarCounts.map(\.scalar))
    }
  }

  package init(_ dataSet: DataSet, _ audit: AuditResult, named name: String, comparedWith first: Vocabulary? = nil) {
    self.dataSet = name
    (records, badRecords) = (dataSet.records.count, audit.badRecords.count)
    let texts = dataSet.records.map(\.text)
    let distinct = Set(texts)
    distinctTexts = distinct.count
    width = Distribution(audit.widths.filter { $0 > 0 }, binsAtLeast: 8)
    scalars = Distribution(texts.map(\.unicodeScalars.count), binsAtLeast: 1)
    graphemes = Distribution(texts.map(\.count), binsAtLeast: 1)
    let total = audit.scalarCounts.reduce(0) { $0 + $1.count }
    letters = audit.scalarCounts.compactMap { entry in
      Unicode.Scalar(entry.scalar).map {
        Letter(
          letter: String($0), codePoint: $0.codePoint, count: entry.count,
          share: DataStatistics.share(entry.count, of: total))
      }
    }
    let words = DataStatistics.words(of: dataSet)
    let wordCount = words.values.reduce(0, +)
    let ordered = words.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    self.words = Words(
      count: wordCount, distinct: words.count, once: words.values.count { $0 == 1 },
      mostFrequent: ordered.prefix(20).map {
        Word(word: $0.key, count: $0.value, share: DataStatistics.share($0.value, of: wordCount))
      })
    comparison = first.map { first in
      let known = words.reduce(0) { $0 + (first.words[$1.key] == nil ? 0 : $1.value) }
      return Comparison(
        with: first.name, knownWords: wordCount == 0 ? nil : DataStatistics.share(known, of: wordCount),
        knownTexts: distinct.isEmpty
          ? nil : DataStatistics.share(distinct.count { first.texts.contains($0) }, of: distinct.count),
        unknownLetters: audit.scalarCounts.filter { !first.letters.contains($0.scalar) }
          .compactMap { Unicode.Scalar($0.scalar).map { String($0) } })
    }
  }

  /// How often each word occurs. Texts are in NFC, so that canonically equivalent words are the same.
  private static func words(of dataSet: DataSet) -> [String: Int] {
    var counts: [String: Int] = [:]
    for record in dataSet.records {
      for word in record.text.split(whereSeparator: \.isWhitespace) { counts[String(word), default: 0] += 1 }
    }
    return counts
  }

  private static func share(_ part: Int, of whole: Int) -> Double { rounded(Double(part) / Double(max(1, whole))) }

  /// Rounded to four decimals.
  private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}

extension DataStatistics {
  /// The statistics as a table for people.
  package func lines() -> [String] {
    var lines = ["records: \(records), of which \(badRecords) cannot be trained on"]
    lines += DataStatistics.lines("image width at the model's height", width)
    lines += DataStatistics.lines("scalars in a text", scalars)
    lines += DataStatistics.lines("graphemes in a text", graphemes)
    lines.append("texts: \(distinctTexts) distinct, in \(records) records")
    lines.append("words: \(words.count), \(words.distinct) distinct, \(words.once) of them once")
    for word in words.mostFrequent {
      let share = DataStatistics.percent(word.share).padded(to: 10)
      lines.append("  \("\(word.count)".padded(to: 8))\(share)  \(word.word.shortened)")
    }
    lines.append("letters: \(letters.count)")
    for letter in letters {
      let shown = letter.letter.unicodeScalars.first?.shownOrNamed ?? ""
      lines.append(
        "  \(letter.codePoint)\("\(letter.count)".padded(to: 10))\(DataStatistics.percent(letter.share).padded(to: 10))"
          + "  \(shown)")
    }
    if let comparison {
      let (words, texts) = (comparison.knownWords ?? 0, comparison.knownTexts ?? 0)
      lines.append("of this, \(comparison.with.onOneLine) has:")
      lines.append("  words   \(DataStatistics.percent(words))")
      lines.append("  texts   \(DataStatistics.percent(texts))")
      let unknown = comparison.unknownLetters.compactMap(\.unicodeScalars.first)
      let named =
        unknown.isEmpty
        ? "all" : "all but " + unknown.map { "\($0.codePoint) \($0.shownOrNamed)" }.joined(separator: ", ")
      lines.append("  letters \(named)")
    }
    return lines
  }

  private static func lines(_ title: String, _ distribution: Distribution?) -> [String] {
    guard let distribution else { return ["\(title): none"] }
    let (least, most) = (distribution.least, distribution.most)
    return [
      "\(title): \(least) to \(most), median \(distribution.median), mean \((distribution.mean * 10).rounded() / 10)"
    ] + Histogram.lines(distribution.bins)
  }

  /// A share as a percentage with two decimals.
  private static func percent(_ share: Double) -> String {
    let hundredths = Int((share * 1e4).rounded())
    return "\(hundredths / 100)." + "\(hundredths % 100 / 10)\(hundredths % 10) %"
  }
}
