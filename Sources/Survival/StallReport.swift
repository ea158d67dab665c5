import Messages

/// The watchdog's report of a stall: which ranks are missing, and the progress of each.
package struct StallReport {
  /// A summary line, and a line for each rank.
  package let text: String
  /// The same for `train.log`.
  package var logText: String {
    text.replacing("akuru: ", with: "\(timeStamp()) error: ", maxReplacements: 1)
  }

  package init(_ clock: StallClock, names: [String], own: Int, silence: Double, now: Double) {
    func name(_ rank: Int) -> String { rank < names.count ? names[rank] : "this process" }
    func place(_ rank: Int) -> String {
      "\(clock.ranks[rank].phase) of step \(clock.ranks[rank].step)"
    }
    func age(_ time: Double) -> String { "\((now - time).formatted(decimals: 0)) s" }
    let missing = clock.missing(now: now, silence: silence)
    let blame = missing.prefix(8).map { rank in
      let entry = clock.ranks[rank]
      return clock.isSilent(rank, now: now, silence: silence)
        ? "\(name(rank)) was not heard of for \(age(entry.heard)) (stopped, dead or cut off), last in \(place(rank))"
        : "\(name(rank)) hangs in \(place(rank))"
    }
    let more = missing.count > 8 ? " and \(missing.count - 8) more" : ""
    let who =
      missing.isEmpty ? "all ranks hang in \(place(own))" : blame.joined(separator: "; ") + more
    let idle = clock.idle(now: now).formatted(decimals: 0)
    var lines = [
      """
      akuru: stalled: \(who); no rank got on for \(idle) s, so the job ends with status 86; raise --stall-timeout if this \
      was only slow
      """
    ]
    for (rank, entry) in clock.ranks.enumerated() {
      let heard = rank == own ? "" : "heard of \(age(entry.heard)) ago, "
      lines.append("  \(name(rank)): \(place(rank)), \(heard)got on \(age(entry.moved)) ago")
    }
    text = lines.joined(separator: "\n") + "\n"
  }
}
