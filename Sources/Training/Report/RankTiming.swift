import Foundation
import MessagePassing

/// What a rank did with its time since the evaluation before.
struct RankTiming: Codable, Sendable, Equatable {
  let rank: Int
  let host: String
  let steps: Int
  /// Images that it computed; nil in records of earlier versions.
  let images: Int?
  /// Seconds of training steps.
  let seconds: Double
  /// Seconds of those that it waited for images.
  let loading: Double
  /// Seconds that it spent on adding up gradients, and waited for other ranks.
  let reducing: Double
  /// Seconds of the evaluation.
  let evaluating: Double
}

/// Adds up a rank's times. Allocates nothing.
struct RankClock {
  private var steps = 0
  private var images = 0
  private var duration = Duration.zero
  private var loading = Duration.zero
  private var reducing = Duration.zero

  mutating func add(_ result: StepResult) {
    steps += 1
    images += result.imagesHere
    duration += result.duration
    loading += result.waiting
    reducing += result.reducing
  }

  /// The times of all ranks, on rank 0; starts anew. Collective.
  mutating func gather(evaluating: Duration, over communicator: Communicator) throws -> [RankTiming] {
    let mine = RankTiming(
      rank: communicator.rank, host: communicator.hostName, steps: steps, images: images,
      seconds: duration.seconds.inThousandths,
      loading: loading.seconds.inThousandths, reducing: reducing.seconds.inThousandths,
      evaluating: evaluating.seconds.inThousandths)
    self = RankClock()
    return try communicator.gather(Array(RunJSON.line(mine).utf8)).map {
      try RunJSON.decode(RankTiming.self, from: String(decoding: $0, as: UTF8.self))
    }
  }
}
