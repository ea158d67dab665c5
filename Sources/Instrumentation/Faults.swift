import Foundation
import Synchronization

/// The faults of this process: those that `AKURU_FAULT` (separated by commas) assigns to this rank. Without the
/// variable, the cost is one test of a constant.
///
/// With `AKURU_FAULT_ONCE=FILE` a fault strikes only if FILE does not exist, and creates it: a restarted job runs
/// undisturbed.
package enum Faults {
  /// - Throws: `ConfigurationError` when the variable is malformed.
  package static func check() throws { _ = try parsed.get() }

  private static let parsed = Result {
    let environment = ProcessInfo.processInfo.environment
    // Open MPI and PMIx set the rank in the environment before MPI starts.
    let rank = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK"].lazy.compactMap { environment[$0].flatMap(Int.init) }.first ?? 0
    return try (environment[FaultInjection.variable] ?? "").split(separator: ",").map(FaultInjection.init)
      .filter { $0.rank == rank }
  }
  private static let all = (try? parsed.get()) ?? []
  /// Whether this process has faults at all.
  package static let areInjected = !all.isEmpty

  private static let once = ProcessInfo.processInfo.environment["AKURU_FAULT_ONCE"]
  /// The last step in which each fault struck: a fault strikes once per step.
  private static let struck = Mutex([Int](repeating: -1, count: all.count))
  /// The thread that is writing a checkpoint, the checkpoint's step and the number of its next boundary.
  private static let writing = Mutex<(thread: pthread_t, step: Int, boundary: Int)?>(nil)

  /// Triggers the faults of a phase, except those of single file boundaries and those that change numbers.
  package static func strike(_ phase: Phase, step: Int) {
    guard areInjected else { return }
    for (i, fault) in all.enumerated() where fault.phase == phase && fault.steps ~= step && fault.boundary == nil {
      switch fault.kind {
      case .nanLoss, .nanGradient, .wrongGradient, .bitFlip, .error: continue
      case .exit, .signal, .badAccess, .sleep, .loop: if isDue(i, step) { fault.kind.act() }
      }
    }
  }

  /// `nanLoss`, `nanGradient` or `wrongGradient` if this step's numbers must be spoiled; once per step.
  package static func spoiling(step: Int) -> FaultInjection.Kind? {
    guard areInjected else { return nil }
    return [.nanLoss, .nanGradient, .wrongGradient].first { take($0, step) }
  }

  /// Flips the lowest bit of one weight if a fault asks for it in this step.
  package static func flipBit(in weights: UnsafeMutablePointer<Float>, step: Int) {
    guard areInjected, take(.bitFlip, step) else { return }
    weights[0] = Float(bitPattern: weights[0].bitPattern ^ 1)
  }

  private static func take(_ kind: FaultInjection.Kind, _ step: Int) -> Bool {
    all.indices.contains { all[$0].kind == kind && all[$0].steps ~= step && isDue($0, step) }
  }

  private static func isDue(_ fault: Int, _ step: Int) -> Bool {
    let isNew = struck.withLock { struck in
      defer { struck[fault] = step }
      return struck[fault] != step
    }
    guard isNew else { return false }
    guard let once else { return true }
    let file = open(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if file >= 0 { close(file) }
    return file >= 0
  }

  /// Counts the boundaries of the files that `body` writes on this thread as those of a checkpoint.
  package static func whileWritingCheckpoint<Value, Failure: Error>(
    step: Int, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard areInjected else { return try body() }
    writing.withLock { $0 = (pthread_self(), step, 0) }
    defer { writing.withLock { $0 = nil } }
    return try body()
  }

  /// Marks the place before a system call on a file. Returns the error that the call must fail with, if any.
  package static func boundary() -> Int32? {
    guard areInjected else { return nil }
    let isOfCheckpoint = writing.withLock { $0.map { pthread_equal($0.thread, pthread_self()) != 0 } ?? false }
    guard isOfCheckpoint else { return otherBoundary() }
    let place = writing.withLock { writing -> (step: Int, boundary: Int)? in
      guard let now = writing, pthread_equal(now.thread, pthread_self()) != 0 else { return nil }
      writing = (now.thread, now.step, now.boundary + 1)
      return (now.step, now.boundary)
    }
    guard let place else { return nil }
    for (i, fault) in all.enumerated() where fault.phase == .checkpoint && fault.steps ~= place.step {
      if case .error(let code) = fault.kind, fault.boundary ?? place.boundary == place.boundary { return code }
      if fault.boundary == place.boundary, isDue(i, place.step) { fault.kind.act() }
    }
    return nil
  }

  /// Marks a place in the files that are no checkpoint.
  private static func otherBoundary() -> Int32? {
    let number = others.add(1, ordering: .relaxed).oldValue
    for (i, fault) in all.enumerated() where fault.phase == .write && fault.boundary ?? number == number {
      if case .error(let code) = fault.kind { return code }
      if isDue(i, number) { fault.kind.act() }
    }
    return nil
  }

  /// Boundaries of files that are no checkpoint.
  private static let others = Atomic<Int>(0)
}
