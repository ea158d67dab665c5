import Foundation
import TestSupport
import Testing

/// `Tests/Structure/check`, on packages made to break one rule each.
@Suite struct StructureTests {
  static let command = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../Structure/check").standardizedFileURL.path

  private static let table = ["## Modules", "", "| target | imports |", "|---|---|", "| `A` | `B` |", "| `B` | |"]

  /// Checks a package of the modules A, which imports B, and B, which imports the C module CX, after `files` are written.
  private func check(_ files: [String: [String]]) throws -> ProcessResult {
    let folder = try TemporaryDirectory()
    var all = [
      "CONTRIBUTING.md": Self.table, "Sources/A/A.swift": ["import B"], "Sources/B/B.swift": ["internal import CX"],
      "Sources/CX/module.modulemap": ["module CX {}"], "Tests/ATests/ATests.swift": ["@testable import A"],
    ]
    all.merge(files) { $1 }
    for (name, lines) in all {
      let path = folder.file(name)
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try GlyphData.write(lines, to: path)
    }
    return try run("python3", [Self.command, folder.path])
  }

  private static func lines(_ count: Int) -> [String] { Array(repeating: "    work()", count: count) }

  @Test func acceptsWhatKeepsTheRules() throws {
    let result = try check([
      "Sources/A/Long.swift": Array(repeating: "// line", count: 350),
      "Sources/A/Function.swift": ["struct A {", "  func f() {"] + Self.lines(58) + ["  }", "}"],
      "Sources/A/schema.pb.swift": Array(repeating: "// line", count: 351),
      "Sources/A/Protocol.swift":
        ["protocol P {", "  func f(_ a: Int) -> Int", "  func g(", "    a: Int", "  ) throws"]
        + Array(repeating: "  // line", count: 60) + ["}"],
      "Sources/A/OneLine.swift": ["func f() -> Int { 1 }"] + Array(repeating: "let a = 1", count: 60) + ["}"],
      "CONTRIBUTING.md": Self.table + ["", "## Other", "", "| `D` | `E` |"],
    ])
    #expect(result.exitCode == 0 && result.stdout == "7 Swift files, 2 functions, 2 targets\n", "\(result.transcript)")
  }

  @Test(
    arguments: [
      (["struct A {", "  func f() {"], ["  }", "}"], "2: f"),
      (
        ["struct A {", "  private static func f<T: P>(", "    _ a: T", "  ) throws -> T", "  where T: Q {"],
        ["  }", "}"], "2: f"
      ),
      (["struct A {", "  public init?(_ a: Int) {"], ["  }", "}"], "2: init"),
      (["@Test(.enabled(if: a(b()), \"c\")) func f() throws {"], ["}"], "1: f"),
      (["@Test(arguments: [", "  1,", "]) func f() {"], ["}"], "3: f"),
      (["func f() {", "  func g() { 1 }"], ["}"], "1: f"),
    ] as [([String], [String], String)])
  func findsALongFunction(head: [String], tail: [String], place: String) throws {
    let result = try check(["Sources/A/Function.swift": head + Self.lines(60) + tail])
    #expect(result.exitCode == 1, "\(result.transcript)")
    let found = result.stdout.split(separator: "\n")
    #expect(found.count == 1 && found[0].hasPrefix("Sources/A/Function.swift:\(place) has "), "\(found)")
    #expect(found.first?.contains("a function has 60 at most") == true, "\(found)")
  }

  @Test(
    arguments: [
      (
        ["Tests/ATests/Long.swift": Array(repeating: "// line", count: 351)],
        "Tests/ATests/Long.swift: 351 lines; a file has 350"
      ),
      (
        ["Sources/B/Other.swift": ["@testable import A"]],
        "Sources/B/Other.swift:1: B imports A; the table of modules does not"
      ),
      (
        ["Sources/B/Other.swift": ["import struct A.Text"]],
        "Sources: modules import each other in a cycle: A -> B -> A"
      ),
      (
        ["Sources/A/A.swift": ["import Foundation"]],
        "CONTRIBUTING.md: A does not import B, which the table of modules says"
      ),
      (["Sources/C/C.swift": ["import Foundation"]], "Sources/C: the table of modules in CONTRIBUTING.md lacks C"),
      (
        ["CONTRIBUTING.md": table + ["| `D` | `B` |"]],
        "CONTRIBUTING.md: D is in the table of modules, and there is no Sources/D"
      ),
      (
        ["Sources/A/Other.swift": ["public import CX"]],
        "Sources/CX: A, B import it; a C module is imported by one target"
      ),
      (["CONTRIBUTING.md": ["# Modules"]], "CONTRIBUTING.md: there is no table with the columns target and imports"),
    ] as [([String: [String]], String)])
  func finds(files: [String: [String]], message: String) throws {
    let result = try check(files)
    #expect(result.exitCode == 1 && result.stdout.contains(message), "\(result.transcript)")
  }
}
