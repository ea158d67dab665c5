import MessagePassing
import Messages
import Reporting

/// Accumulates a rank's times. Allocates nothing.
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
    loading += result.loadWait
    reducing += result.reduceTime
  }

  /// Returns the times of all ranks, on rank 0, and resets them. Collective.
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
