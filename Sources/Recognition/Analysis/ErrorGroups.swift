/// Errors of the images whose texts have `from` to `to` letters.
package struct LengthGroup: Codable, Sendable, Equatable {
  package let from: Int
  /// nil: no limit.
  package let to: Int?
  package let images: Int
  package let cer: Double
  package let exactMatch: Double
}

/// Errors of the letters that occur `from` to `to` times in the references.
package struct FrequencyGroup: Codable, Sendable, Equatable {
  package let from: Int
  /// nil: no limit.
  package let to: Int?
  /// Distinct letters, and their total occurrences.
  package let letters: Int
  package let occurrences: Int
  /// Occurrences that were deleted or read as another letter, and their share.
  package let errors: Int
  package let errorRate: Double
}

/// Counts errors by the length of the text.
struct LengthTable {
  /// The first length of each group.
  private static let starts = [0, 1, 3, 5, 9, 17, 33, 65, 129]
  private var counts = [RecognitionCounts](repeating: RecognitionCounts(), count: LengthTable.starts.count)

  mutating func add(_ image: RecognitionCounts) {
    let group = LengthTable.starts.lastIndex { $0 <= image.scalarReference } ?? 0
    counts[group] += image
  }

  /// The groups that have images, shortest first.
  var groups: [LengthGroup] {
    counts.indices.filter { counts[$0].images > 0 }.map { i in
      let next = i + 1 < LengthTable.starts.count ? LengthTable.starts[i + 1] - 1 : nil
      return LengthGroup(
        from: LengthTable.starts[i], to: next, images: Int(counts[i].images), cer: counts[i].cer,
        exactMatch: counts[i].exactMatch)
    }
  }
}

/// Counts errors by the frequency of a letter.
struct FrequencyTable {
  private struct Letter {
    var occurrences = 0
    var errors = 0
  }

  private var letters: [UInt32: Letter] = [:]

  mutating func add(_ reference: [Unicode.Scalar], _ edits: [EditAlignment<Unicode.Scalar>.Edit]) {
    for scalar in reference { letters[scalar.value, default: Letter()].occurrences += 1 }
    for case let scalar? in edits.map(\.reference) { letters[scalar.value, default: Letter()].errors += 1 }
  }

  /// 1...9, 10...99, ...: the groups that have letters, rarest first.
  var groups: [FrequencyGroup] {
    [1, 10, 100, 1000, 10_000, 100_000].compactMap { from in
      let to = from == 100_000 ? nil : from * 10 - 1
      let members = letters.values.filter { $0.occurrences >= from && $0.occurrences <= to ?? .max }
      guard !members.isEmpty else { return nil }
      let (occurrences, errors) = members.reduce((0, 0)) { ($0.0 + $1.occurrences, $0.1 + $1.errors) }
      return FrequencyGroup(
        from: from, to: to, letters: members.count, occurrences: occurrences, errors: errors,
        errorRate: Double(errors) / Double(occurrences))
    }
  }
}
