import Foundation
import Messages
import TestSupport
import MessagePassing
import Testing
import Training

/// The lease of a run directory, which other machines respect; `BadRunDirectoryTests` have jobs that compete.
@Suite struct RunLeaseTests {
  private let folder = try! TemporaryDirectory()
  private let foreign = "process 17 on elsewhere, 4711\n"

  /// Writes a lease that was renewed so many seconds ago.
  private func write(_ text: String, age: TimeInterval) throws {
    let path = try folder.write(text, ".lease")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
  }

  /// Takes the lease and gives it back; what was logged, and what the file said meanwhile.
  private func take(isLocked: Bool = true) throws -> (log: [String], text: String) {
    var log: [String] = []
    let lease = try RunLease(folder.path, isLocked: isLocked) { log.append($0) }
    let text = try folder.text(".lease")
    lease.end()
    return (log, text)
  }

  @Test func aNewLeaseNamesHostAndProcess() throws {
    let (log, text) = try take()
    #expect(log == [])
    #expect(text.hasPrefix("process \(getpid()) on \(Communicator.ownHostName), ") && text.hasSuffix("\n"))
    #expect(try folder.names() == [], "it was given back, and the clock's file is gone")
    #expect(try take().text != text, "each has a number of its own")
  }

  /// On this machine the lock is proof that the other job is dead, however new its lease is.
  @Test func aDeadJobsLeaseIsTakenOver() throws {
    try write("process 17 on \(Communicator.ownHostName), 4711 and a long rest of a line that must go\n", age: 0)
    let (log, text) = try take()
    #expect(
      log == [
        "taking the run directory \(folder.path) over from process 17 on \(Communicator.ownHostName), which ended without a word"
      ])
    #expect(text.hasPrefix("process \(getpid()) on ") && text.split(separator: "\n").count == 1, "\(text)")
  }

  @Test(arguments: [true, false]) func aStaleForeignLeaseIsTakenOver(isLocked: Bool) throws {
    try write(foreign, age: TimeInterval(RunLease.duration) + 5)
    #expect(
      try take(isLocked: isLocked).log == [
        "taking the run directory \(folder.path) over from process 17 on elsewhere, which ended without a word"
      ])
  }

  @Test func oneThatIsAlmostStaleIsWaitedFor() throws {
    try write(foreign, age: TimeInterval(RunLease.duration) - 2)
    let log = try take().log
    #expect(log.count == 2 && log[0].hasPrefix("waiting up to "), "\(log)")
    #expect(log[0].hasSuffix(" s: process 17 on elsewhere may still write \(folder.path)"), "\(log)")
    #expect(log.last?.hasPrefix("taking the run directory ") == true)
  }

  /// A job that renews its lease lives; its file stays as it is. Without locks that is so on this machine too.
  @Test(arguments: ["elsewhere", Communicator.ownHostName]) func aJobThatRenewsLives(host: String) throws {
    let text = "process 17 on \(host), 4711\n"
    try write(text, age: 30)
    let path = folder.file(".lease")
    DispatchQueue.global().async {
      usleep(300_000)
      try? Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    let error = thrown(RunDirectoryError.self) { _ = try take(isLocked: host == "elsewhere") }
    #expect(
      error?.description
        == "\(folder.path) is being written by another job (process 17 on \(host)); wait for it to end, or choose another "
        + "--run-dir")
    #expect(error?.exitStatus == .inputOutput)
    #expect(try folder.text(".lease") == text)
  }

  /// A lease that another job has taken meanwhile is not taken away from it.
  @Test func onlyTheOwnLeaseIsGivenBack() throws {
    let lease = try RunLease(folder.path, isLocked: true) { _ in }
    try write(foreign, age: 0)
    lease.end()
    #expect(try folder.text(".lease") == foreign)
  }

  @Test func aFolderThatIsGoneIsAnError() {
    let error = thrown(RunDirectoryError.self) { _ = try RunLease(folder.file("none"), isLocked: true) { _ in } }
    #expect(error?.description.hasPrefix("cannot create \(folder.file("none"))/.lease: No such file") == true)
  }
}
