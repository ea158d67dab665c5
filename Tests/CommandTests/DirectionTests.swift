import Checkpoints
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Texts from right to left go in and come out in logical order.
@Suite struct DirectionTests {
  /// Four letters of Hebrew and two digits, in place of the letters of `GlyphData`.
  private static let letters: [Unicode.Scalar] = ["\u{5D0}", "\u{5D1}", "\u{5D2}", "\u{5D3}", "1", "2"]

  /// Words of Hebrew letters with, at times, a number in them: letters stand from right to left, digits from left to right.
  private static func write(_ folder: String, count: Int, seed: UInt64) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var lines = ["file_name,text"]
    for index in 0..<count {
      var random = KeyedRandom(seed: seed, purpose: .test, sample: UInt32(index))
      func run(_ letters: Range<Int>, _ lengths: Range<Int>) -> [Int] {
        let length = lengths.lowerBound + random.integer(below: lengths.count)
        return (0..<length).map { _ in letters.lowerBound + random.integer(below: letters.count) }
      }
      let (first, number, last) = (run(0..<4, 1..<4), run(4..<6, 0..<3), run(0..<4, 1..<3))
      let text = String(String.UnicodeScalarView((first + number + last).map { letters[$0] }))
      let onThePage = Array(last.reversed()) + number + first.reversed()
      try PNG.write(GlyphData.image(onThePage, &random), to: "\(folder)/\(index).png")
      lines.append("\(index).png,\(text)")
    }
    try GlyphData.write(lines, to: "\(folder)/metadata.csv")
  }

  private func makeWorkshop(train: Int = 160) throws -> Workshop {
    let workshop = try Workshop(train: 4, validation: 4)
    for folder in [workshop.train, workshop.validation] { try FileManager.default.removeItem(atPath: folder) }
    try Self.write(workshop.train, count: train, seed: 1)
    try Self.write(workshop.validation, count: 24, seed: 2)
    return workshop
  }

  private func identity(_ workshop: Workshop, _ checkpoint: String) throws -> String {
    try #require(try SafeTensorsFile(checkpoint).metadata["identity"])
  }

  private struct Prediction: Decodable {
    struct Letter: Decodable { let letter: String }
    let text: String
    let letters: [Letter]
  }

  /// Training reads the words; everything that reads gives them in logical order, with the letters' confidences.
  @Test func logicalOrderGoesInAndComesOut() throws {
    let workshop = try makeWorkshop()
    let recipe = ["--height", "32", "--batch-size", "8", "--micro-batch", "4", "--augment", "none"]
    try workshop.train(ranks: 2, recipe, "run", ["--epochs", "9"])
    let rate = try #require(workshop.metrics("run", "evaluation").compactMap(\.cer).min())
    #expect(rate < 0.25)
    #expect(try identity(workshop, workshop.best("run")).contains("\"direction\":\"auto\""))

    let texts = try String(contentsOfFile: workshop.validation + "/metadata.csv", encoding: .utf8).split(
      separator: "\n"
    )
    .dropFirst().map { String($0.split(separator: ",")[1]) }
    let images = texts.indices.map { "\(workshop.validation)/\($0).png" }
    let arguments = ["predict", "--checkpoint", workshop.path("run"), "--json"]
    try GlyphData.write(texts, to: workshop.path("lm.txt"))
    for more in [[], ["--beam", "8"], ["--lm", workshop.path("lm.txt")]] {
      let result = try akuru(arguments + more + images)
      #expect(result.exitCode == 0, "\(result.transcript)")
      let read = try result.stdout.split(separator: "\n").map {
        try JSONDecoder().decode(Prediction.self, from: Data($0.utf8))
      }
      #expect(read.count == texts.count)
      let right = zip(read, texts).count { $0.text == $1 }
      // The language model knows the texts.
      #expect(right > (more.contains("--lm") ? 16 : 8), "\(more): \(right)")
      for reading in read { #expect(reading.letters.map(\.letter).joined() == reading.text) }
    }
    for format in ["onnx", "safetensors"] {
      let file = workshop.path("exported/model.\(format)")
      let result = try akuru([
        "export", "--checkpoint", workshop.path("run"), "--format", format, "--output", file,
      ])
      #expect(result.exitCode == 0, "\(result.transcript)")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
      #expect(bytes.range(of: Data("direction".utf8)) != nil, "\(format)")
    }
    // Going on from such a model, its direction is taken.
    try workshop.train(
      recipe, "next", ["--max-steps", "1", "--init-from", workshop.path("exported/model.safetensors")])
    #expect(try identity(workshop, workshop.checkpoint("next", step: 1)).contains("\"direction\":\"auto\""))
    // A policy that nobody knows is not taken for none.
    let exported = workshop.path("exported/model.safetensors")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: exported))
    let name = try #require(bytes.range(of: Data("direction\\\":\\\"auto".utf8)))
    bytes.replaceSubrange(name.upperBound - 4..<name.upperBound, with: Data("bogu".utf8))
    try bytes.write(to: URL(fileURLWithPath: exported))
    let unknown = try akuru(workshop.training(recipe, "unknown", ["--max-steps", "1", "--init-from", exported]))
    expectFailure(unknown, 2, ["--init-from", "its textPolicy is none that this version knows"])
  }

  @Test func theSameBitsOnAnyNumberOfRanksAndResumed() throws {
    let workshop = try makeWorkshop(train: 30)
    var checkpoints: Set<Data> = []
    for ranks in [1, 2, 3] {
      try workshop.train(ranks: ranks, Recipes.akuru, "run\(ranks)", ["--max-steps", "6", "--direction", "rtl"])
      checkpoints.insert(try Data(contentsOf: URL(fileURLWithPath: workshop.checkpoint("run\(ranks)", step: 6))))
    }
    let half = workshop.training(Recipes.akuru, "half", ["--direction", "rtl"])
    #expect(
      try akuru(half + ["--max-steps", "6", "--checkpoint-every", "3", "--max-minutes", "0.0001"]).exitCode == 85)
    #expect(try akuru(ranks: 2, half + ["--max-steps", "6", "--checkpoint-every", "3", "--resume"]).exitCode == 0)
    checkpoints.insert(try Data(contentsOf: URL(fileURLWithPath: workshop.checkpoint("half", step: 6))))
    #expect(checkpoints.count == 1)
    let other = try akuru(
      workshop.training(Recipes.akuru, "half", ["--max-steps", "6", "--resume", "--direction", "ltr"]))
    expectFailure(other, 2, ["--direction", "contradicts"])
  }

  /// A model whose letters all run from left to right has no direction, and the bits that it had without one.
  @Test func leftToRightHasNone() throws {
    let workshop = try Workshop(train: 16, validation: 4)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "2", "--direction", "auto"])
    #expect(try !identity(workshop, workshop.checkpoint("run", step: 2)).contains("direction"))
    let again = try akuru(
      workshop.training(Recipes.seed, "run", ["--max-steps", "2", "--direction", "auto", "--resume"]))
    #expect(again.exitCode == 0, "\(again.transcript)")
    // So is what means the same as none.
    let same = ["--direction", "ltr", "--start-weights", "pytorch", "--beta1", "0.9", "--beta2", "0.999"]
    let named = try akuru(workshop.training(Recipes.seed, "run", same + ["--max-steps", "2", "--resume"]))
    #expect(named.exitCode == 0, "\(named.transcript)")
    let other = try akuru(
      workshop.training(Recipes.seed, "run", ["--max-steps", "2", "--direction", "rtl", "--resume"]))
    expectFailure(other, 2, ["--direction rtl", "contradicts"])
  }

  /// A text that looks like another one is bad data, which one base direction for all texts mends.
  @Test func textsThatLookTheSame() throws {
    let workshop = try makeWorkshop(train: 8)
    let list = workshop.train + "/metadata.csv"
    let text = try String(contentsOfFile: list, encoding: .utf8)
    try GlyphData.write([text + "0.png,ab \u{5D0}\u{5D1}\u{5D2}"], to: list)
    let check = try akuru(["check", workshop.train])
    #expect(check.exitCode == 3 && check.stdout.contains("labels whose order a page does not tell: 1"))
    #expect(check.stdout.contains("give --direction rtl or ltr"), "\(check.transcript)")
    #expect(try akuru(["check", workshop.train, "--direction", "rtl"]).exitCode == 0)
    let bad = try akuru(workshop.training(Recipes.akuru, "run", ["--max-steps", "1"]))
    expectFailure(bad, 3, ["0.png", "1 bad record", "--direction rtl"])
    let fixed = try akuru(["check", workshop.train, "--fix", workshop.train + "/clean.jsonl", "--json"])
    #expect(fixed.exitCode == 0 && fixed.stdout.contains("\"leftOut\":1"), "\(fixed.transcript)")
  }

  @Test func aDirectionThatIsNone() throws {
    let workshop = try Workshop(train: 8, validation: 4)
    let result = try akuru(workshop.training(Recipes.akuru, "run", ["--max-steps", "1", "--direction", "up"]))
    expectFailure(result, 2, ["--direction", "up", "auto, ltr, rtl, none"])
  }
}
