import Settings

/// When a job counts as stalled.
package struct StallSettings: SettingsGroup {
  /// Shortest time in seconds without progress that ends the job; 0 is never.
  package var stallTimeout = 60.0

  package init() {}

  package func validate() throws {
    try require(
      stallTimeout == 0 || (1...1e9) ~= stallTimeout, CodingKeys.stallTimeout, stallTimeout,
      "must be 1 to 1e9 seconds, or 0 to switch it off")
  }
}
