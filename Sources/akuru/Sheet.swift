import ArgumentParser
import Datasets
import Files
import Foundation
import Images
import MessagePassing
import Messages
import Tensors

struct Sheet: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw random images of a data set with their texts on one sheet.",
    discussion: """
      Example: akuru sheet data/train --output sheet.png --width 900

      akuru-synth draws the labels; it must be beside akuru or in PATH. An image that cannot be read appears as a crossed \
      box, and akuru check says why. A record whose text cannot be used has none, and an error names it. The same seed selects the same images.
      """)

  @Argument(help: "Data set.", completion: .file()) var data: String
  @Option(
    name: [.customShort("o"), .long], help: "PNG file to write. It must not exist yet.", completion: .file())
  var output: String
  @Option(help: "Images on the sheet.") var count = 60
  @Option(help: "Images in a row. (default: as many as fit, at most 4)") var perRow: Int?
  @Option(help: "Width of an image and its text in pixels. (default: that of the widest, at most 1600)") var width: Int?
  @Option(help: "Seed of the random selection.") var seed: UInt64 = 1
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions

  func validate() throws {
    if !(1...1000).contains(count) { throw ValidationError("--count \(count): must be 1 to 1000") }
    if let width, !(50...10_000).contains(width) { throw ValidationError("--width \(width): must be 50 to 10,000") }
    if let perRow, !(1...20).contains(perRow) { throw ValidationError("--per-row \(perRow): must be 1 to 20") }
    if !output.lowercased().hasSuffix(".png") {
      throw ValidationError("--output \(output): give a name that ends in .png")
    }
  }

  func run() throws {
    runAlone {
      if MPIRuntime.isLaunched { throw ConfigurationError("akuru sheet needs one process; start it without mpirun") }
      try requireNewFile(output)
      let records = try DataSet.load(data, groundTruth.reading()).records
      let chosen = KeyedRandom.sample(count, of: records.count, seed: seed).map { records[$0] }
      for record in chosen {
        if let fault = record.fault { printError("akuru: \(record.absolutePath): \(fault)".onOneLine) }
      }
      try createFolder(of: output)
      return try LabelSetter.draw(chosen, to: output, columns: perRow, width: width)
    }
  }
}

extension KeyedRandom {
  /// A random sample of `count` of the numbers 0 ..< whole, ascending, or all of them.
  fileprivate static func sample(_ count: Int, of whole: Int, seed: UInt64) -> [Int] {
    var random = KeyedRandom(seed: seed, purpose: .sheet)
    var chosen: [Int] = []
    // Each is taken with the probability that makes all choices equally likely (Knuth's algorithm S).
    for index in 0..<whole where random.integer(below: whole - index) < count - chosen.count { chosen.append(index) }
    return chosen
  }
}

/// `akuru-synth`, which sets the text, since the trainer does not use Pango.
private enum LabelSetter {
  static func draw(_ records: [Record], to output: String, columns: Int?, width: Int?) throws -> ExitStatus {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try locate())
    process.arguments =
      ["sheet", "--output", output] + (columns.map { ["--columns", "\($0)"] } ?? [])
      + (width.map { ["--width", "\($0)"] } ?? [])
    // A file, not a pipe: a pipe could deadlock if it filled up.
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("akuru-sheet-\(UUID().uuidString)")
    try Leftovers.beginning(folder.path) {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    defer {
      try? FileManager.default.removeItem(at: folder)
      Leftovers.finished(folder.path)
    }
    let list = folder.appendingPathComponent("records.jsonl")
    let images = RecordImages()
    let lines = try records.enumerated().map { index, record in
      var path = record.absolutePath
      if !record.isFile, let image = try? images.file(of: record) {
        path = folder.appendingPathComponent("\(index)").path
        try WholeFile.write(image, to: path)
      }
      return try RunJSON.line(["image": path, "text": record.fault == nil ? record.text : ""]) + "\n"
    }
    try Data(lines.joined().utf8).write(to: list)
    process.standardInput = try FileHandle(forReadingFrom: list)
    do {
      try Leftovers.begin(process)
    } catch {
      throw missing
    }
    process.waitUntilExit()
    Leftovers.finished(process)
    guard process.terminationReason == .exit, let status = ExitStatus(rawValue: process.terminationStatus) else {
      return .inputOutput
    }
    return status
  }

  private static func locate() throws -> String {
    let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    let folders = [beside] + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/akuru-synth") })
    else { throw missing }
    return "\(folder)/akuru-synth"
  }

  private static var missing: ConfigurationError {
    ConfigurationError(
      "akuru sheet needs akuru-synth, beside akuru or in PATH; make it with swift build -c release --product akuru-synth"
    )
  }
}
