import Settings

/// When checkpoints are written, and which are kept.
package struct CheckpointSettings: SettingsGroup {
  /// Steps between checkpoints; nil is once an epoch.
  package var checkpointEvery: Int?
  /// Minutes after which a checkpoint is written even if `checkpointEvery` does not require one; 0 is never.
  package var checkpointMinutes = 10.0
  /// Newest checkpoints kept, besides the best.
  package var keep = 3

  package init() {}

  package func validate() throws {
    try requireCount(checkpointEvery, CodingKeys.checkpointEvery, to: .max)
    try require(
      (0...1e9).contains(checkpointMinutes), CodingKeys.checkpointMinutes, checkpointMinutes,
      "must be 0 (off) to 1e9 minutes")
    try requireCount(keep, CodingKeys.keep, to: 1_000_000)
  }
}
