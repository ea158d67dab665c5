import Survival
import Testing

/// A rank's message to the others, word by word. `StallTests` send them over the network.
@Suite struct HeartbeatMessageTests {
  private let token: UInt64 = 0x1122_3344_5566_7788

  private func words(_ message: HeartbeatMessage) -> [UInt64] {
    var words = [UInt64](repeating: .max, count: HeartbeatMessage.words + 1)
    words.withUnsafeMutableBufferPointer { message.write(to: $0, token: token) }
    return words
  }

  private func read(_ words: [UInt64], bytes: Int = 32, ranks: Int = 3, own: Int = 0) -> HeartbeatMessage? {
    words.withUnsafeBufferPointer { HeartbeatMessage($0, bytes: bytes, token: token, ranks: ranks, own: own) }
  }

  @Test func aMessageIsFourWordsLittleEndian() {
    let words = words(HeartbeatMessage(rank: 2, place: 0x0500_0000_0000_0003, count: 77))
    #expect(
      words == [
        token.littleEndian, UInt64(2).littleEndian, UInt64(0x0500_0000_0000_0003).littleEndian,
        UInt64(77).littleEndian, .max,
      ])
    let bytes = words.withUnsafeBytes { Array($0.prefix(9)) }
    #expect(bytes == [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 2])
  }

  @Test func whatIsSentArrives() {
    for message in [
      HeartbeatMessage(rank: 1, place: 0, count: 0), HeartbeatMessage(rank: 2, place: .max, count: .max),
    ] {
      #expect(read(words(message)) == message)
    }
  }

  @Test func othersAreNotHeard() {
    let good = words(HeartbeatMessage(rank: 1, place: 5, count: 6))
    for bytes in [0, 8, 31, 33, 40, -1] { #expect(read(good, bytes: bytes) == nil, "\(bytes) bytes") }
    #expect(read(good, own: 1) == nil, "this rank itself")
    #expect(read(good, ranks: 1) == nil, "no rank of this job")
    var other = good
    other[0] ^= 1 << 63
    #expect(read(other) == nil, "another job")
    other = good
    other[1] = UInt64.max.littleEndian
    #expect(read(other) == nil)
    other[1] = UInt64(3).littleEndian
    #expect(read(other) == nil)
  }
}
