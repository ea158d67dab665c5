import Foundation
import TestSupport
import Testing

/// A job did not come as far as a test wants it.
struct NotRunning: Error, CustomStringConvertible {
  let description: String
}

/// A job under mpirun that a test signals or kills while it runs.
struct RunningRanks {
  let mpirun: RunningProcess
  /// Process numbers of the ranks, in no order.
  let ranks: [Int32]

  /// Starts `akuru` and waits until it has written the file `awaited`.
  init(
    _ count: Int, _ arguments: [String], environment: [String: String] = [:], until awaited: String,
    timeout: Double = 60
  ) throws {
    mpirun = try startMPIRun(
      ranks: count, product: "akuru", arguments,
      environment: quietMPIRun.merging(environment) { $1 })
    let job = mpirun
    let found = waitUntil(timeout) { FileManager.default.fileExists(atPath: awaited) }
    ranks = RunningRanks.children(of: job.processIdentifier)
    if !found || ranks.count != count {
      let result = try job.wait(timeout: 1)
      throw NotRunning(description: "no \(awaited), or \(ranks.count) ranks instead of \(count): \(result.transcript)")
    }
  }

  /// See ``expectGone(_:within:sourceLocation:)``.
  func expectGone(within seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation) {
    CommandTests.expectGone(ranks, within: seconds, sourceLocation: sourceLocation)
  }

  static func children(of parent: Int32) -> [Int32] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.compactMap(Int32.init).filter { status($0)?.parent == parent }
  }

  /// A process that ended and was not yet waited for is not alive.
  static func isAlive(_ process: Int32) -> Bool {
    guard let state = status(process)?.state else { return false }
    return state != "Z" && state != "X"
  }

  /// State and parent from `/proc/N/stat`, where they follow the name in parentheses.
  private static func status(_ process: Int32) -> (state: Substring, parent: Int32)? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 1, let parent = Int32(fields[1]) else { return nil }
    return (fields[0], parent)
  }
}

/// Waits until none of these processes is left; kills those that stay longer than that, which is a failure.
func expectGone(_ processes: [Int32], within seconds: Double, sourceLocation: SourceLocation = #_sourceLocation) {
  let gone = waitUntil(seconds) { processes.allSatisfy { !RunningRanks.isAlive($0) } }
  #expect(gone, "ranks outlive mpirun", sourceLocation: sourceLocation)
  if !gone { for process in processes where RunningRanks.isAlive(process) { kill(process, SIGKILL) } }
}

/// Asks every two milliseconds until the condition holds; false when it does not within that time.
func waitUntil(_ seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
  let start = ContinuousClock.now
  while try !condition() {
    if start.duration(to: .now) > .seconds(seconds) { return false }
    usleep(2000)
  }
  return true
}
