import Foundation
import TestSupport
import Testing

/// Scripts of every kind, from words to a model that reads them: a short form of `Tests/Benchmarks/scripts`.
@Suite struct ScriptsTests {
  @Test(arguments: [["hebrew", "devanagari"], ["arabic", "sinhala"], ["cyrillic", "thai"]])
  func learned(_ scripts: [String]) throws {
    let folder = try TemporaryDirectory()
    let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Benchmarks/scripts").standardizedFileURL.path
    let path = URL(fileURLWithPath: try product("akuru")).deletingLastPathComponent().path
    let environment = ["PATH": "\(path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"]
    let result = try run(
      program, ["--short", "--at-once", "1", folder.path] + scripts, environment: environment, timeout: 600)
    #expect(result.exitCode == 0, "\(result.transcript)")
    for script in scripts {
      #expect(result.stdout.contains(try Regex("\\| \(script) \\| \\d+ \\| 540 \\| [\\d.]+ % \\| 25 % \\|")))
    }
  }
}
