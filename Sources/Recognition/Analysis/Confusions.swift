/// A letter read as another; an empty `reference` is an inserted letter, an empty `prediction` a deleted one.
package struct Confusion: Codable, Sendable, Equatable {
  package let reference: String
  package let prediction: String
  package let count: Int
  /// The first images that contain it, in the order of the data set.
  package let images: [String]
}

/// Counts confusions of letters. Images are numbered; tables of parts of a data set can be merged, and give
/// the same result in any order.
struct ConfusionTable {
  /// The limits of reported confusions, and of images named for each.
  static let (reported, examples) = (50, 3)

  private struct Key: Hashable {
    let reference: UInt32?
    let prediction: UInt32?
  }

  /// One row, as sent between ranks.
  struct Row: Codable {
    let reference: UInt32?
    let prediction: UInt32?
    var count = 0
    /// The first images.
    var images: [Int] = []

    fileprivate mutating func add(_ count: Int, _ images: [Int]) {
      self.count += count
      if self.images.count == ConfusionTable.examples, images.allSatisfy({ $0 >= self.images.last! }) { return }
      self.images = Array(Set(self.images + images).sorted().prefix(ConfusionTable.examples))
    }
  }

  private var table: [Key: Row] = [:]

  /// Counts the edits of one image.
  mutating func add(_ edits: [EditAlignment<Unicode.Scalar>.Edit], image: Int) {
    for edit in edits { add(edit.reference?.value, edit.prediction?.value, count: 1, images: [image]) }
  }

  /// Adds the rows of another table.
  mutating func merge(_ rows: [Row]) {
    for row in rows { add(row.reference, row.prediction, count: row.count, images: row.images) }
  }

  var rows: [Row] { Array(table.values) }

  private mutating func add(_ reference: UInt32?, _ prediction: UInt32?, count: Int, images: [Int]) {
    let key = Key(reference: reference, prediction: prediction)
    table[key, default: Row(reference: reference, prediction: prediction)].add(count, images)
  }

  /// The most frequent first; equally frequent ones by code point.
  ///
  /// - Parameter name: the name of an image.
  func top(naming name: (Int) -> String) -> [Confusion] {
    func order(_ row: Row) -> (Int, Int64, Int64) {
      (-row.count, row.reference.map(Int64.init) ?? -1, row.prediction.map(Int64.init) ?? -1)
    }
    func text(_ value: UInt32?) -> String { value.flatMap(Unicode.Scalar.init).map { String($0) } ?? "" }
    return table.values.sorted { order($0) < order($1) }.prefix(ConfusionTable.reported).map { row in
      Confusion(
        reference: text(row.reference), prediction: text(row.prediction), count: row.count,
        images: row.images.map(name))
    }
  }
}
