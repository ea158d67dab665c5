import Foundation
import Hashing

/// A data set split in two, a part for training and a part for validation: `akuru split`.
///
/// Images of the same text are in the same part, so that the error rate is that of unseen texts, and training keeps at
/// least one text with each letter. The selected texts depend on the texts only: more data moves few of them.
package struct ValidationSplit: Sendable {
  /// Lines of a metadata.jsonl, in the order of the data set.
  package struct Part: Sendable {
    package fileprivate(set) var lines: [String] = []
    /// Distinct texts.
    package fileprivate(set) var texts = 0
  }

  package private(set) var train = Part()
  package private(set) var validation = Part()

  /// - Parameters:
  ///   - share: the largest share of records for validation, between 0 and 1; at least one record is selected.
  ///   - folder: where the two files will be written. Images are named relative to it.
  /// - Throws: ``DataSetError/invalid(reason:)`` if no such split exists, or images are not inside `folder`.
  package init(_ dataSet: DataSet, share: Double, in folder: String) throws(DataSetError) {
    var groups: [String: Int] = [:]
    for record in dataSet.records { groups[record.text, default: 0] += 1 }
    let (held, tooFrequent) = ValidationSplit.choose(groups, share: share, records: dataSet.records.count)
    guard !held.isEmpty else {
      throw .invalid(
        reason: "\(dataSet.folders.joined(separator: ",")): no text can be set aside: \(groups.count) different "
          + "\(groups.count == 1 ? "text" : "texts") in \(dataSet.records.count) records, and each letter must stay in "
          + "training; \(tooFrequent ? "raise --share, or add" : "add") data")
    }
    var metadata = try MetadataLines(in: folder)
    for record in dataSet.records {
      let line = try metadata.line(record)
      if held.contains(record.text) { validation.lines.append(line) } else { train.lines.append(line) }
    }
    (train.texts, validation.texts) = (groups.count - held.count, held.count)
  }

  /// Selects texts in the order of their SHA-256 while they fit the share and each of their letters remains in another
  /// text. Also returns whether a text was too frequent for the share.
  private static func choose(_ groups: [String: Int], share: Double, records: Int) -> (Set<String>, Bool) {
    let wanted = max(1, Int((share * Double(records)).rounded()))
    var textsWith: [UInt32: Int] = [:]
    var letters: [String: Set<UInt32>] = [:]
    for text in groups.keys {
      let own = Set(text.unicodeScalars.map(\.value))
      letters[text] = own
      for letter in own { textsWith[letter, default: 0] += 1 }
    }
    let ordered = groups.keys.map { (digest: SHA256.hash(Array($0.utf8)), text: $0) }
      .sorted { $0.digest.lexicographicallyPrecedes($1.digest) }
    var (held, count, tooFrequent): (Set<String>, Int, Bool) = ([], 0, false)
    for (_, text) in ordered where held.count < groups.count - 1 {
      let (size, own) = (groups[text] ?? 0, letters[text] ?? [])
      guard own.allSatisfy({ textsWith[$0, default: 0] > 1 }) else { continue }
      guard count + size <= wanted else {
        tooFrequent = true
        continue
      }
      for letter in own { textsWith[letter, default: 0] -= 1 }
      held.insert(text)
      count += size
      if count == wanted { break }
    }
    return (held, tooFrequent)
  }
}
