import MessagePassing
import Survival
import Testing

/// A machine's message to the others, word by word. `StallTests` send them over the network.
@Suite struct HeartbeatMessageTests {
  private let token: UInt64 = 0x1122_3344_5566_7788
  /// Ranks 0, 2 and 4 share memory, and 1 and 3.
  private func groups(of rank: Int) -> HeartbeatGroups {
    HeartbeatGroups(firstRanks: [0, 1, 0, 1, 0], isReachable: [Bool](repeating: true, count: 5), rank: rank)
  }

  private func entry(_ rank: Int) -> HeartbeatBoard.Entry {
    HeartbeatBoard.Entry(place: 0x0500_0000_0000_0000 + UInt64(rank), count: 70 + rank, heard: 98 + Double(rank) / 4)
  }

  /// The words of the message of the first group at the time 100, and what follows them in memory.
  private func words(_ members: Range<Int> = 0..<3) -> [UInt64] {
    let message = HeartbeatMessage(group: 0, members: members)
    var words = [UInt64](repeating: .max, count: HeartbeatMessage.mostWords + 1)
    words.withUnsafeMutableBufferPointer {
      message.write(to: $0, token: token, groups: groups(of: 0), now: 100, entry: entry)
    }
    return words
  }

  /// What another group makes of a message at the time 200, by rank.
  private func read(_ words: [UInt64], bytes: Int, rank: Int = 1) -> [Int: HeartbeatBoard.Entry]? {
    words.withUnsafeBufferPointer { words in
      let groups = groups(of: rank)
      guard let message = HeartbeatMessage(words, bytes: bytes, token: token, groups: groups) else { return nil }
      let entries = message.members.enumerated().map { index, member in
        (groups.groups[message.group][member], message.entry(index, of: words, now: 200))
      }
      return Dictionary(uniqueKeysWithValues: entries)
    }
  }

  @Test func aMessageIsWordsLittleEndian() {
    let words = words(1..<2)
    #expect(
      words[..<7] == [
        token.littleEndian, UInt64(0).littleEndian, UInt64(1).littleEndian, UInt64(0x0500_0000_0000_0002).littleEndian,
        UInt64(72).littleEndian, UInt64(1500).littleEndian, .max,
      ])
    let bytes = words.withUnsafeBytes { Array($0.prefix(9)) }
    #expect(bytes == [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0])
  }

  /// The clocks of two machines need not agree.
  @Test func whatIsSentArrives() {
    for members in [0..<3, 1..<3, 2..<3] {
      let read = read(words(members), bytes: 8 * (3 + 3 * members.count))
      var expected: [Int: HeartbeatBoard.Entry] = [:]
      for member in members {
        expected[2 * member] = entry(2 * member)
        expected[2 * member]?.heard += 100
      }
      #expect(read == expected)
    }
  }

  @Test func whoWasNeverHeardOfStaysSo() {
    var words = words(0..<1)
    HeartbeatMessage(group: 0, members: 0..<1).write(
      to: words.withUnsafeMutableBufferPointer { $0 }, token: token, groups: groups(of: 0), now: 100
    ) { _ in HeartbeatBoard.Entry(place: 0, count: 0, heard: 0) }
    #expect(read(words, bytes: 48)?[0]?.heard == 0)
  }

  @Test func othersAreNotHeard() {
    let good = words()
    #expect(read(good, bytes: 96) != nil)
    for bytes in [0, 8, 23, 24, 47, 49, 95, 97, 120, 144, 8 * good.count, -1] {
      #expect(read(good, bytes: bytes)?.count ?? 0 < 3, "\(bytes) bytes")
    }
    #expect(read(good, bytes: 120) == nil && read(good, bytes: 8 * good.count) == nil, "more ranks than the group has")
    #expect(read(good, bytes: 96, rank: 2) == nil, "this group itself")
    for (word, value) in [
      (0, token ^ 1 << 63), (1, 2), (1, 5), (1, .max), (1, 1), (2, 1), (2, 3), (2, .max), (2, 1 << 63),
    ] as [(Int, UInt64)] {
      var other = good
      other[word] = value.littleEndian
      #expect(read(other, bytes: 96) == nil, "word \(word) is \(value)")
    }
    var hostile = good
    for word in 3..<12 { hostile[word] = .max }
    #expect(read(hostile, bytes: 96)?.values.allSatisfy { $0.heard == 0 } == true)
  }

  @Test func aMessageFitsIntoAFrame() {
    #expect(
      HeartbeatMessage(group: 0, members: 0..<HeartbeatMessage.mostMembers).bytes == 8 * HeartbeatMessage.mostWords)
    #expect(8 * HeartbeatMessage.mostWords <= 1472)
  }
}
