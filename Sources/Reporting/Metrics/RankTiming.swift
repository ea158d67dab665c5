/// A rank's use of time since the previous evaluation.
package struct RankTiming: Codable, Sendable, Equatable {
  package let rank: Int
  package let host: String
  package let steps: Int
  /// Images that it computed; nil in records of earlier versions.
  package let images: Int?
  /// Seconds of training steps.
  package let seconds: Double
  /// Seconds of those that it spent waiting for images.
  package let loading: Double
  /// Seconds that it spent in the reduction, including waits for other ranks.
  package let reducing: Double
  /// Seconds of the evaluation.
  package let evaluating: Double

  package init(
    rank: Int, host: String, steps: Int, images: Int, seconds: Double, loading: Double, reducing: Double,
    evaluating: Double
  ) {
    (self.rank, self.host, self.steps, self.images) = (rank, host, steps, images)
    (self.seconds, self.loading, self.reducing, self.evaluating) = (seconds, loading, reducing, evaluating)
  }
}
