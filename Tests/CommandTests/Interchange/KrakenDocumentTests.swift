import Foundation
import TestSupport
import Testing

/// The commands of `Launch/docs/kraken.md`, in order, on small pages: segmentation, training, reading in kraken, and back.
@Suite struct KrakenDocumentTests {
  private static let kraken = ProcessInfo.processInfo.environment["AKURU_KRAKEN_PYTHON"]

  /// Lines that are indented by four spaces.
  private static func commands() throws -> [String] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../Launch/docs/kraken.md")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("    ") }
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func shortened(_ command: String) -> String {
    let isFirst = command.contains("akuru train") && !command.contains("--init-from")
    let network = isFirst ? " --model '[1,24,0,1 Cr3,3,4 Mp2,2 Lbx8]'" : ""
    return command.contains("akuru train") ? "\(command)\(network) --max-steps 5 --batch-size 4" : command
  }

  @Test(.enabled(if: kraken != nil, "AKURU_KRAKEN_PYTHON names no Python with kraken"))
  func everyCommandRuns() throws {
    let workshop = try Workshop()
    let library = try workshop.writePages(to: "library", 6, of: 4)
    let folder = try TemporaryDirectory()
    let files = FileManager.default
    try files.copyItem(atPath: "\(library)/b0/p.png", toPath: folder.file("page.png"))
    try files.copyItem(atPath: library, toPath: folder.file("export"))
    try files.copyItem(atPath: workshop.validation, toPath: folder.file("lines"))
    let programs = [try #require(Self.kraken), try product("akuru")].map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().path
    }
    let path = programs + [ProcessInfo.processInfo.environment["PATH"] ?? ""]
    let environment = ["PATH": path.joined(separator: ":")]
    let commands = try Self.commands()
    #expect(commands.count == 9)
    for command in commands {
      let line = Self.shortened(command)
      let result = try run("bash", ["-c", line], environment: environment, directory: folder.path, timeout: 600)
      #expect(result.exitCode == 0, "\(line): \(result.transcript)")
    }
    for file in ["page.xml", "page.txt", "second.safetensors"] {
      #expect(files.fileExists(atPath: folder.file(file)), "\(file) is missing")
    }
  }
}
