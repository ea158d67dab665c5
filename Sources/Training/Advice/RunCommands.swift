import Messages

/// The commands with which a run goes on, for messages and the report.
package struct RunCommands {
  /// The run directory as the user named it.
  let runDir: String
  var ranks = 1

  package init(runDir: String, ranks: Int = 1) { (self.runDir, self.ranks) = (runDir, ranks) }

  private var train: String { "\(ranks > 1 ? "mpirun -n \(ranks) " : "")akuru train" }

  /// Goes on with a stopped run.
  package var resume: String { "\(train) --resume --run-dir \(runDir.shellWord)" }

  /// Goes on with a run whose schedule has no end, or ends later.
  package func resume(toStep step: Int) -> String { "\(resume) --max-steps \(step)" }

  /// A new run as long as this one, with the same options, from its best weights.
  package var again: String {
    let path = runDir.hasSuffix("/") && runDir.count > 1 ? String(runDir.dropLast()) : runDir
    return """
      \(train) --config \("\(path)/config.json".shellWord) --init-from \(path.shellWord) \
      --run-dir \("\(path)-longer".shellWord)
      """
  }

  /// A new run with the same options that is long enough to learn something.
  package func anew(steps: Int, epochs: Int?) -> String {
    let path = runDir.hasSuffix("/") && runDir.count > 1 ? String(runDir.dropLast()) : runDir
    let length = epochs.map { "--epochs \($0)" } ?? "--max-steps \(steps)"
    return "\(train) --config \("\(path)/config.json".shellWord) \(length) --run-dir \("\(path)-longer".shellWord)"
  }

  /// The command that trains a finished run for longer.
  ///
  /// - Parameters:
  ///   - length: the run's length, of which `lastStep` steps are done.
  ///   - plannedStep: the step at which the run would end without `--max-steps`; nil if nothing else ends it.
  func longer(_ length: RunLength, plannedStep: Int?) -> String {
    if let plannedStep { return plannedStep > length.lastStep ? resume(toStep: plannedStep) : again }
    return length.scheduleSteps == nil && length.lastStep <= .max / 2 ? resume(toStep: 2 * length.lastStep) : again
  }
}
