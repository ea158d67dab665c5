import Datasets
import Foundation
import TestSupport
import Testing

/// Pages that go to kraken: its own parser reads the same lines and texts, and the schemas of ALTO and PAGE hold.
@Suite struct KrakenPagesTests {
  private static let kraken = ProcessInfo.processInfo.environment["AKURU_KRAKEN_PYTHON"]

  private struct Line: Decodable {
    let id: String
    let text: String
    let baseline: [[Int]]
    let boundary: [[Int]]
  }

  @Test(
    .enabled(if: kraken != nil, "AKURU_KRAKEN_PYTHON names no Python with kraken"), arguments: ["page", "alto"])
  func krakenReadsTheSameLines(format: String) throws {
    let workshop = try Workshop(train: 12, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "60"])
    let page = try workshop.writePages(to: "pages", 1, of: 12) + "/b0/p.xml"
    func predict(_ arguments: String...) throws {
      let result = try akuru(["predict", "--checkpoint", workshop.path("run")] + arguments)
      #expect(result.exitCode == 0, "\(result.transcript)")
    }
    try predict(page, "--format", format, "--output", workshop.path("out"))
    let written = workshop.path("out/p.xml")
    let document = try PageDocument.read(Array(workshop.bytes(written)), path: written)
    // kraken looks for the image.
    try FileManager.default.copyItem(atPath: workshop.path("pages/b0/p.png"), toPath: workshop.path("out/p.png"))
    let script = try #require(Bundle.module.path(forResource: "check_pages", ofType: "py", inDirectory: "Scripts"))
    let read = try run(try #require(Self.kraken), [script, written], timeout: 300)
    #expect(read.exitCode == 0, "\(read.transcript)")
    let lines = try read.stdout.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    #expect(lines.count == 12 && document.lines.count == 12)
    for (line, other) in zip(document.lines, lines) {
      #expect(line.id == other.id && (line.text == other.text || line.text == "" && other.text == " "))
      #expect(line.outline.baseline.map { [Int($0.x), Int($0.y)] } == other.baseline)
      #expect(line.outline.polygon.map { [Int($0.x), Int($0.y)] } == other.boundary)
    }
    // A second reading writes into the page, with the texts that it has.
    try predict(written, "--output", workshop.path("again"))
    let schemas = try #require(Bundle.module.path(forResource: "check_schemas", ofType: "py", inDirectory: "Scripts"))
    let checked = try run(
      try #require(Self.kraken), [schemas, written, workshop.path("again/p.xml")], timeout: 300)
    #expect(checked.exitCode == 0 && checked.stdout == "2 files are valid\n", "\(checked.transcript)")
  }
}
