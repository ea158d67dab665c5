import Foundation
import TestSupport

/// The command line as `akuru` describes it itself.
struct CommandLine {
  struct Command {
    /// The words that start it, without `akuru`.
    let words: [String]
    /// Its long options, without the hyphens, and without --help and --version.
    let options: [String]
    let isShown: Bool
  }

  /// All commands, `akuru` itself first.
  static let commands = Result { try read() }

  private struct Dump: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }
    struct Argument: Decodable {
      let names: [Name]?
    }
    struct Command: Decodable {
      let commandName: String
      let shouldDisplay: Bool
      let arguments: [Argument]?
      let subcommands: [Command]?
    }
    let command: Command
  }

  private static func read() throws -> [Command] {
    let result = try run(product("akuru"), ["--experimental-dump-help"])
    let dump = try JSONDecoder().decode(Dump.self, from: Data(result.stdout.utf8))
    var commands: [Command] = []
    func add(_ command: Dump.Command, _ words: [String]) {
      let names = (command.arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
      commands.append(
        Command(
          words: words, options: names.filter { !["help", "version"].contains($0) }, isShown: command.shouldDisplay))
      for inner in command.subcommands ?? [] where inner.commandName != "help" {
        add(inner, words + [inner.commandName])
      }
    }
    add(dump.command, [])
    return commands
  }
}
