import ArgumentParser
import Console
import Files
import Foundation
import Images
import MessagePassing
import Messages
import Recognition

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read images and print path, TAB, text for each.",
    discussion: """
      Examples:
        akuru predict --checkpoint runs/first photo1.png photo2.jpg
        akuru predict --checkpoint runs/first --write-text photos
        find photos -name '*.png' | akuru predict --checkpoint runs/first --json -

      Images are PNG, JPEG, TIFF (the first page) or WebP files. A folder stands for the images in it and in its folders, and - for paths on \
      standard input, one on each line, or with a NUL after each (find -print0). Results are printed in the order of the \
      images, as soon as they are known. If an image cannot be read, an error on standard error names it, the other images \
      are read, and the exit status is 3; it is 4 if the machine refuses to read it, for example without permission.

      With --json each line is an object with image, text, confidence (the probability of the whole text) and letters \
      (each letter with its own probability). --write-text also writes the text of X.png to X.txt beside it. A file that \
      exists is not replaced, unless --overwrite is given: an error names it, and the exit status is 4.

      Control characters in a path are printed as \\n or \\u{9}. --json gives the path unchanged. Write ./-x.png for an \
      image whose name starts with a hyphen.
      """)

  @Option(
    name: [.customShort("m"), .long], help: "Checkpoint file, or run directory (its best checkpoint, else the newest).",
    completion: .file()) var checkpoint: String
  @Flag(help: "Print one JSON object for each image.") var json = false
  @Flag(help: "Also write the text of X.png to X.txt.") var writeText = false
  @Flag(help: "Replace text files that exist, with --write-text.") var overwrite = false
  @OptionGroup var decoding: Decoding
  @Argument(
    help: "PNG, JPEG, TIFF and WebP images, folders of images, or - for a list on standard input.", completion: .file())
  var images: [String]

  func validate() throws {
    if overwrite && !writeText { throw ValidationError("--overwrite goes with --write-text only") }
  }

  func run() throws {
    runRanks(mayRunAlone: true) { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      let recognizer = try Recognizer(checkpoint, over: communicator, log: log)
      let reader = try communicator.together {
        try ImageReader(recognizer, decoding: decoding.options, confidence: json)
      }
      guard communicator.rank == 0 else { return .done }
      var (badImages, refusals) = (0, 0)
      try reader.read(ImageArguments(images)) { path, result in
        switch result {
        case .success(let reading):
          try printLine(json ? RunJSON.line(reading) : "\(path.onOneLine)\t\(reading.text.onOneLine)")
          do {
            if writeText { try writeNewFile(reading.text + "\n", to: Predict.textFile(path), replacing: overwrite) }
          } catch {
            printError("akuru: \(error)")
            refusals += 1
          }
        case .failure(let error):
          printError("akuru: \(error)")
          if ExitStatus(for: error) == .inputOutput { refusals += 1 } else { badImages += 1 }
        }
      }
      return refusals > 0 ? .inputOutput : badImages > 0 ? .badData : .done
    }
  }

  /// `X.txt` for `X.png`; for a name without a known suffix, `NAME.txt`.
  private static func textFile(_ image: String) -> String {
    (ImageFormat.stem(ofName: image).map { String(decoding: $0, as: UTF8.self) } ?? image) + ".txt"
  }
}
