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
    let words = WordCorpus.words(in: String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self))
    let faces =
      fonts == "all"
      ? try FontCatalog.all(covering: Set(words.lazy.flatMap(\.unicodeScalars)))
      : try FontCatalog.resolve(fontNames(fonts))
    let check = try CorpusCheck(words, faces: faces)
    print(check.good.map { $0 + "\n" }.joined(), terminator: "")
    if check.bad > 0 {
      printError("left out \(check.bad) of \(words.count) words that no font can draw: \(check.summary)")
    }
  }
}
