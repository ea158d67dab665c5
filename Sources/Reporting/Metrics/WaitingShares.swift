import Messages

/// The share of its time that each rank spent waiting since the last evaluation: for its loader, and for the slowest
/// rank.
package struct WaitingShares: Equatable {
  /// Of each rank, 0 to 1.
  let forData: [Double]
  let forRanks: [Double]

  /// The rank that reduced for the shortest time waited least; the extra time of the others is their waiting.
  package init(_ ranks: [RankTiming]) {
    let least = ranks.map(\.reducing).min() ?? 0
    func share(_ seconds: Double, _ all: Double) -> Double {
      all > 0 ? min(1, max(0, seconds / all)).inThousandths : 0
    }
    forData = ranks.map { share($0.loading, $0.seconds) }
    forRanks = ranks.map { share($0.reducing - least, $0.seconds) }
  }
}
