import Foundation
import Messages

/// A finding of the audit about one record or file.
package struct AuditFinding: Codable, Sendable, Equatable, CustomStringConvertible {
  /// The most important first.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case unpairedFile, badRecord, unreadableImage, imageTooSmall, emptyLabel, controlCharacter, labelTooLong,
      imageTooWide,
      unknownScalars, unclearOrder
    case unusedOption, unclearTurn
    case blankImage, invertedImage, verticalImage, textWidthMismatch, replacementCharacter, unassignedScalar,
      leadingMark, placeholder
    case lineWithoutArea, lineWithoutText, duplicateFile, unlistedImage, otherVersion, lineOfAnotherType,
      privateUseScalar,
      rareLetter, invisibleMark, labelNotNFC, spacesChanged
  }

  /// Index of the record; nil for an unpaired file.
  package let record: Int?
  /// The image file, or the unpaired file.
  package let path: String
  package let kind: Kind
  /// True if the record cannot be trained on; otherwise it is a warning.
  package let isProblem: Bool
  /// The problem and its remedy, without the path.
  package let detail: String

  package var description: String { "\(path): \(detail)".onOneLine }
}

extension AuditFinding.Kind {
  /// Whether it tells of something of a data set that is not used. The others are about what is used.
  package var leavesOut: Bool { self != .unclearTurn && self != .unusedOption }
}

/// The number of occurrences of a scalar in the texts.
package struct ScalarCount: Codable, Sendable, Equatable {
  package let scalar: UInt32
  package let count: Int
}

/// The result of an audit of a slice of a data set, or of all of it after ``merging(_:of:)``.
package struct AuditResult: Codable, Sendable, Equatable {
  /// The audited records.
  package internal(set) var records: Range<Int>
  /// In the order of the records.
  package internal(set) var findings: [AuditFinding] = []
  /// Width of each audited record's image at the network's height; 0 if it is unreadable. An image may exceed the
  /// maximum width; the findings then include it.
  package internal(set) var widths: [Int] = []
  /// Width of each audited record's writing at the network's height, without gaps; 0 if that says nothing about the
  /// text.
  var inkWidths: [Int] = []
  /// The alphabet of the texts with counts, sorted by scalar.
  package internal(set) var scalarCounts: [ScalarCount] = []
  /// 16 bytes for each audited record: the start of its file's SHA-256, or zeros if it is unreadable.
  var digests = Data()

  static let digestBytes = 16

  /// Findings about records that cannot be trained on, and about files that are not records.
  package var problems: [AuditFinding] { findings.filter(\.isProblem) }
  /// Findings that do not prevent training.
  package var warnings: [AuditFinding] { findings.filter { !$0.isProblem } }
  /// Indices of the records with a problem, ascending, each once.
  package var badRecords: [Int] { Set(problems.compactMap(\.record)).sorted() }

  /// The audited data set without its bad records, and the index that each remaining record had, and its width.
  package func good(of dataSet: DataSet) -> (dataSet: DataSet, indices: [Int], widths: [Int]) {
    let bad = badRecords
    let isBad = Set(bad)
    let indices = widths.indices.filter { !isBad.contains($0) }
    return (dataSet.removing(bad), indices, indices.map { widths[$0] })
  }

  /// For each record without a problem, 16 bytes that identify the contents of its image file.
  package var goodDigests: [UInt8] {
    let isBad = Set(badRecords)
    return widths.indices.filter { !isBad.contains($0) }.flatMap {
      digests[$0 * AuditResult.digestBytes..<($0 + 1) * AuditResult.digestBytes]
    }
  }

  /// The number of digests, as of ``goodDigests``, that are also in `others`.
  package static func shared(_ digests: [UInt8], with others: [UInt8]) -> Int {
    func pieces(_ digests: [UInt8]) -> [ArraySlice<UInt8>] {
      stride(from: 0, to: digests.count, by: digestBytes).map { digests[$0..<$0 + digestBytes] }
    }
    let known = Set(pieces(others))
    return pieces(digests).count { known.contains($0) }
  }

  /// The letters of the texts that do not occur in those of another data set.
  func scalarCounts(missingFrom other: AuditResult) -> [ScalarCount] {
    let known = Set(other.scalarCounts.map(\.scalar))
    return scalarCounts.filter { !known.contains($0.scalar) }
  }

  /// Merges the results of all slices, in any order, and adds findings about the whole data set: rare letters,
  /// texts that do not fit their image, duplicate files and files without a partner.
  /// - Throws: ``DataSetError/invalid(reason:)`` if the slices do not cover the data set exactly.
  package static func merging(_ parts: [AuditResult], of dataSet: DataSet) throws(DataSetError) -> AuditResult {
    try mergingRecords(parts, of: dataSet).adding(dataSet.leftOut)
  }

  /// The same without files that are not records.
  package static func mergingRecords(
    _ parts: [AuditResult], of dataSet: DataSet
  ) throws(DataSetError) -> AuditResult {
    var whole = AuditResult(records: 0..<0)
    var counts: [UInt32: Int] = [:]
    for part in parts.sorted(by: {
      ($0.records.lowerBound, $0.records.count) < ($1.records.lowerBound, $1.records.count)
    }) {
      guard part.records.lowerBound == whole.records.upperBound, part.widths.count == part.records.count,
        part.inkWidths.count == part.records.count, part.digests.count == part.records.count * digestBytes
      else { throw .invalid(reason: "the audited slices do not follow one another; audit the same data on every rank") }
      whole.records = 0..<part.records.upperBound
      whole.findings += part.findings
      whole.widths += part.widths
      whole.inkWidths += part.inkWidths
      whole.digests += part.digests
      for entry in part.scalarCounts { counts[entry.scalar, default: 0] += entry.count }
    }
    guard whole.records.count == dataSet.records.count else {
      throw .invalid(
        reason: "\(whole.records.count) of \(dataSet.records.count) records were audited; audit every slice")
    }
    whole.scalarCounts = sorted(counts)
    whole.addFindingsAboutAll(dataSet)
    whole.addDuplicates(dataSet)
    return whole
  }

  /// Adds what of the data set is no record.
  package func adding(_ leftOut: [DataSet.LeftOut]) -> AuditResult {
    var whole = self
    whole.findings += leftOut.map {
      AuditFinding(record: nil, path: $0.path, kind: $0.kind, isProblem: $0.isProblem, detail: $0.detail)
    }
    return whole
  }

  static func sorted(_ counts: [UInt32: Int]) -> [ScalarCount] {
    counts.map { ScalarCount(scalar: $0.key, count: $0.value) }.sorted { $0.scalar < $1.scalar }
  }

  private mutating func addDuplicates(_ dataSet: DataSet) {
    var first: [Data: Int] = [:]
    first.reserveCapacity(records.count)
    let none = Data(count: AuditResult.digestBytes)
    var duplicates: [AuditFinding] = []
    for record in records {
      let digest = Data(digests[record * AuditResult.digestBytes..<(record + 1) * AuditResult.digestBytes])
      guard digest != none else { continue }
      guard let earlier = first[digest] else {
        first[digest] = record
        continue
      }
      let (a, b) = (dataSet.records[earlier], dataSet.records[record])
      let same =
        sameScalars(a.absolutePath, b.absolutePath) ? "is listed twice" : "has the same bytes as \(a.absolutePath)"
      let text = sameScalars(a.text, b.text) ? "" : ", with another text (\(quoted(b.text)) and \(quoted(a.text)))"
      duplicates.append(
        AuditFinding(
          record: record, path: b.absolutePath, kind: .duplicateFile, isProblem: false,
          detail: "\(same)\(text); remove one"))
    }
    findings = (findings + duplicates).enumerated().sorted {
      ($0.element.record ?? .max, $0.offset) < ($1.element.record ?? .max, $1.offset)
    }.map(\.element)
  }
}
