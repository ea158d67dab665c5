import MessagePassing
import Survival
import Testing

/// Who speaks for the ranks of a machine, and who listens.
@Suite struct HeartbeatGroupsTests {
  private let all = [Bool](repeating: true, count: 6)
  /// Ranks 0, 2 and 4 share memory, and 1 and 3; 5 is alone.
  private let firsts = [0, 1, 0, 1, 0, 5]

  private func groups(_ rank: Int, _ reachable: [Bool]? = nil) -> HeartbeatGroups {
    HeartbeatGroups(firstRanks: firsts, isReachable: reachable ?? all, rank: rank)
  }

  /// The ranks that speak at the time 10 of those heard of at `heard`.
  private func speakers(_ heard: [Double], _ reachable: [Bool]? = nil) -> [Int] {
    (0..<6).filter { groups($0, reachable).speaks(now: 10, freshness: 1) { heard[$0] } }
  }

  @Test func groupsAreThoseThatShareMemory() {
    let groups = groups(3)
    #expect(
      groups.groups == [[0, 2, 4], [1, 3], [5]] && groups.groupOfRank == [0, 1, 0, 1, 0, 2] && groups.own == 1)
  }

  @Test func theFirstLiveRankSpeaks() {
    let fresh = [Double](repeating: 9.5, count: 6)
    #expect(speakers(fresh) == [0, 1, 5])
    #expect(
      speakers([5, 9.5, 9.5, 9.5, 9.5, 9.5]) == [0, 1, 2, 5], "a rank that was stopped may go on and speaks too")
    #expect(speakers([5, 9.5, 5, 9.5, 9.5, 9.5]) == [0, 1, 2, 4, 5])
    #expect(speakers([0, 0, 0, 0, 0, 0]) == [0, 1, 2, 3, 4, 5], "at first, nobody knows of another")
    #expect(
      speakers(fresh, [false, true, true, true, true, false]) == [1, 2], "a rank without a socket is passed over")
  }

  @Test func theFirstLiveRankListens() {
    func listener(_ group: Int, _ beat: Int, _ heard: [Double], _ reachable: [Bool]? = nil) -> Int? {
      groups(5, reachable).listener(in: group, beat: beat, now: 10, freshness: 1) { heard[$0] }
    }
    let fresh = [Double](repeating: 9.5, count: 6)
    #expect((0..<3).map { listener(0, $0, fresh) } == [0, 0, 0])
    #expect((0..<3).map { listener(0, $0, [5, 5, 9.5, 5, 9.5, 5]) } == [2, 2, 2])
    #expect((0..<4).map { listener(0, $0, [5, 5, 5, 5, 5, 5]) } == [0, 2, 4, 0], "all are tried")
    let some = [false, false, true, false, true, true]
    #expect((0..<3).map { listener(0, $0, fresh, some) } == [2, 2, 2])
    #expect((0..<3).map { listener(0, $0, [5, 5, 5, 5, 5, 5], some) } == [2, 2, 4])
    #expect(listener(1, 0, fresh, some) == nil)
  }

  @Test func theBoardKeepsWhatIsWritten() {
    let board = HeartbeatBoard(SharedMemory(count: HeartbeatBoard.bytes(ranks: 3)))
    #expect((0..<3).allSatisfy { board[$0] == .init(place: 0, count: 0, heard: 0) })
    board[1] = .init(place: .max, count: -1, heard: 12.5)
    board[2] = .init(place: 7, count: .max, heard: 4096)
    #expect(board[0].heard == 0 && board[1] == .init(place: .max, count: -1, heard: 12.5))
    #expect(board[2] == .init(place: 7, count: .max, heard: 4096))
  }
}
