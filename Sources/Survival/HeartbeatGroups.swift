/// The ranks of a job, in groups that share memory: those of a machine, or single ranks where there is no shared memory. Within a
/// group, heartbeats are words of that memory. Between groups, one rank speaks for its group, and one of the other group listens.
package struct HeartbeatGroups {
  /// The ranks of each group, ascending.
  package let groups: [[Int]]
  /// The index of each rank's group.
  package let groupOfRank: [Int]
  /// This rank.
  package let rank: Int
  /// Whether a rank can send and receive.
  private let isReachable: [Bool]

  /// - Parameter firstRanks: for each rank the first rank of its group.
  package init(firstRanks: [Int], isReachable: [Bool], rank: Int) {
    var index: [Int: Int] = [:]
    var groups: [[Int]] = []
    groupOfRank = firstRanks.enumerated().map { rank, first in
      let group = index[first] ?? groups.count
      if group == groups.count { groups.append([]) }
      index[first] = group
      groups[group].append(rank)
      return group
    }
    (self.groups, self.rank, self.isReachable) = (groups, rank, isReachable)
  }

  /// The index of this rank's group.
  package var own: Int { groupOfRank[rank] }

  /// Whether this rank speaks for its group: no rank before it, which would, was heard of less than `freshness` seconds ago.
  package func speaks(now: Double, freshness: Double, heard: (Int) -> Double) -> Bool {
    for member in groups[own] where member < rank {
      if isReachable[member], now - heard(member) < freshness { return false }
    }
    return isReachable[rank]
  }

  /// The rank of a group that is told: the first one that was heard of less than `freshness` seconds ago. If none was, another at
  /// each beat, for what this rank knows can be old. Nil if none can be reached.
  package func listener(in group: Int, beat: Int, now: Double, freshness: Double, heard: (Int) -> Double) -> Int? {
    let members = groups[group]
    for member in members where isReachable[member] && now - heard(member) < freshness { return member }
    for i in members.indices {
      let member = members[(beat + i) % members.count]
      if isReachable[member] { return member }
    }
    return nil
  }
}
