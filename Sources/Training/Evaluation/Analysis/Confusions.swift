/// A letter read as another; an empty `reference` is a letter too many, an empty `prediction` one left out.
public struct Confusion: Codable, Sendable, Equatable {
  public let reference: String
  public let prediction: String
  public let count: Int
  /// The first images with it, in the order of the data set.
  public let images: [String]
}

/// Counts which letters are taken for which.
struct ConfusionTable {
  /// Confusions that are reported, and images that are named for each.
  static let (reported, examples) = (50, 3)

  private struct Key: Hashable {
    let reference: UInt32?
    let prediction: UInt32?
  }

  private struct Entry {
    var count = 0
    var images: [String] = []
  }

  private var entries: [Key: Entry] = [:]

  /// Counts the edits of one image.
  mutating func add(_ edits: [EditAlignment<Unicode.Scalar>.Edit], image: String) {
    for edit in edits {
      let key = Key(reference: edit.reference?.value, prediction: edit.prediction?.value)
      var entry = entries[key] ?? Entry()
      entry.count += 1
      if entry.images.count < ConfusionTable.examples, entry.images.last != image { entry.images.append(image) }
      entries[key] = entry
    }
  }

  /// The most frequent first; equally frequent ones by code point.
  var top: [Confusion] {
    func order(_ item: (key: Key, value: Entry)) -> (Int, Int64, Int64) {
      (-item.value.count, item.key.reference.map(Int64.init) ?? -1, item.key.prediction.map(Int64.init) ?? -1)
    }
    func text(_ value: UInt32?) -> String { value.flatMap(Unicode.Scalar.init).map { String($0) } ?? "" }
    return entries.sorted { order($0) < order($1) }.prefix(ConfusionTable.reported).map { key, entry in
      Confusion(
        reference: text(key.reference), prediction: text(key.prediction), count: entry.count, images: entry.images)
    }
  }
}
