import Foundation
import Instrumentation
import Logging
import Synchronization

/// Writes checkpoints on its own thread while training continues; rank 0 has one. It writes one checkpoint at a time.
/// All methods are called from one thread, the training thread.
///
/// The writing thread has a low priority: beside a computing rank it takes a few percent of the core, and the whole core while the rank
/// waits. On a machine that other programs keep busy this is slow, so a job that the run waits for has the priority of the run.
package final class CheckpointWriter {
  /// A snapshot, and the files it goes into.
  package struct Job: Sendable {
    let checkpoint: Checkpoint
    let step: Int
    let asStep: Bool
    let asBest: Bool
    /// Whether the run waits for the job.
    let isUrgent: Bool

    package init(checkpoint: Checkpoint, step: Int, asStep: Bool, asBest: Bool, isUrgent: Bool) {
      (self.checkpoint, self.step) = (checkpoint, step)
      (self.asStep, self.asBest, self.isUrgent) = (asStep, asBest, isUrgent)
    }
  }

  private let directory: CheckpointDirectory
  private let keep: Int
  private let log: Logger
  private var running: DispatchSemaphore?
  private let outcome = Outcome()

  /// The result of the last save, read by the next one.
  private final class Outcome: Sendable {
    struct State {
      /// The best weights, if they could not be written; the next job tries again.
      var unsavedBest: Job?
      var failure: (any Error)?
    }
    let state = Mutex(State())
  }

  /// A writer into `directory` that keeps the newest `keep` checkpoints. Rank 0 creates it.
  package init(_ directory: CheckpointDirectory, keep: Int, log: Logger) {
    (self.directory, self.keep, self.log) = (directory, keep, log)
  }

  /// Starts to write, after the previous job has ended. On a failure it logs a warning and keeps the earlier files.
  package func write(_ job: Job) {
    wait()
    let done = DispatchSemaphore(value: 0)
    running = done
    let (directory, keep, log, outcome) = (directory, keep, log, outcome)
    let thread = Thread {
      if !job.isUrgent { CheckpointWriter.lowerPriority() }
      CheckpointWriter.run(job, directory, keep: keep, log: log, outcome)
      done.signal()
    }
    thread.name = "akuru checkpoint"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Lowers the priority of this thread only. Without privileges it cannot be raised again, and with the lowest one, what the end of a run
  /// waits for took most of a minute beside three busy programs.
  private static func lowerPriority() {
    #if os(Linux)
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    #endif
  }

  /// Waits until the current job is written.
  package func wait() {
    running?.wait()
    running = nil
  }

  /// Waits for the last job, and throws if one of its files was not written.
  package func finish() throws {
    wait()
    if let failure = outcome.state.withLock({ $0.failure }) { throw failure }
  }

  /// Runs on the writing thread. Only `outcome` is shared with the training thread.
  private static func run(
    _ job: Job, _ directory: CheckpointDirectory, keep: Int, log: Logger, _ outcome: Outcome
  ) {
    let pending = outcome.state.withLock { $0.unsavedBest }
    var failure: (any Error)?
    Faults.whileWritingCheckpoint(step: job.step) {
      if let best = job.asBest ? job : pending {
        do {
          try directory.saveBest(best.checkpoint)
          outcome.state.withLock { $0.unsavedBest = nil }
        } catch {
          outcome.state.withLock { $0.unsavedBest = best }
          log.warning(
            "checkpoint of the best weights (step \(best.step)) failed: \(error); the next one tries again"
          )
          failure = error
        }
      }
      if job.asStep {
        do {
          try directory.save(job.checkpoint, step: job.step, keep: keep)
        } catch {
          log.warning("checkpoint of step \(job.step) failed: \(error); the next one tries again")
          failure = error
        }
      }
    }
    outcome.state.withLock { $0.failure = failure }
  }
}
