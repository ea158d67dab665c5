import MessagePassing

/// What is known of each rank, in memory that the ranks of a machine share: each writes what it does itself, and what it hears of
/// ranks of other machines. Nothing here allocates.
///
/// A reader may see the new place of a rank with its old count. The next beat mends it.
package struct HeartbeatBoard {
  /// What a rank told of itself.
  package struct Entry: Equatable {
    /// Its phase in the upper 8 bits, its step in the others.
    package var place: UInt64
    package var count: Int
    /// When it did, in seconds of this machine's monotonic clock; 0 is never.
    package var heard: Double

    package init(place: UInt64, count: Int, heard: Double) {
      (self.place, self.count, self.heard) = (place, count, heard)
    }
  }

  private let memory: SharedMemory
  private static let words = 4

  package static func bytes(ranks: Int) -> Int { 8 * words * ranks }

  /// - Parameter memory: of ``bytes(ranks:)``, all zero at first.
  package init(_ memory: SharedMemory) { self.memory = memory }

  package subscript(rank: Int) -> Entry {
    get {
      let word = HeartbeatBoard.words * rank
      return Entry(
        place: UInt64(bitPattern: memory[word]), count: Int(memory[word + 1]), heard: Double(memory[word + 2]) * 1e-9)
    }
    nonmutating set {
      let word = HeartbeatBoard.words * rank
      memory[word] = Int64(bitPattern: newValue.place)
      memory[word + 1] = Int64(newValue.count)
      memory[word + 2] = Int64(newValue.heard * 1e9)
    }
  }
}
