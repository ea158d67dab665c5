import Foundation
import MessagePassing

/// The share of its time that each rank spent waiting since the last evaluation: for its loader, and for the slowest rank.
package struct WaitingShares: Equatable {
  /// Of each rank, 0 to 1.
  package var forData: [Double]
  package var forRanks: [Double]

  /// One rank's seconds.
  package struct Times: Codable {
    package var all = 0.0
    package var loading = 0.0
    /// Reducing, which takes the longer the earlier a rank comes to it.
    package var reducing = 0.0

    package init(all: Double = 0, loading: Double = 0, reducing: Double = 0) {
      (self.all, self.loading, self.reducing) = (all, loading, reducing)
    }

    mutating func add(_ result: StepResult) {
      all += result.duration.seconds
      loading += result.waiting.seconds
      reducing += result.reducing.seconds
    }
  }

  /// The rank that reduced for the shortest time has waited least: what others took longer, they waited.
  package init(_ ranks: [Times]) {
    let least = ranks.map(\.reducing).min() ?? 0
    func share(_ seconds: Double, _ all: Double) -> Double {
      all > 0 ? min(1, max(0, seconds / all)).inThousandths : 0
    }
    forData = ranks.map { share($0.loading, $0.all) }
    forRanks = ranks.map { share($0.reducing - least, $0.all) }
  }

  /// The shares of all ranks, at rank 0; nil elsewhere. All ranks call it.
  static func gathering(_ mine: Times, over communicator: Communicator) throws -> WaitingShares? {
    let all = try communicator.gather(Array(try RunJSON.line(mine).utf8))
    guard communicator.rank == 0 else { return nil }
    return WaitingShares(try all.map { try RunJSON.decode(Times.self, from: String(decoding: $0, as: UTF8.self)) })
  }
}
