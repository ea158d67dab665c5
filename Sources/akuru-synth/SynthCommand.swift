import ArgumentParser
import Foundation
import Images
import Messages
import Typesetting

/// The command line: reads options, prints, and maps errors to exit codes.
struct SynthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "akuru-synth",
    abstract: "Render words into a data set for training text recognizers.",
    discussion: """
      The command writes an ImageFolder data set: DIR/[SPLIT/]images/000001.png and DIR/[SPLIT/]metadata.csv with file_name \
      and text. Each image shows one word, or several with --words. HarfBuzz shapes the words and Pango draws them, so \
      conjuncts, reordered vowel signs and ZWJ are correct. The same options and fonts give identical bytes for any --jobs.

      Without --corpus, half of the images show common Sinhala words and half show made-up words that cover every \
      letter, vowel sign and common conjunct.

      Examples:
        akuru-synth --output words --count 20000 --seed 1 --split train=0.9,val=0.1
        akuru-synth --output lines --count 5000 --words 8-12 --fonts all --vary --style photo
        akuru-synth --output tamil --count 20000 --corpus tamil.txt --fonts "Noto Sans Tamil"
        akuru-synth --output arabic --lines-of book.txt --fonts "Noto Naskh Arabic + Noto Sans"
        akuru-synth fonts --fonts LKLUG

      akuru-synth fonts checks fonts for letters that are drawn over each other: akuru-synth fonts --help.

      Exit status: 0 done, 2 wrong usage or a missing font, 3 words that cannot be used, 4 output that cannot be written, \
      or a folder that already contains a data set.
      """)

  @Option(help: ArgumentHelp("Folder to write to.", valueName: "dir"))
  var output: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Number of images. (default with --lines-of: the number of lines)", valueName: "n"))
  var count: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of all random choices.", valueName: "s"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("UTF-8 text whose words are drawn. (default: bundled Sinhala words)", valueName: "file"))
  var corpus: String?

  @Option(
    help: ArgumentHelp(
      "UTF-8 text whose own lines are drawn, one after the other. Longer lines are cut where a line may end, in Thai between "
        + "words, or else between letters.", valueName: "file"))
  var linesOf: String?

  @Option(
    help: ArgumentHelp(
      "With --lines-of, the letters of a line that is cut. (default: 20-60)", valueName: "min-max"))
  var lineLength: NumberRange?

  @Option(help: "Direction of the words in a line: auto (that of the first strong letter), ltr, or rtl.")
  var direction: BaseDirection = .auto

  @Option(
    help: ArgumentHelp(
      "Fonts, separated by commas: families with an optional weight, or paths of .ttf or .otf files. "
        + "\"A + B\" takes the letters that A lacks from B. "
        + "all: every installed face of Noto and Gemunu Libre, in all weights and widths, that has the letters; "
        + "\"all + B\": that has those that B lacks. "
        + "(default: \(FontCatalog.defaultNames.joined(separator: ", ")))", valueName: "names"))
  var fonts: String?

  @Option(
    help: ArgumentHelp(
      "Look of the images. plain: clean, at most a slight blur. scan: perspective, blur, paper texture, faded ink, "
        + "noise. photo: also bent pages, shadows, motion blur and JPEG artifacts."))
  var style: ImageStyle = .plain

  @Flag(
    help: ArgumentHelp(
      "Vary the outlines of letters, so that a few fonts represent many: weight and contrast of strokes, slant, width, "
        + "spacing, curvature, soft distortion, and Sinhala letters that traditional faces draw in another way."))
  var vary = false

  @Option(
    help: ArgumentHelp("Words of each image, separated by spaces, such as 8-12 for lines.", valueName: "min-max"))
  var words: NumberRange = NumberRange(1...1)

  @Option(
    help: ArgumentHelp(
      "Folders and their shares, such as train=0.9,val=0.1. No word is in two folders.", valueName: "name=share,..."))
  var split: String?

  @Option(help: ArgumentHelp("Em of the font in pixels.", valueName: "min-max"))
  var size: NumberRange = NumberRange(26...44)

  @Option(help: ArgumentHelp("White margin on each side in pixels.", valueName: "min-max"))
  var padding: NumberRange = NumberRange(2...10)

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads. (default: one for each core)", valueName: "j"))
  var jobs: Int?

  @Flag(help: "Skip words that cannot be drawn, such as misspelled ones, with a warning, instead of stopping.")
  var skipBad = false

  @Flag(help: "Replace the data set in the folder.")
  var overwrite = false

  @Flag(help: "Hide the progress.")
  var quiet = false

  /// The whole program; returns the exit code.
  static func run(_ arguments: [String]) -> Int32 {
    do {
      try parse(arguments).synthesize()
      return 0
    } catch {
      return report(error, of: Self.self)
    }
  }

  /// Prints why a command ends, or its help; returns the exit code.
  static func report<Command: ParsableCommand>(_ error: any Error, of command: Command.Type) -> Int32 {
    if let error = error as? TypesettingError {
      printError("akuru-synth: \(error)")
      return exitCode(of: error)
    }
    if command.exitCode(for: error) == .success {
      print(command.fullMessage(for: error))
      return 0
    }
    let name = command.configuration.commandName ?? "akuru-synth"
    printError("akuru-synth: \(command.message(for: error).onOneLine); see \(name) --help")
    return 2
  }

  private static func exitCode(of error: TypesettingError) -> Int32 {
    switch error {
    case .font, .option: 2
    case .corpus, .text: 3
    case .output: 4
    }
  }

  private func synthesize() throws {
    let lines = try readLines()
    if count == nil && lines == nil { throw TypesettingError.option("--count is missing: give the number of images") }
    let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    guard (1...1024).contains(jobs) else {
      throw TypesettingError.option("--jobs \(jobs): give a number from 1 to 1024")
    }
    var options = SynthesisOptions(
      count: count ?? 1, seed: seed, style: style, size: size.range, padding: padding.range,
      split: try split.map(SplitShare.parse) ?? [], words: words.range, varies: vary)
    options.direction = direction
    if count != nil { try options.validate() }
    let given = try lines ?? corpus.map { try WordCorpus.read(path: $0) }
    let faces = try faces(for: given ?? WordPool.standard(imageCount: options.count, seed: seed).groups.flatMap { $0 })
    let texts = try given.map { try drawable($0, faces, what: lines == nil ? "words" : "lines") }
    options.count = count ?? texts?.count ?? 0
    let pool =
      lines == nil
      ? texts.map { WordPool(groups: [$0]) } ?? .standard(imageCount: options.count, seed: seed)
      : WordPool(inOrder: texts ?? [])
    if pool.isInOrder, split == nil, pool.count > options.count {
      printError(
        "warning: the text has \(pool.count) lines of this length; the first \(options.count) are drawn, and --count \(pool.count) draws all"
      )
    }
    let plan = try SynthesisPlan(options: options, pool: pool, faces: faces)
    let progress = ProgressLine(total: options.count, isShown: !quiet)
    let summary = try DatasetWriter(plan: plan).write(
      to: output, jobs: jobs, overwrite: overwrite, progress: { progress.update($0) })
    progress.finish()
    report(summary, faces)
  }

  private func faces(for texts: [String]) throws -> [FontFace] {
    let names = fonts.map(fontNames)
    guard let name = names?.first, names?.count == 1, name == "all" || name.hasPrefix("all + ") else {
      return try FontCatalog.resolve(names ?? FontCatalog.defaultNames)
    }
    let fallback = name == "all" ? nil : String(name.dropFirst("all + ".count))
    return try FontCatalog.all(covering: Set(texts.lazy.flatMap(\.unicodeScalars)), fallback: fallback)
  }

  /// The texts that can be drawn; an error if some cannot, unless they are to be left out.
  private func drawable(_ texts: [String], _ faces: [FontFace], what: String) throws -> [String] {
    guard skipBad else {
      try CorpusCheck.check(texts, faces: faces)
      return texts
    }
    let check = try CorpusCheck(texts, faces: faces)
    if check.bad > 0 {
      printError("warning: left out \(check.bad) of \(texts.count) \(what) that cannot be drawn: \(check.summary)")
    }
    return check.good
  }

  /// The lines of `--lines-of`; nil without it.
  private func readLines() throws -> [String]? {
    guard let linesOf else {
      if lineLength != nil { throw TypesettingError.option("--line-length goes with --lines-of only") }
      return nil
    }
    if corpus != nil || words.range != 1...1 {
      let other = corpus == nil ? "--words" : "--corpus"
      throw TypesettingError.option("--lines-of draws lines as they are: leave \(other) out")
    }
    let letters = lineLength?.range ?? 20...60
    guard letters.lowerBound >= 1, letters.upperBound <= 1000 else {
      throw TypesettingError.option(
        "--line-length \(letters.lowerBound)-\(letters.upperBound): give numbers from 1 to 1000")
    }
    return try LineCorpus.read(path: linesOf, letters: letters, seed: seed)
  }

  private func report(_ summary: SynthesisSummary, _ faces: [FontFace]) {
    for split in summary.splits {
      let folder = split.name.isEmpty ? output : output + "/" + split.name
      print(
        "\(folder): \(split.images) images of \(split.distinctTexts) distinct \(words.range == 1...1 && linesOf == nil ? "words" : "lines")"
      )
    }
    let named = faces.prefix(8).map(\.name).joined(separator: ", ")
    print("fonts: \(named)" + (faces.count > 8 ? " and \(faces.count - 8) more" : ""))
    let (width, height) = (Int(summary.meanWidth.rounded()), Int(summary.meanHeight.rounded()))
    print("mean size: \(width) x \(height) pixels; widest at a height of 40: \(summary.largestWidthAt40)")
  }
}

extension ImageStyle: ExpressibleByArgument {}
extension BaseDirection: ExpressibleByArgument {}

/// "MIN-MAX", or one number for both.
struct NumberRange: ExpressibleByArgument {
  let range: ClosedRange<Int>

  init(_ range: ClosedRange<Int>) {
    self.range = range
  }

  init?(argument: String) {
    let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1], low <= high else {
      return nil
    }
    range = low...high
  }

  var defaultValueDescription: String { "\(range.lowerBound)-\(range.upperBound)" }
}
