/// What one rank tells of those that share its memory, or of some of them: words of 64 bits, little-endian. The first keeps other jobs
/// apart; then come the group's first rank and the number of ranks of the group that stand in messages before; then for each rank its place,
/// its count, and how many milliseconds ago it was heard of (the largest number if never). Nothing here allocates.
package struct HeartbeatMessage {
  /// The group, by its index.
  package let group: Int
  /// Which of its ranks, by their index in it.
  package let members: Range<Int>

  private static let headWords = 3
  private static let wordsOfRank = 3
  /// So many that a message fits into an Ethernet frame.
  package static let mostMembers = 60
  package static let mostWords = headWords + wordsOfRank * mostMembers

  package init(group: Int, members: Range<Int>) { (self.group, self.members) = (group, members) }

  package var bytes: Int { 8 * (HeartbeatMessage.headWords + HeartbeatMessage.wordsOfRank * members.count) }

  /// Writes the words of the message.
  ///
  /// - Parameter entry: what is known of a rank.
  package func write(
    to words: UnsafeMutableBufferPointer<UInt64>, token: UInt64, groups: HeartbeatGroups, now: Double,
    entry: (Int) -> HeartbeatBoard.Entry
  ) {
    words[0] = token.littleEndian
    words[1] = UInt64(groups.groups[group][0]).littleEndian
    words[2] = UInt64(members.lowerBound).littleEndian
    var word = HeartbeatMessage.headWords
    for member in members {
      let entry = entry(groups.groups[group][member])
      words[word] = entry.place.littleEndian
      words[word + 1] = UInt64(bitPattern: Int64(entry.count)).littleEndian
      words[word + 2] = entry.heard > 0 ? UInt64(max(0, now - entry.heard) * 1e3).littleEndian : .max
      word += HeartbeatMessage.wordsOfRank
    }
  }

  /// What arrived; nil when it is no message of another group of this job.
  ///
  /// - Parameter bytes: that arrived, of a message that was too long at least one more than it can have.
  package init?(_ words: UnsafeBufferPointer<UInt64>, bytes: Int, token: UInt64, groups: HeartbeatGroups) {
    let head = 8 * HeartbeatMessage.headWords
    guard bytes > head, bytes <= 8 * HeartbeatMessage.mostWords, UInt64(littleEndian: words[0]) == token else {
      return nil
    }
    let (first, start) = (UInt64(littleEndian: words[1]), UInt64(littleEndian: words[2]))
    let (count, rest) = (bytes - head).quotientAndRemainder(dividingBy: 8 * HeartbeatMessage.wordsOfRank)
    guard rest == 0, first < UInt64(groups.groupOfRank.count) else { return nil }
    group = groups.groupOfRank[Int(first)]
    let members = groups.groups[group]
    guard group != groups.own, members[0] == Int(first), start < UInt64(members.count) else { return nil }
    self.members = Int(start)..<Int(start) + count
    guard self.members.upperBound <= members.count else { return nil }
  }

  /// What an arrived message says of its member `index`, of those that it tells of.
  package func entry(_ index: Int, of words: UnsafeBufferPointer<UInt64>, now: Double) -> HeartbeatBoard.Entry {
    let word = HeartbeatMessage.headWords + HeartbeatMessage.wordsOfRank * index
    return HeartbeatBoard.Entry(
      place: UInt64(littleEndian: words[word]),
      count: Int(Int64(bitPattern: UInt64(littleEndian: words[word + 1]))),
      heard: max(0, now - Double(UInt64(littleEndian: words[word + 2])) * 1e-3))
  }
}
