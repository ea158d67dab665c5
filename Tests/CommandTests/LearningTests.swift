import Foundation
import TestSupport
import Testing

/// Training learns, and `evaluate` and `predict` show it.
@Suite struct LearningTests {
  /// 140 steps on two ranks.
  static let trained = Result { () throws -> Trained in
    let workshop = try makeWorkshop()
    let recipe = ["--height", "32", "--batch-size", "8", "--micro-batch", "4", "--augment", "none"]
    try workshop.train(ranks: 2, recipe, "run", ["--epochs", "7"])
    return Trained(
      best: try workshop.bytes(workshop.best("run")), evaluations: try workshop.metrics("run", "evaluation"))
  }

  struct Trained {
    let best: Data
    let evaluations: [MetricsLine]
  }

  static func makeWorkshop() throws -> Workshop { try Workshop(train: 160, validation: 24) }

  /// A workshop of its own with the best checkpoint of the trained run.
  func trainedWorkshop() throws -> Workshop {
    let workshop = try Self.makeWorkshop()
    let best = workshop.best("run")
    try FileManager.default.createDirectory(
      atPath: workshop.path("run/checkpoints"), withIntermediateDirectories: true)
    try Self.trained.get().best.write(to: URL(fileURLWithPath: best))
    return workshop
  }

  static let keys = ["cer", "exactMatch", "graphemeCER", "images", "loss", "wer"]

  @Test func theErrorRateFalls() throws {
    let evaluations = try Self.trained.get().evaluations
    let (first, last) = (try #require(evaluations.first?.cer), try #require(evaluations.last?.cer))
    #expect(first > 0.6 && last < 0.3, "\(evaluations.compactMap(\.cer))")
  }

  @Test func evaluationHasTheSameFiguresOnAnyNumberOfRanks() throws {
    let workshop = try trainedWorkshop()
    let arguments = ["evaluate", "--checkpoint", workshop.path("run"), "--data", workshop.validation, "--json"]
    let alone = try akuru(arguments)
    #expect(alone.exitCode == 0 && alone.stderr == "", "\(alone.transcript)")
    let object = try JSONSerialization.jsonObject(with: Data(alone.stdout.utf8)) as? [String: Double]
    let figures = try #require(object, "\(alone.transcript)")
    #expect(figures.keys.sorted() == Self.keys)
    #expect(figures["images"] == 24)
    let best = try #require(try Self.trained.get().evaluations.compactMap(\.cer).min())
    #expect(figures["cer"] == best, "the best checkpoint is the one that was measured")
    for ranks in [1, 2, 3] {
      let result = try akuru(ranks: ranks, arguments)
      #expect(result.exitCode == 0 && result.stdout == alone.stdout, "\(result.transcript)")
    }
    let file = try akuru(["evaluate", "--checkpoint", workshop.best("run"), "--data", workshop.validation, "--json"])
    #expect(file.stdout == alone.stdout, "\(file.transcript)")
  }

  @Test func evaluationForPeopleShowsSamples() throws {
    let workshop = try trainedWorkshop()
    let result = try akuru(
      ranks: 3,
      ["evaluate", "--checkpoint", workshop.path("run"), "--data", workshop.validation, "--samples", "5"])
    #expect(result.exitCode == 0, "\(result.transcript)")
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.count == 6 && lines.last?.hasPrefix("CER ") == true, "\(result.transcript)")
    for line in lines.dropLast() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      #expect(fields.count == (fields[1] == fields[2] ? 3 : 4), "\(line)")
    }
  }

  /// Letters that the alphabet lacks and images that are too short count as errors.
  @Test func evaluationCountsWhatCannotBeRead() throws {
    let workshop = try trainedWorkshop()
    let folder = workshop.path("strange")
    try GlyphData.writeImageFolder(folder, count: 3, seed: 5)
    let word = "abcde"
    try GlyphData.write(
      ["file_name,text", "0.png,xyz", "1.png,\(String(repeating: word, count: 20))"], to: "\(folder)/metadata.csv")
    let arguments = ["evaluate", "--checkpoint", workshop.path("run"), "--data", folder, "--json"]
    let (alone, shared) = (try akuru(arguments), try akuru(ranks: 3, arguments))
    #expect(alone.exitCode == 0 && alone.stdout == shared.stdout, "\(alone.transcript)\(shared.transcript)")
    let figures = try JSONSerialization.jsonObject(with: Data(alone.stdout.utf8)) as? [String: Any]
    #expect(figures?["images"] as? Int == 2 && figures?["exactMatch"] as? Double == 0)
    #expect(figures?["cer"] as? Double ?? 0 > 0.8 && figures?["loss"] is NSNull, "\(alone.stdout)")
  }

  @Test func badEvaluationData() throws {
    let workshop = try trainedWorkshop()
    let folder = workshop.path("damaged")
    try GlyphData.writeImageFolder(folder, count: 5, seed: 6)
    try workshop.cut("\(folder)/3.png")
    let arguments = ["evaluate", "--checkpoint", workshop.path("run"), "--data", folder]
    for ranks in [1, 2, 3] {
      expectFailure(
        try akuru(ranks: ranks, arguments), 3, ["\(folder): 1 bad record", "\(folder)/3.png: truncated PNG"])
    }
    let skipping = try akuru(ranks: 2, arguments + ["--skip-bad", "--json"])
    #expect(skipping.exitCode == 0 && skipping.stdout.contains("\"images\":4"), "\(skipping.transcript)")
    #expect(skipping.stderr.contains("left out: \(folder)/3.png"))
  }

  @Test(arguments: [nil, 2]) func predictionsAreLines(ranks: Int?) throws {
    let workshop = try trainedWorkshop()
    let metadata = try String(contentsOfFile: "\(workshop.train)/metadata.csv", encoding: .utf8)
    let records = metadata.split(separator: "\n").dropFirst().prefix(12)
      .map { $0.split(separator: ",").map(String.init) }
    let images = records.map { "\(workshop.train)/\($0[0])" }
    for checkpoint in [workshop.path("run"), workshop.best("run")] {
      let result = try akuru(ranks: ranks, ["predict", "--checkpoint", checkpoint] + images)
      #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
      let lines = result.stdout.split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false)
      }
      #expect(lines.map { String($0[0]) } == images && lines.allSatisfy { $0.count == 2 }, "\(result.transcript)")
      let right = zip(lines, records).filter { $0.count == 2 && String($0[1]) == $1[1] }.count
      #expect(right >= 6, "\(result.transcript)")
    }
    let json = try akuru(ranks: ranks, ["predict", "--json", "--checkpoint", workshop.path("run")] + images)
    let objects = try json.stdout.split(separator: "\n")
      .map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
    #expect(objects.map { $0["image"] } == images && objects.allSatisfy { $0.keys.sorted() == ["image", "text"] })
  }

  @Test func resultsThatNobodyTakes() throws {
    let workshop = try trainedWorkshop()
    let program = try product("akuru")
    for arguments in [
      ["predict", "--checkpoint", workshop.path("run"), "\(workshop.train)/0.png"], ["check", workshop.train],
      ["evaluate", "--checkpoint", workshop.path("run"), "--data", workshop.validation],
    ] {
      let result = try run("/bin/sh", ["-c", "exec \"$@\" >/dev/full", "sh", program] + arguments)
      expectFailure(result, 4, ["standard output: cannot be written"])
    }
  }

  /// One bad image does not keep the others from being read.
  @Test(arguments: [nil, 3]) func predictionNamesBadImages(ranks: Int?) throws {
    let workshop = try trainedWorkshop()
    let (good, bad) = ("\(workshop.train)/0.png", workshop.path("none.png"))
    let text = workshop.path("text.png")
    try Data("hello".utf8).write(to: URL(fileURLWithPath: text))
    let result = try akuru(ranks: ranks, ["predict", "--checkpoint", workshop.path("run"), bad, good, text, good])
    #expect(result.exitCode == 3, "\(result.transcript)")
    #expect(result.stdout.split(separator: "\n").count == 2, "\(result.transcript)")
    #expect(result.stderr.contains("akuru: \(bad): cannot read"), "\(result.transcript)")
    #expect(result.stderr.contains("akuru: \(text): not a PNG image"), "\(result.transcript)")
  }
}
