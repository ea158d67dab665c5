import Instrumentation

/// Decides from the ranks' progress when a job has stalled: no rank has made progress for too long.
///
/// The deadline is ten times the median interval between this rank's progress counts in the phase that any rank is in,
/// and at least `timeout`. Times are in seconds of any clock. Nothing here allocates after `init`.
package struct StallClock {
  package let timeout: Double
  package private(set) var ranks: [Rank]
  private let own: Int
  /// The last intervals between this rank's progress counts, by phase.
  private var intervals: [[Double]]
  private var intervalCount: [Int]
  private var sorted: [Double]

  /// The last known state of a rank.
  package struct Rank {
    package var place: UInt64 = 0
    package var count = -1
    /// The time of the rank's last heartbeat; for this rank, now.
    package var heard: Double
    /// The time of its last observed progress.
    package var moved: Double

    package var phase: Phase { Phase(rawValue: UInt8(truncatingIfNeeded: place >> 56)) ?? .start }
    package var step: Int { Int(place & 0xFF_FFFF_FFFF_FFFF) }
  }

  private static let remembered = 15

  package init(timeout: Double, ranks: Int, own: Int, now: Double) {
    (self.timeout, self.own) = (timeout, own)
    self.ranks = [Rank](repeating: Rank(heard: now, moved: now), count: ranks)
    intervals = [[Double]](
      repeating: [Double](repeating: 0, count: StallClock.remembered), count: Phase.allCases.count)
    intervalCount = [Int](repeating: 0, count: Phase.allCases.count)
    sorted = [Double](repeating: 0, count: StallClock.remembered)
  }

  /// Records the progress of a rank.
  ///
  /// - Parameters:
  ///   - place: its phase in the upper 8 bits, its step in the others.
  ///   - count: its progress count.
  ///   - now: when it told this.
  package mutating func hear(_ rank: Int, place: UInt64, count: Int, now: Double) {
    ranks[rank].heard = max(ranks[rank].heard, now)
    guard count != ranks[rank].count else { return }
    if rank == own && ranks[rank].count >= 0 {
      let phase = Int(ranks[rank].phase.rawValue)
      intervals[phase][intervalCount[phase] % StallClock.remembered] = now - ranks[rank].moved
      intervalCount[phase] += 1
    }
    (ranks[rank].place, ranks[rank].count) = (place, count)
    ranks[rank].moved = max(ranks[rank].moved, now)
  }

  /// This process was suspended and continues: heartbeats missed while suspended do not count.
  package mutating func forgive(now: Double) {
    for i in ranks.indices { (ranks[i].heard, ranks[i].moved) = (now, now) }
  }

  /// Seconds since any rank made progress.
  package func idle(now: Double) -> Double {
    var latest = -Double.infinity
    for rank in ranks { latest = max(latest, rank.moved) }
    return now - latest
  }

  /// The current deadline in seconds.
  package mutating func deadline() -> Double {
    var longest = timeout
    for i in ranks.indices { longest = max(longest, 10 * median(Int(ranks[i].phase.rawValue))) }
    return longest
  }

  private mutating func median(_ phase: Int) -> Double {
    let count = min(intervalCount[phase], StallClock.remembered)
    guard count > 0 else { return 0 }
    for i in 0..<count {
      var j = i
      while j > 0 && sorted[j - 1] > intervals[phase][i] {
        sorted[j] = sorted[j - 1]
        j -= 1
      }
      sorted[j] = intervals[phase][i]
    }
    return sorted[count / 2]
  }

  /// Whether a rank sent no heartbeat for `silence` seconds in which another rank was heard, or no rank was heard at all.
  ///
  /// On a busy machine all heartbeats are late, which says nothing about one rank.
  package func isSilent(_ rank: Int, now: Double, silence: Double) -> Bool {
    guard rank != own else { return false }
    var newest = -Double.infinity
    for other in ranks.indices where other != own { newest = max(newest, ranks[other].heard) }
    return (now - newest > silence ? now : newest) - ranks[rank].heard > silence
  }

  /// The ranks to blame for a stall: those that are silent; else those that are behind, or work while others wait; else
  /// none.
  package func missing(now: Double, silence: Double) -> [Int] {
    let silent = ranks.indices.filter { isSilent($0, now: now, silence: silence) }
    if !silent.isEmpty { return silent }
    let first = ranks.map(\.order).min()!
    let behind = ranks.indices.filter { ranks[$0].order == first }
    return behind.count < ranks.count ? behind : []
  }
}

extension StallClock.Rank {
  /// Of two ranks, the one that delays the other has the smaller value: an earlier step, or work while the other waits.
  fileprivate var order: Int { 2 * step + (phase == .reduce ? 1 : 0) }
}
