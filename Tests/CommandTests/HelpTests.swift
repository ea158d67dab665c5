import Foundation
import Messages
import TestSupport
import Testing

/// `--help` and shell completions: the examples are run, as they are printed, on small data.
@Suite struct HelpTests {
  /// The lines below "Example:" or "Examples:" of a command's help, lines that were broken put together.
  private static func examples(_ command: [String]) throws -> [String] {
    let result = try run(product("akuru"), command + ["--help"], environment: ["COLUMNS": "400"])
    try #require(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    var found: [String] = []
    var isInside = false
    for line in result.stdout.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.trimmingCharacters(in: .whitespaces)
      if let example = text.wholeMatch(of: /Example: (.+)/) { found.append(String(example.1)) }
      if text == "Examples:" {
        isInside = true
      } else if text.isEmpty {
        isInside = false
      } else if isInside {
        found.append(text)
      }
    }
    return found
  }

  /// What makes an example small enough for a test, at its end.
  private static func shortened(_ example: String) -> String {
    // The last of an option that is given twice counts.
    let small = " --model tutorial --channels 1 --hidden 8 --height 24 --batch-size 4 --micro-batch 2"
    if example.contains("bench step") { return example + small + " --width 80 --steps 1" }
    if example.contains("bench loader") { return example + small + " --images 4" }
    if example.contains("bench scaling") { return example + small + " --width 80 --steps 1 --repetitions 1" }
    if example.contains("akuru doctor") {
      return example.replacingOccurrences(of: "-n 8 --hostfile hosts --map-by core --bind-to core", with: "-n 1")
    }
    if example.contains("akuru serve") {
      return example.replacingOccurrences(of: "8080", with: "0") + " & job=$!; sleep 2; kill -TERM $job; wait $job"
    }
    return example.replacingOccurrences(of: "--epochs 10", with: "--epochs 2")
  }

  @Test func everyExampleRuns() throws {
    let workshop = try Workshop(train: 8, validation: 4)
    let (files, root) = (FileManager.default, workshop.path(""))
    _ = try workshop.writePages(to: "pages", 2, of: 2)
    for (source, name) in [("p.xml", "page1.xml"), ("p.xml", "page2.xml"), ("p.png", "p.png")] {
      try files.copyItem(atPath: workshop.path("pages/b0/\(source)"), toPath: workshop.path(name))
    }
    try files.createDirectory(atPath: workshop.path("data"), withIntermediateDirectories: false)
    try files.moveItem(atPath: workshop.train, toPath: workshop.path("data/train"))
    try files.moveItem(atPath: workshop.validation, toPath: workshop.path("data/val"))
    try files.createDirectory(atPath: workshop.path("photos"), withIntermediateDirectories: false)
    for name in ["photo1.png", "photo2.jpg", "photos/a.png"] {
      try files.copyItem(atPath: workshop.path("data/val/0.png"), toPath: workshop.path(name))
    }
    var environment = quietMPIRun.merging(mpiEnvironment) { $1 }
    environment["OMPI_MCA_rmaps_base_oversubscribe"] = "1"
    environment["PATH"] =
      URL(fileURLWithPath: try product("akuru")).deletingLastPathComponent().path + ":"
      + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    // Those of `train` first: they make the runs that the others read.
    let commands = try CommandLine.commands.get().filter(\.isShown).map(\.words)
    for command in commands.dropFirst() + [[]] {
      let examples = try HelpTests.examples(command)
      #expect(!examples.isEmpty, "akuru \(command) --help has no example")
      for example in examples {
        // The example of the whole program begins a run that is there by then.
        if command.isEmpty && example.contains("akuru train") {
          try files.removeItem(atPath: workshop.path("runs/first"))
        }
        let line = HelpTests.shortened(example)
        let result = try run("bash", ["-c", line], environment: environment, directory: root, timeout: 120)
        #expect(result.exitCode == 0, "\(line): \(result.transcript)")
      }
    }
  }
}
