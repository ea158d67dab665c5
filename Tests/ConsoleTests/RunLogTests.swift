import Console
import Foundation
import Logging
import TestSupport
import Testing

@Suite struct RunLogTests {
  let folder = try! TemporaryDirectory()

  /// A log whose standard error is a file.
  private func withLog(rank: Int, _ body: (RunLog) throws -> Void) throws -> (terminal: [String], file: [String]) {
    let terminal = try folder.write("", "stderr")
    let descriptor = open(terminal, O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    try body(RunLog(rank: rank, standardError: descriptor))
    func lines(_ name: String) -> [String] {
      ((try? folder.text(name)) ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    return (lines("stderr"), lines("train.log"))
  }

  @Test func writesToBothPlaces() throws {
    let (terminal, file) = try withLog(rank: 0) { log in
      let logger = log.logger()
      logger.info("before the file is open")
      try log.open(folder.path + "/train.log")
      logger.info("step 12", metadata: ["loss": "0.5", "cer": "0.25"])
      logger.warning("a\nb\r\u{1B}[31mc ශ්‍රී")
      logger.debug("not shown")
      log.progress("no terminal, no progress")
    }
    #expect(terminal.count == 4 && terminal.last == "")
    #expect(file == Array(terminal.dropFirst()))
    let stamp = try Regex(#"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} "#)
    #expect(terminal.dropLast().allSatisfy { $0.prefixMatch(of: stamp) != nil })
    #expect(file[0].hasSuffix(" step 12 cer=0.25 loss=0.5"))
    #expect(file[1].hasSuffix(#" warning: a\nb\u{d}\u{1b}[31mc ශ්‍රී"#))
  }

  @Test func otherRanksAreSilent() throws {
    let (terminal, file) = try withLog(rank: 1) { log in
      try log.open(folder.path + "/train.log")
      log.logger().critical("nobody hears this")
    }
    #expect(terminal == [""] && file == [""])
    #expect(try folder.names() == ["stderr"])
  }

  @Test func levelsAndLabels() throws {
    let (terminal, _) = try withLog(rank: 0) { log in
      log.logger("other", level: .debug).debug("shown")
      log.logger(level: .error).warning("not shown")
    }
    #expect(terminal.count == 2 && terminal[0].hasSuffix(" shown"))
  }

  @Test func linesOfManyThreadsStayWhole() throws {
    let (terminal, file) = try withLog(rank: 0) { log in
      try log.open(folder.path + "/train.log")
      let logger = log.logger()
      DispatchQueue.concurrentPerform(iterations: 8) { thread in
        for line in 0..<100 { logger.info("thread \(thread) line \(line) end") }
      }
    }
    #expect(file == terminal)
    let texts = Set(file.compactMap { $0.split(separator: " ", maxSplits: 1).last.map(String.init) })
    #expect(texts == Set((0..<8).flatMap { thread in (0..<100).map { "thread \(thread) line \($0) end" } }))
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that gets full"))
  func aFullDiskIsReportedOnce() throws {
    let disk = try MemoryFileSystem(kilobytes: 16)
    let (terminal, _) = try withLog(rank: 0) { log in
      try log.open(disk.path + "/train.log")
      for _ in 0..<30 { log.logger().info("\(String(repeating: "x", count: 1000))") }
    }
    #expect(terminal.filter { $0.contains("No space left on device") }.count == 1)
    #expect(terminal.filter { $0.hasSuffix("xxx") }.count == 30)
  }
}
