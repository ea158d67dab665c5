import ArgumentParser
import Foundation
import Messages
import Typesetting

/// The command behind `Launch/use/words`: reads words from standard input and prints those that an installed font can draw.
struct WordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "akuru-synth words", shouldDisplay: false)

  @Option(help: "Fonts, as for akuru-synth.") var fonts = "all"

  /// The whole program; returns the exit code.
  static func run(_ arguments: [String]) -> Int32 {
    do {
      try parse(arguments).filter()
      return 0
    } catch {
      return SynthCommand.report(error, of: Self.self)
    }
  }

  private func filter() throws {
    let words = WordCorpus.words(in: try WordCorpus.readText(FileHandle.standardInput, named: "standard input"))
    let check = try DrawableWords(words, faces: fonts == "all" ? nil : FontCatalog.resolve(fontNames(fonts)))
    print(check.good.map { $0 + "\n" }.joined(), terminator: "")
    if check.bad > 0 {
      printError("left out \(check.bad) of \(words.count) words that no font can draw: \(check.summary)")
    }
  }
}
