import Messages

/// A data set split in two, a part for training and a part for validation: `akuru split`, `akuru train --validation auto`.
///
/// What a ``SplitUnit`` holds is in the same part, so that the error rate is that of unseen texts, pages or books, and training
/// keeps each letter. The selection depends on texts and names only: more data moves few images.
package struct ValidationSplit: Sendable {
  /// A part; records with a ``Record/fault`` are in none.
  package struct Part: Sendable {
    /// Indices, in the order of the data set.
    package fileprivate(set) var records: [Int] = []
    /// Distinct texts.
    package fileprivate(set) var texts = 0
    /// Pages, folders or texts, see ``ValidationSplit/unit``.
    package fileprivate(set) var groups = 0
  }

  private let dataSet: DataSet
  /// What stayed together.
  package let unit: SplitUnit
  /// Pages or folders that should have stayed together, where there are too few of them to set one aside; nil if there are not.
  package private(set) var tornUnit: SplitUnit?
  package private(set) var train = Part()
  package private(set) var validation = Part()

  /// - Parameters:
  ///   - unit: what stays together; nil is pages or folders where there are several, and texts otherwise or if that gives nothing.
  ///   - share: the largest share of records for validation, between 0 and 1; at least one group is selected.
  ///   - single: the largest share of a single page or folder that is taken where none fits `share`; nil is `share`.
  /// - Throws: ``DataSetError/invalid(reason:)`` if no such split exists.
  package init(
    _ dataSet: DataSet, by unit: SplitUnit? = nil, share: Double, single: Double? = nil
  ) throws(DataSetError) {
    self.dataSet = dataSet
    guard let unit else {
      for unit in [SplitUnit.page, .folder] {
        guard let (groups, selection) = ValidationSplit.telling(dataSet, unit, share, single) else { continue }
        guard selection.count > 0 else {
          tornUnit = tornUnit ?? unit
          continue
        }
        self.unit = groups.unit
        fill(groups, selection)
        return
      }
      self.unit = .text
      let groups = RecordGroups(dataSet, by: .text)
      fill(groups, try ValidationSplit.select(groups, share, dataSet))
      return
    }
    self.unit = unit
    let groups = RecordGroups(dataSet, by: unit)
    fill(groups, try ValidationSplit.select(groups, share, dataSet))
  }

  /// The selection of pages or folders for `auto`, which may be empty; nil if the data set has not several.
  private static func telling(
    _ dataSet: DataSet, _ unit: SplitUnit, _ share: Double, _ single: Double?
  ) -> (RecordGroups, GroupSelection)? {
    let groups = RecordGroups(dataSet, by: unit)
    guard groups.areTelling else { return nil }
    return (groups, GroupSelection(groups, .init(share: share, single: single, keepsSources: true)))
  }

  private static func select(
    _ groups: RecordGroups, _ share: Double, _ dataSet: DataSet
  ) throws(DataSetError) -> GroupSelection {
    let selection = GroupSelection(groups, .init(share: share))
    if groups.unit == .page && !groups.holdsPages {
      throw .invalid(
        reason:
          "\(names(dataSet)): no image is a line of a page (PAGE or ALTO)\(otherUnits(than: .page, share, dataSet))")
    }
    guard selection.count > 0 else { throw refusal(groups, selection, share, dataSet) }
    return selection
  }

  private mutating func fill(_ groups: RecordGroups, _ selection: GroupSelection) {
    var isHeld = [Bool?](repeating: nil, count: dataSet.records.count)
    for (group, held) in zip(groups.groups, selection.isHeld) {
      for record in group.records { isHeld[record] = held }
    }
    var texts: (train: Set<String>, validation: Set<String>) = ([], [])
    for (index, record) in dataSet.records.enumerated() {
      guard let held = isHeld[index] else { continue }
      if held {
        validation.records.append(index)
        texts.validation.insert(record.text)
      } else {
        train.records.append(index)
        texts.train.insert(record.text)
      }
    }
    (train.texts, validation.texts) = (texts.train.count, texts.validation.count)
    (train.groups, validation.groups) = (groups.groups.count - selection.count, selection.count)
  }

  // MARK: Results

  /// The warning that parts of one page or folder are on both sides; nil if there is none.
  package var warning: String? {
    tornUnit.map {
      "there are too few \($0.name)s to set a whole one aside: lines of one \($0.name) are on both sides, and the error rate will look "
        + "better than it is; add data, or give validation data of its own"
    }
  }

  /// The two parts as data sets. Records with a fault, and what is no record, go with the part for training: they are reported
  /// once.
  package var dataSets: (train: DataSet, validation: DataSet) {
    let held = Set(validation.records)
    return (
      dataSet.part(dataSet.records.indices.filter { !held.contains($0) }, keepsLeftOut: true),
      dataSet.part(validation.records, keepsLeftOut: false)
    )
  }

  /// The two parts as lines of a metadata.jsonl.
  package struct Lists: Sendable {
    package let train: [String]
    package let validation: [String]
    /// Whether they name images outside of the folder, which only `--allow-outside` reads.
    package let leadsOut: Bool
  }

  /// - Parameter folder: where the two files will be written. Images in it are named relative to it.
  /// - Throws: ``DataSetError/invalid(reason:)`` if images are in shards.
  package func lists(in folder: String) throws(DataSetError) -> Lists {
    var metadata = try MetadataLines(in: folder)
    func lines(_ part: Part) throws(DataSetError) -> [String] {
      var lines: [String] = []
      for index in part.records { lines.append(try metadata.line(dataSet.records[index])) }
      return lines
    }
    let (train, validation) = (try lines(train), try lines(validation))
    return Lists(train: train, validation: validation, leadsOut: metadata.leadsOut)
  }

  // MARK: Errors

  /// Why nothing can be set aside, with the remedy.
  private static func refusal(
    _ groups: RecordGroups, _ selection: GroupSelection, _ share: Double, _ dataSet: DataSet
  ) -> DataSetError {
    let (unit, records, count) = (groups.unit.name, counted(groups.recordCount, "record"), groups.groups.count)
    let remedy = otherUnits(than: groups.unit, share, dataSet)
    let reason: String
    if count < 2 {
      reason =
        count == 0
        ? "there is no good record" : "all \(records) are of one \(unit)\(remedy.isEmpty ? "; add data" : remedy)"
    } else if let smallest = selection.smallestTooLarge {
      let needed = (Double(smallest) / Double(groups.recordCount) * 100).rounded(.up) / 100
      reason =
        "the smallest \(unit) that training can spare has \(smallest) of \(records), more than the share; raise --share"
        + (needed < 1 ? " to \(needed)" : "") + (remedy.isEmpty ? ", or add data" : remedy)
    } else {
      reason =
        "each of the \(counted(count, unit)) has a letter that no other has, and each letter must stay in training"
        + (remedy.isEmpty ? "; add data" : remedy)
    }
    return .invalid(reason: "\(names(dataSet)): no \(unit) can be set aside: \(reason)")
  }

  /// "; --by text would work": the other units that can be split.
  private static func otherUnits(than unit: SplitUnit, _ share: Double, _ dataSet: DataSet) -> String {
    let others = SplitUnit.allCases.filter { other in
      guard other != unit else { return false }
      let groups = RecordGroups(dataSet, by: other)
      return (other != .page || groups.holdsPages) && GroupSelection(groups, .init(share: share)).count > 0
    }
    return others.isEmpty ? "" : "; --by \(others.map(\.rawValue).joined(separator: " or ")) works"
  }

  private static func names(_ dataSet: DataSet) -> String { dataSet.folders.joined(separator: ",") }
}
