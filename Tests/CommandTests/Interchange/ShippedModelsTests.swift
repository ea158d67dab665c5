import Foundation
import Hashing
import TestSupport
import Testing

/// The models that come with Akuru: each says what it is, and reads what it says.
@Suite struct ShippedModelsTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Launch/models")
  private static let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []

  @Test(arguments: names) func theCardIsThatOfTheModel(name: String) throws {
    let model = try Data(contentsOf: Self.folder.appendingPathComponent("\(name)/model.safetensors"))
    #expect(model.count <= 3_000_000)
    let card = try String(contentsOf: Self.folder.appendingPathComponent("\(name)/card.md"), encoding: .utf8)
    #expect(
      card.contains(hexadecimal(SHA256.hash(Array(model)))) && card.contains("Launch/develop/make-models \(name)"))
    #expect(try akuru(["models"], environment: ["AKURU_MODELS": Self.folder.path]).stdout.contains(name))
  }

  @Test func theSinhalaModelReadsWords() throws {
    let folder = try TemporaryDirectory()
    let data = folder.file("words")
    try #require(
      try run(try product("akuru-synth"), ["--output", data, "--count", "100", "--seed", "5"], timeout: 60).exitCode
        == 0)
    let result = try akuru(
      ["evaluate", "--checkpoint", "sinhala", "--data", data], environment: ["AKURU_MODELS": Self.folder.path])
    let found = try #require(result.stdout.firstMatch(of: /CER ([0-9.]+) %/), "\(result.transcript)")
    let rate = try #require(Double(found.1))
    #expect(rate < 2, "\(result.transcript)")
  }
}
