import Foundation
import TestSupport
import Testing
import Training

/// Holds the command line still: an option that is added, renamed or removed has to be so everywhere.
@Suite struct CommandLineTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
  }

  private func options(of words: [String]) throws -> [String] {
    try #require(try CommandLine.commands.get().first { $0.words == words }).options
  }

  /// `--batch-size` is the option `batchSize` of the settings.
  private func camelCase(_ option: String) -> String {
    let words = option.split(separator: "-")
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }

  @Test func trainHasTheOptionsOfTheSettings() throws {
    let flags = try options(of: ["train"]).filter { !["config", "print-config"].contains($0) }.map(camelCase)
    #expect(flags.sorted() == TrainingConfiguration.optionNames.sorted())
    #expect(Set(flags).count == flags.count)
  }

  @Test func everyOptionIsInTheManual() throws {
    let manual = try text("Launch/docs/manual.md")
    for command in try CommandLine.commands.get() where command.isShown {
      for option in command.options {
        #expect(manual.contains("`--\(option)"), "akuru \(command.words.joined(separator: " ")) --\(option)")
      }
    }
  }

  /// In an example of a help page, of README or of a document: a line of code.
  @Test func everyOptionIsInAnExample() throws {
    let documents = try [
      "README.md", "Launch/docs/manual.md", "Launch/docs/experiments.md", "Launch/docs/clusters.md",
      "Launch/docs/scaling.md", "Launch/docs/your-own-script.md",
    ].map(text)
    var code = documents.flatMap { $0.split(separator: "\n") }.filter { $0.hasPrefix("    ") }.map(String.init)
    for command in try CommandLine.commands.get() where command.isShown {
      let help = try run(product("akuru"), command.words + ["--help"], environment: ["COLUMNS": "400"]).stdout
      code += help.components(separatedBy: "USAGE:")[0].split(separator: "\n").map(String.init)
    }
    let words = Set(code.joined(separator: " ").split { $0 == " " || $0 == "=" || $0 == "`" }.map(String.init))
    for command in try CommandLine.commands.get() where command.isShown {
      for option in command.options {
        #expect(words.contains("--\(option)"), "akuru \(command.words.joined(separator: " ")) --\(option)")
      }
    }
  }

  @Test func theSeedOfTheFuzzerHasEveryOption() throws {
    let seed = try JSONSerialization.jsonObject(with: Data(text("Tests/Fuzz/Seeds/config/all").utf8)) as? [String: Any]
    #expect(seed?.keys.sorted() == TrainingConfiguration.optionNames.sorted())
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func everyOptionIsCompleted(shell: String) throws {
    let result = try akuru(["--generate-completion-script", shell])
    #expect(result.exitCode == 0 && result.stderr == "", "\(result.exitCode) \(result.stderr)")
    for command in try CommandLine.commands.get() where command.isShown {
      for option in command.options {
        #expect(result.stdout.contains(option), "akuru \(command.words.joined(separator: " ")) --\(option)")
      }
      if let word = command.words.last { #expect(result.stdout.contains(word)) }
    }
  }

  /// The examples of the manual have options that go together.
  @Test func trainingExamplesGoTogether() throws {
    let manual = try text("Launch/docs/manual.md")
    let section = try #require(manual.components(separatedBy: "### Examples\n").dropFirst().first)
    let code = section.components(separatedBy: "\n## ")[0].replacingOccurrences(of: "\\\n", with: " ")
    let lines = code.split(separator: "\n").filter { $0.hasPrefix("    akuru train DATA") }
    #expect(lines.count >= 8)
    for line in lines {
      let words = line.split(separator: " ").dropFirst(3).map(String.init).filter { $0 != "--resume" }
      let data = ["--train", "a", "--validation", "b", "--run-dir", "c"]
      let result = try akuru(["train", "--print-config"] + data + words)
      #expect(result.exitCode == 0, "\(line): \(result.transcript)")
    }
  }
}
