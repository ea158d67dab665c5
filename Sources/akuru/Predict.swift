import ArgumentParser
import Console
import Datasets
import Files
import Foundation
import Images
import MessagePassing
import Messages
import Recognition

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read images and pages: print their texts, or write them into the pages.",
    discussion: """
      Examples:
        akuru predict --checkpoint runs/first photo1.png photo2.jpg
        akuru predict --checkpoint runs/first --write-text photos
        find photos -name '*.png' | akuru predict --checkpoint runs/first --json -
        akuru predict --checkpoint runs/first page1.xml page2.xml --output read
        akuru predict --checkpoint runs/first page1.xml --format alto --output alto

      Images are PNG, JPEG, TIFF (the first page) or WebP files, each of one line or word. Pages are PAGE-XML or ALTO files \
      with lines, as any segmenter writes them, with their images beside them. A folder stands for the pages and images in \
      it and in its folders, and - for paths on standard input, one on each line, or with a NUL after each (find -print0). Results are printed \
      in the order of the images, as soon as they are known: path, TAB, text; for lines of pages PAGE.xml#LINE, TAB, text. \
      What cannot be read, an error on standard error names; the others are read, and the exit status is 3. It is 4 if the \
      machine refuses to read or write it.

      An image of a page is not read: the error gives the commands that find its lines and read them. An image on which \
      nothing is written has an empty text, and a note names it.

      --output DIR writes each page to DIR: the same file with the texts, confidences and words of its lines. --format \
      alto, page, hocr, text or jsonl writes another form; text and jsonl are printed without --output.

      With --json each line is an object with image, text, confidence (the probability of the whole text) and letters \
      (each letter with its own probability, and where it begins and ends, in pixels along the line). --write-text also \
      writes the text of X.png to X.txt beside it. A file that exists is not replaced, unless --overwrite is given: an error \
      names it, and the exit status is 4.

      Control characters in a path are printed as \\n or \\u{9}. --json gives the path unchanged. Write ./-x.png for an \
      image whose name starts with a hyphen.
      """)

  @Option(
    name: [.customShort("m"), .long], help: "Checkpoint file, or run directory (its best checkpoint, else the newest).",
    completion: .file()) var checkpoint: String
  @Option(name: [.customShort("o"), .long], help: "Folder for the pages that are read.", completion: .directory)
  var output: String?
  @Option(
    help: "Form of the pages: alto, page, hocr, text or jsonl (default: that of each page).",
    completion: .list(PageFormat.allCases.map(\.rawValue))) var format: PageFormat?
  @Flag(help: "Print one JSON object for each image or line.") var json = false
  @Flag(help: "Also write the text of X.png to X.txt.") var writeText = false
  @Flag(help: "Replace files that exist, with --output or --write-text.") var overwrite = false
  @OptionGroup var decoding: Decoding
  @OptionGroup var threading: ThreadOptions
  @Argument(
    help:
      "PNG, JPEG, TIFF and WebP images, pages (PAGE-XML, ALTO), folders of these, or - for a list on standard input.",
    completion: .file())
  var images: [String]

  func validate() throws {
    if overwrite && !writeText && output == nil {
      throw ValidationError("--overwrite goes with --output or --write-text only")
    }
    if let format, json { throw ValidationError("--json prints JSON; leave out --format \(format.rawValue)") }
    if let format, output == nil, format != .text, format != .jsonl {
      throw ValidationError("--format \(format.rawValue) writes files; give a folder with --output")
    }
    if output == "" { throw ValidationError("--output \"\": give the name of a folder") }
  }

  func run() throws {
    runRanks(mayRunAlone: true) { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      let recognizer = try Recognizer(checkpoint, over: communicator, log: log)
      let reader = try communicator.together {
        try ImageReader(recognizer, decoding: decoding.options, confidence: json, threads: threading.count)
      }
      guard communicator.rank == 0 else { return .done }
      return try read(with: reader)
    }
  }

  private func read(with reader: ImageReader) throws -> ExitStatus {
    var (badImages, refusals, readImages, readPages) = (0, 0, 0, 0)
    var texts = TextFiles(replaces: overwrite)
    func report(_ error: any Error) {
      printError("akuru: \(error)")
      if ExitStatus(for: error) == .inputOutput || error is ConfigurationError { refusals += 1 } else { badImages += 1 }
    }
    let arguments = ImageArguments(images)
    let pages = PredictPages(
      reader, of: images, output: output, format: format, json: json, overwrite: overwrite)
    try reader.read(arguments) { path, result in
      switch result {
      case .success(let reading):
        readImages += 1
        if reading.isBlank { printError("akuru: \(path.onOneLine): nothing is written on it, so its text is empty") }
        try printLine(json ? RunJSON.line(reading) : "\(path.onOneLine)\t\(reading.text.onOneLine)")
        do {
          if writeText { try texts.write(reading.text, of: path) }
        } catch {
          report(error)
        }
      case .failure(let error): report(error)
      }
    } page: { path in
      readPages += 1
      let outcome = try pages.read(path)
      if let image = outcome.image { arguments.leaveOut(image) }
      for error in outcome.errors { report(error) }
    }
    // An option that had nothing to do.
    if let output, readPages == 0, readImages > 0 {
      printError(
        "akuru: --output \(output.onOneLine): nothing is written there, since no page is among the arguments; "
          + "--write-text writes the text of X.png to X.txt")
      refusals += 1
    }
    if writeText, readPages > 0, readImages == 0 {
      printError("akuru: --write-text is for images; --output DIR --format text writes the texts of pages")
      refusals += 1
    }
    return refusals > 0 ? .inputOutput : badImages > 0 ? .badData : .done
  }
}

/// The files of `--write-text`.
private struct TextFiles {
  let replaces: Bool
  /// By their bytes: names that are canonically equivalent differ.
  private var written: Set<[UInt8]> = []

  init(replaces: Bool) { self.replaces = replaces }

  /// Writes the text of `X.png` to `X.txt`; that of a name without a known suffix to `NAME.txt`.
  /// - Throws: `ConfigurationError` for a file that exists, or was written for another image; `FileError`.
  mutating func write(_ text: String, of image: String) throws {
    let file = (ImageFormat.stem(ofName: image).map { String(decoding: $0, as: UTF8.self) } ?? image) + ".txt"
    let place = "\(resolvedPath(folder(of: file)) ?? folder(of: file))/\(lastComponent(file))"
    guard written.insert(Array(place.utf8)).inserted else {
      throw ConfigurationError("\(file): written already, for another image of that name; rename one")
    }
    try writeNewFile(text + "\n", to: file, replacing: replaces)
  }
}
