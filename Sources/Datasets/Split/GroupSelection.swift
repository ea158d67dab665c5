import Foundation
import Hashing

/// The groups that are set aside for validation, or why there are none.
///
/// Groups are taken in the order of the SHA-256 of their names while they fit the share and each of their letters remains in
/// another group. So more data moves few of them.
struct GroupSelection {
  /// Whether each group is set aside.
  private(set) var isHeld: [Bool]
  private(set) var count = 0
  /// The smallest group, in records, that could be set aside but for the share; nil if all that could be are.
  private(set) var smallestTooLarge: Int?

  struct Limits {
    /// The largest share of records.
    var share: Double
    /// The largest share of a single group, which is taken where none fits `share`.
    var single: Double?
    /// Whether each of several data sets keeps a group.
    var keepsSources = false
  }

  init(_ groups: RecordGroups, _ limits: Limits) {
    isHeld = [Bool](repeating: false, count: groups.groups.count)
    let wanted = max(1, Int((limits.share * Double(groups.recordCount)).rounded()))
    var state = Remaining(groups.groups)
    var records = 0
    var smallest: Int?
    for number in GroupSelection.order(groups.groups) where count < groups.groups.count - 1 {
      let group = groups.groups[number]
      guard state.canSpare(group, keepsSources: limits.keepsSources) else { continue }
      guard records + group.records.count <= wanted else {
        if group.records.count < smallestTooLarge ?? .max {
          (smallest, smallestTooLarge) = (number, group.records.count)
        }
        continue
      }
      state.remove(group)
      isHeld[number] = true
      count += 1
      records += group.records.count
      if records == wanted { break }
    }
    guard count == 0, let smallest, let size = smallestTooLarge, let single = limits.single,
      Double(size) <= single * Double(groups.recordCount)
    else { return }
    isHeld[smallest] = true
    count = 1
  }

  private static func order(_ groups: [RecordGroups.Group]) -> [Int] {
    let digests = groups.map { SHA256.hash(Array($0.name.utf8)) }
    return groups.indices.sorted { digests[$0].lexicographicallyPrecedes(digests[$1]) }
  }

  /// The groups that stay in training, counted.
  private struct Remaining {
    private var withLetter: [UInt32: Int] = [:]
    private var withSource: [Int: Int] = [:]

    init(_ groups: [RecordGroups.Group]) {
      for group in groups {
        for letter in group.letters { withLetter[letter, default: 0] += 1 }
        for source in group.sources { withSource[source, default: 0] += 1 }
      }
    }

    func canSpare(_ group: RecordGroups.Group, keepsSources: Bool) -> Bool {
      group.letters.allSatisfy { withLetter[$0, default: 0] > 1 }
        && (!keepsSources || group.sources.allSatisfy { withSource[$0, default: 0] > 1 })
    }

    mutating func remove(_ group: RecordGroups.Group) {
      for letter in group.letters { withLetter[letter, default: 0] -= 1 }
      for source in group.sources { withSource[source, default: 0] -= 1 }
    }
  }
}
