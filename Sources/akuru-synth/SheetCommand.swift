import ArgumentParser
import Foundation
import Images
import Messages
import Typesetting

/// The command behind `akuru sheet`: reads `{"image": PATH, "text": TEXT}` lines from standard input and draws them.
struct SheetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "akuru-synth sheet", shouldDisplay: false)

  @Option var output: String
  @Option var columns: Int?
  @Option var width: Int?

  private struct Record: Decodable {
    let image: String
    let text: String
  }

  /// The whole program; returns the exit code: 0, 2 for wrong usage, 4 if the sheet cannot be written.
  static func run(_ arguments: [String]) -> Int32 {
    do {
      try parse(arguments).draw()
      return 0
    } catch let error as ImageError {
      printError("akuru: \(error)")
      return 4
    } catch {
      printError("akuru-synth: \(message(for: error).onOneLine); it is started by akuru sheet")
      return 2
    }
  }

  private func draw() throws {
    var sheet = ContactSheet(columns: columns.map { max(1, $0) }, width: width.map { max(32, $0) })
    while let line = readLine() {
      let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
      sheet.add(try? ImageFile.read(path: record.image), text: record.text.onOneLine)
    }
    try PNG.write(sheet.image(), to: output)
  }
}
