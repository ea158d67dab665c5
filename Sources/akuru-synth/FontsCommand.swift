import ArgumentParser
import Foundation
import Messages
import Typesetting

/// Tells whether fonts draw letters over each other.
struct FontsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "akuru-synth fonts",
    abstract: "Check fonts for letters that are drawn over the next one.",
    discussion: """
      Some fonts class vowel signs to the right of their letter as marks without a width, so that programs draw the next \
      letter over them. akuru-synth gives such signs their width back. Images from other programs show text that cannot be \
      read.

      Examples:
        akuru-synth fonts --fonts LKLUG,"Noto Sans Sinhala"
        akuru-synth fonts --fonts all --corpus tamil.txt

      Exit status: 0 done, 2 wrong usage or a missing font, 3 letters overlap in images of akuru-synth as well, or a text \
      that cannot be used.
      """)

  @Option(
    help: ArgumentHelp(
      "Fonts, as for akuru-synth. all: every installed face of Noto and Gemunu Libre that has the letters of --corpus.",
      valueName: "names"))
  var fonts: String

  @Option(
    help: ArgumentHelp(
      "UTF-8 text with the letters to look at, which the fonts of --fonts all must have. (default: all letters of the fonts)",
      valueName: "file"))
  var corpus: String?

  /// The whole program; returns the exit code.
  static func run(_ arguments: [String]) -> Int32 {
    do {
      return try parse(arguments).check() ? 0 : 3
    } catch {
      return SynthCommand.report(error, of: Self.self)
    }
  }

  /// Prints a line for each face; returns false if letters overlap in images.
  private func check() throws -> Bool {
    let letters = try corpus.map { Set(try WordCorpus.read(path: $0).lazy.flatMap(\.unicodeScalars)) }
    let faces: [FontFace]
    if fonts == "all" {
      guard let letters else {
        throw TypesettingError.option("--fonts all needs --corpus: a text with the letters that the fonts must have")
      }
      faces = try FontCatalog.all(covering: letters)
    } else {
      faces = try FontCatalog.resolve(fontNames(fonts))
    }
    var isGood = true
    for face in faces {
      let found = try OverlapCheck(face, letters: letters)
      if found.bySystem.isEmpty && found.inImages.isEmpty {
        print("\(face.name.onOneLine): no letters overlap")
        continue
      }
      if !found.inImages.isEmpty { isGood = false }
      let outcome =
        found.inImages.isEmpty
        ? "not in images of akuru-synth"
        : "in images of akuru-synth: \(list(found.inImages)); choose another font for texts with them"
      print(
        "\(face.name.onOneLine): drawn over the next letter: \(found.bySystem.isEmpty ? "none" : list(found.bySystem)); \(outcome)"
      )
    }
    return isGood
  }

  private func list(_ scalars: [Unicode.Scalar]) -> String {
    scalars.prefix(8).map { "\($0.codePoint) \($0.shownAlone)" }.joined(separator: ", ")
      + (scalars.count > 8 ? " and \(scalars.count - 8) more" : "")
  }
}

/// The names in a list of fonts.
func fontNames(_ list: String) -> [String] {
  list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
}
