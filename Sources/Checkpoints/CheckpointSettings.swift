import Settings

/// When checkpoints are written, and which are kept.
package struct CheckpointSettings: SettingsGroup {
  /// Steps between checkpoints; nil is once an epoch.
  package var checkpointEvery: Int?
  /// Newest checkpoints kept, besides the best.
  package var keep = 3

  package init() {}

  package func validate() throws {
    try requireCount(checkpointEvery, CodingKeys.checkpointEvery, to: .max)
    try requireCount(keep, CodingKeys.keep, to: 1_000_000)
  }
}
