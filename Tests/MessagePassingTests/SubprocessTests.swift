import Foundation
import TestSupport
import Testing

/// The helpers that other test targets rely on.
@Suite struct SubprocessTests {
  @Test func outputAndExitCode() throws {
    let result = try run(
      "sh", ["-c", "echo out $VALUE; echo err >&2; pwd; exit 7"], environment: ["VALUE": "x y"], directory: "/")
    #expect(result.exitCode == 7 && result.stdout == "out x y\n/\n" && result.stderr == "err\n")
  }

  @Test func muchOutputDoesNotBlock() throws {
    let result = try run("sh", ["-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"])
    #expect(result.exitCode == 0 && result.stdout.utf8.count == 3_000_000 && result.stderr.utf8.count == 3_000_000)
  }

  @Test func signalsAreCodes() throws {
    #expect(try run("sh", ["-c", "kill -9 $$"]).exitCode == 137)
  }

  @Test func aProcessThatHangsIsKilled() throws {
    let error = #expect(throws: SubprocessError.self) {
      try run("sh", ["-c", "echo begun; trap '' HUP; exec sleep 600"], timeout: 0.5)
    }
    #expect(error?.description.contains("begun") == true)
  }

  @Test func aRunningProcessTakesSignals() throws {
    let process = try RunningProcess("sleep", ["600"])
    process.send(signal: SIGTERM)
    #expect(try process.wait(timeout: 60).exitCode == 128 + SIGTERM)
  }

  @Test func missingPrograms() {
    #expect(throws: SubprocessError.self) { try run("no-such-program") }
    #expect(throws: (any Error).self) { try run("/no/such/program") }
    #expect(throws: SubprocessError.self) { try product("no-such-product") }
  }

  @Test func temporaryDirectoriesGo() throws {
    var directory: TemporaryDirectory? = try TemporaryDirectory()
    let path = try #require(directory?.path)
    try "x".write(toFile: try #require(directory?.file("a.txt")), atomically: true, encoding: .utf8)
    #expect(FileManager.default.fileExists(atPath: "\(path)/a.txt"))
    directory = nil
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
