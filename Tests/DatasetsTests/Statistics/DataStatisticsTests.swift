import Datasets
import Foundation
import Messages
import TestSupport
import Testing

@Suite struct DataStatisticsTests {
  private func load(_ texts: [String]) throws -> (folder: TemporaryDirectory, dataSet: DataSet, audit: AuditResult) {
    let folder = try TemporaryDirectory()
    for (i, text) in texts.enumerated() {
      try folder.add("\(i).png", picture(width: 40 + 20 * i, height: 20, seed: UInt64(i))).add("\(i).gt.txt", text)
    }
    let dataSet = try DataSet.load(folder.path)
    return (folder, dataSet, try Audit(dataSet, geometry: geometry()).run())
  }

  @Test func wordsLettersAndLengthsAreCounted() throws {
    let data = try load(["ab ab c", "ab", "e\u{301}c", ""])
    let statistics = DataStatistics(data.dataSet, data.audit, named: "x")
    #expect(statistics.records == 4 && statistics.badRecords == 1 && statistics.distinctTexts == 4)
    #expect(statistics.words.count == 5 && statistics.words.distinct == 3 && statistics.words.once == 2)
    #expect(statistics.words.mostFrequent.map(\.word) == ["ab", "c", "\u{E9}c"])
    #expect(statistics.words.mostFrequent.map(\.share) == [0.6, 0.2, 0.2])
    #expect(statistics.letters.map(\.letter) == [" ", "a", "b", "c", "\u{E9}"])
    #expect(statistics.letters.map(\.count) == [2, 3, 3, 2, 1])
    #expect(statistics.letters[1].codePoint == "U+0061" && statistics.letters[1].share == 0.2727)
    let lengths = try #require(statistics.scalars)
    #expect((lengths.least, lengths.median, lengths.most, lengths.mean) == (0, 2, 7, 2.75))
    #expect(lengths.bins.map(\.count).reduce(0, +) == 4 && lengths.bins.first?.lower == 0)
    let widths = try #require(statistics.width)
    #expect((widths.least, widths.most) == (40, 100) && statistics.comparison == nil)
    #expect(statistics.lines().contains { $0.contains("0 to 7, median 2, mean 2.8") })
  }

  /// Scalars and graphemes differ: a Sinhala conjunct is one letter to its readers.
  @Test func graphemesAreCounted() throws {
    let data = try load(["\u{0DC1}\u{0DCA}\u{200D}\u{0DBB}\u{0DD3}"])
    let statistics = DataStatistics(data.dataSet, data.audit, named: "x")
    #expect(statistics.scalars?.most == 5 && (statistics.graphemes?.most ?? 9) < 5)
    #expect(statistics.lines().contains { $0.contains("ZERO WIDTH JOINER") })
  }

  @Test func aSecondDataSetIsCompared() throws {
    let (first, second) = (try load(["ab", "c d"]), try load(["ab", "ab", "c x"]))
    let vocabulary = DataStatistics.Vocabulary(first.dataSet, first.audit, named: "first")
    let comparison = try #require(
      DataStatistics(second.dataSet, second.audit, named: "second", comparedWith: vocabulary).comparison)
    #expect(comparison.with == "first" && comparison.knownWords == 0.75 && comparison.knownTexts == 0.5)
    #expect(comparison.unknownLetters == ["x"])
    let lines = DataStatistics(second.dataSet, second.audit, named: "second", comparedWith: vocabulary).lines()
    #expect(lines.contains("  words   75.00 %") && lines.contains("  letters all but U+0078 x"))
  }
}
