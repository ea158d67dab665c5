import Foundation
import Messages

/// One fault that a test asks for, `rank:step:phase:kind`, as in `1:12:reduce:kill`.
///
/// - `rank`: the process that it strikes.
/// - `step`: a number, or a range `3-7`. Steps count from 1, as in the log. Before the first step it is the step at
///   which the run continues, 0 in a new run.
/// - `phase`: a name of ``Phase``. `checkpoint@N` is the N-th boundary of a checkpoint's files, counted from 0: before
///   a file is created, each write, the flush, the rename, the flush of the folder, and the removal of an old file. A
///   fault after the last boundary does not strike. `write@N` is that of all other files of the process, in any step.
/// - `kind`: see ``Kind``.
package struct FaultInjection: Sendable, Equatable {
  package let rank: Int
  package let steps: ClosedRange<Int>
  package let phase: Phase
  package let boundary: Int?
  package let kind: Kind

  package enum Kind: Sendable, Equatable {
    /// `exit` or `exit=CODE`: exits without telling MPI.
    case exit(Int32)
    /// `abort`, `kill`, `stop`, `usr1`, `term`: sends itself the signal.
    case signal(Int32)
    /// `segv`: a write to an address that is not mapped.
    case badAccess
    /// `sleep` (an hour) or `sleep=SECONDS`.
    case sleep(Double)
    /// `loop`: loops forever.
    case loop
    /// `nan-loss`, `nan-gradient`: in the first micro-batch of the step on this rank.
    case nanLoss, nanGradient
    /// `wrong-gradient`: a wrong number in the first micro-batch of the step on this rank.
    case wrongGradient
    /// `bit-flip`: one bit of one weight, after the step.
    case bitFlip
    /// `enospc`, `eio`: the system call fails.
    case error(Int32)
  }

  /// - Throws: `ConfigurationError` that says what is wrong.
  package init(_ text: Substring) throws {
    func wrong(_ why: String) -> ConfigurationError {
      ConfigurationError("\(FaultInjection.variable) \(text): \(why); it is rank:step:phase:kind, as 1:12:reduce:kill")
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4 else { throw wrong("has \(parts.count) parts instead of 4") }
    guard let rank = Int(parts[0]), rank >= 0 else { throw wrong("\(parts[0]) is no rank") }
    let ends = parts[1].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2, (0...last) ~= first else {
      throw wrong("\(parts[1]) is no step")
    }
    let place = parts[2].split(separator: "@", omittingEmptySubsequences: false)
    guard let phase = Phase(name: place[0]) else { throw wrong("\(place[0]) is no phase") }
    if place.count > 1 {
      guard phase == .checkpoint || phase == .write, place.count == 2, let number = Int(place[1]), number >= 0 else {
        throw wrong("\(parts[2]) is no boundary")
      }
      boundary = number
    } else {
      boundary = nil
    }
    guard let kind = Kind(parts[3]) else { throw wrong("\(parts[3]) is no kind") }
    guard kind.goes(with: phase) else { throw wrong("\(parts[3]) does not go with \(phase)") }
    (self.rank, steps, self.phase, self.kind) = (rank, first...last, phase, kind)
  }

  static let variable = "AKURU_FAULT"
}

extension FaultInjection.Kind {
  fileprivate init?(_ text: Substring) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let value = parts.count > 1 ? Double(parts[1]) : nil
    guard let name = parts.first, parts.count == 1 || value.map({ (0...1e6) ~= $0 }) == true else { return nil }
    switch name {
    case "exit": self = .exit(Int32(value ?? 1))
    case "sleep": self = .sleep(value ?? 3600)
    case _ where value != nil: return nil
    case "abort": self = .signal(SIGABRT)
    case "kill": self = .signal(SIGKILL)
    case "stop": self = .signal(SIGSTOP)
    case "usr1": self = .signal(SIGUSR1)
    case "term": self = .signal(SIGTERM)
    case "segv": self = .badAccess
    case "loop": self = .loop
    case "nan-loss": self = .nanLoss
    case "nan-gradient": self = .nanGradient
    case "wrong-gradient": self = .wrongGradient
    case "bit-flip": self = .bitFlip
    case "enospc": self = .error(ENOSPC)
    case "eio": self = .error(EIO)
    default: return nil
    }
  }

  /// Faults that change numbers belong to a step; faults that fail a system call belong to a file.
  fileprivate func goes(with phase: Phase) -> Bool {
    switch self {
    case .nanLoss, .nanGradient, .wrongGradient, .bitFlip: phase == .step
    case .error: phase == .checkpoint || phase == .write
    case .exit, .signal, .badAccess, .sleep, .loop: true
    }
  }

  /// Performs the faults that are possible anywhere. Returns if the process continues.
  func act() {
    switch self {
    case .exit(let code): _exit(code)
    case .signal(SIGABRT): abort()
    case .signal(let number): kill(getpid(), number)
    case .badAccess: memset(UnsafeMutableRawPointer(bitPattern: 8)!, 1, 8)
    case .sleep(let seconds): Thread.sleep(forTimeInterval: seconds)
    case .loop: while true { sched_yield() }
    case .nanLoss, .nanGradient, .wrongGradient, .bitFlip, .error: break
    }
  }
}
