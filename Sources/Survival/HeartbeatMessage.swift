/// What one rank tells of itself: four words of 64 bits, little-endian, of which the first keeps other jobs apart.
package struct HeartbeatMessage: Equatable {
  package var rank: Int
  package var place: UInt64
  package var count: Int

  package static let words = 4
  package static let bytes = 8 * words

  package init(rank: Int, place: UInt64, count: Int) { (self.rank, self.place, self.count) = (rank, place, count) }

  /// Writes the words of the message. Allocates nothing.
  package func write(to words: UnsafeMutableBufferPointer<UInt64>, token: UInt64) {
    words[0] = token.littleEndian
    words[1] = UInt64(rank).littleEndian
    words[2] = place.littleEndian
    words[3] = UInt64(count).littleEndian
  }

  /// What arrived; nil when it is no message of another rank of this job. Allocates nothing.
  ///
  /// - Parameter bytes: that arrived, of a message that was too long at least one more than ``bytes``.
  package init?(_ words: UnsafeBufferPointer<UInt64>, bytes: Int, token: UInt64, ranks: Int, own: Int) {
    guard bytes == HeartbeatMessage.bytes, UInt64(littleEndian: words[0]) == token else { return nil }
    let sender = UInt64(littleEndian: words[1])
    guard sender < UInt64(ranks), sender != UInt64(own) else { return nil }
    self.init(
      rank: Int(sender), place: UInt64(littleEndian: words[2]),
      count: Int(truncatingIfNeeded: UInt64(littleEndian: words[3])))
  }
}
