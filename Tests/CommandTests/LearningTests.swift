import Foundation
import Images
import Recognition
import Tensors
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

  static let keys = [
    "byLength", "byLetterFrequency", "cer", "confusions", "exactMatch", "graphemeCER", "images", "intervals", "loss",
    "wer",
  ]

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
    let object = try JSONSerialization.jsonObject(with: Data(alone.stdout.utf8)) as? [String: Any]
    let figures = try #require(object, "\(alone.transcript)")
    #expect(figures.keys.sorted() == Self.keys)
    #expect(figures["images"] as? Int == 24)
    let best = try #require(try Self.trained.get().evaluations.compactMap(\.cer).min())
    #expect(figures["cer"] as? Double == best, "the best checkpoint is the one that was measured")
    let interval = try #require((figures["intervals"] as? [String: [Double]])?["cer"])
    #expect(interval.count == 2 && interval[0] <= best && best <= interval[1])
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
    #expect(lines.last?.contains(/CER \d+\.\d\d % \(\d+\.\d\d-\d+\.\d\d\)/) == true, "\(result.transcript)")
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
    struct Reading: Decodable {
      struct Letter: Decodable {
        let letter: String
        let confidence: Double
      }
      let image: String
      let text: String
      let confidence: Double
      let letters: [Letter]
    }
    let readings = try json.stdout.split(separator: "\n")
      .map { try JSONDecoder().decode(Reading.self, from: Data($0.utf8)) }
    #expect(readings.map(\.image) == images)
    for (reading, record) in zip(readings, records) {
      #expect(reading.letters.map(\.letter) == reading.text.unicodeScalars.map { String($0) })
      #expect(([reading.confidence] + reading.letters.map(\.confidence)).allSatisfy { $0 > 0 && $0 <= 1 })
      if reading.confidence > 0.9 { #expect(reading.text == record[1], "\(reading)") }
    }
  }

  /// Images of many widths come out in order and as each would alone.
  @Test func manyImagesAreReadAsEachAlone() throws {
    let workshop = try trainedWorkshop()
    let images = (0..<40).map { "\(workshop.train)/\($0).png" }
    let arguments = ["predict", "--checkpoint", workshop.path("run")]
    let together = try akuru(arguments + images)
    #expect(together.exitCode == 0, "\(together.transcript)")
    let lines = together.stdout.split(separator: "\n").map(String.init)
    #expect(lines.count == 40)
    for i in stride(from: 0, to: 40, by: 13) {
      let alone = try akuru(arguments + [images[i]])
      #expect(alone.stdout == lines[i] + "\n", "\(alone.transcript)")
    }
  }

  /// A list of the words that are read helps where the letters alone do not say it.
  @Test func beamSearchWithTextReadsBetter() throws {
    let workshop = try trainedWorkshop()
    let metadata = try String(contentsOfFile: "\(workshop.validation)/metadata.csv", encoding: .utf8)
    let words = metadata.split(separator: "\n").dropFirst().map { String($0.split(separator: ",")[1]) }
    try GlyphData.write(words, to: workshop.path("words.txt"))
    for i in 0..<24 { try scratch("\(workshop.validation)/\(i).png") }
    func cer(ranks: Int? = nil, _ options: [String]) throws -> Double {
      let arguments = ["evaluate", "--checkpoint", workshop.path("run"), "--data", workshop.validation, "--json"]
      let result = try akuru(ranks: ranks, arguments + options)
      let object = try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any]
      return try #require(object?["cer"] as? Double, "\(result.transcript)")
    }
    let (greedy, beam) = (try cer([]), try cer(["--beam", "8"]))
    let list = try cer(["--lm", workshop.path("words.txt"), "--lm-weight", "1"])
    #expect(
      greedy > 0.02 && beam <= greedy + 0.05 && list < greedy / 2, "\(greedy), \(beam), \(list)")
    #expect(try cer(ranks: 3, ["--lm", workshop.path("words.txt"), "--lm-weight", "1"]) == list)
  }

  /// Covers eight columns in the middle of an image with noise.
  private func scratch(_ path: String) throws {
    var image = try PNG.read(path: path)
    var random = KeyedRandom(seed: 9, purpose: .test)
    for y in 0..<image.height {
      for x in image.width / 2 - 4..<image.width / 2 + 4 { image[x, y] = UInt8(random.integer(below: 256)) }
    }
    try PNG.write(image, to: path)
  }

  @Test func decodingOptionsThatMakeNoSense() throws {
    let workshop = try trainedWorkshop()
    try Data([0x80, 0x81]).write(to: URL(fileURLWithPath: workshop.path("latin")))
    try Data("\n\n".utf8).write(to: URL(fileURLWithPath: workshop.path("empty")))
    let cases: [(options: [String], status: Int32, message: String)] = [
      (["--beam", "0"], 2, "--beam 0: must be 1 to 1000"),
      (["--lm-weight", "1"], 2, "--lm-weight goes with --lm only"),
      (["--lm", workshop.path("none")], 3, "none: no such file"),
      (["--lm", workshop.path("latin")], 3, "is not UTF-8"),
      (["--lm", workshop.path("empty")], 3, "it is empty"), (["--lm", workshop.path("")], 3, "Is a directory"),
      (["--lm", workshop.path("latin"), "--lm-weight", "nan"], 2, "--lm-weight nan"),
    ]
    for (options, status, message) in cases {
      for ranks in [nil, 2] {
        let arguments = ["predict", "--checkpoint", workshop.path("run"), "\(workshop.train)/0.png"]
        expectFailure(try akuru(ranks: ranks, arguments + options), status, [message])
      }
    }
  }

  @Test(arguments: [nil, 2]) func comparison(ranks: Int?) throws {
    let workshop = try trainedWorkshop()
    let first = try Self.makeWorkshop()
    try first.train(["--height", "32", "--batch-size", "8", "--augment", "none"], "run", ["--max-steps", "1"])
    let runs = [first.path("run"), workshop.path("run")]
    let arguments = ["evaluate", "--compare"] + runs + ["--data", workshop.validation]
    let text = try akuru(ranks: ranks, arguments)
    #expect(text.exitCode == 0, "\(text.transcript)")
    let lines = text.stdout.split(separator: "\n")
    #expect(lines.count == 7 && lines[0].hasPrefix("A: \(runs[0]): CER ") && lines[1].hasPrefix("B: \(runs[1]): CER "))
    #expect(lines.contains { $0.hasPrefix("  CER: -") && $0.hasSuffix(": significant") }, "\(text.stdout)")
    let json = try akuru(ranks: ranks, arguments + ["--json"])
    let object = try JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: [String: Any]]
    #expect(object?.keys.sorted() == ["a", "b", "cer", "exactMatch", "graphemeCER", "wer"], "\(json.transcript)")
    #expect(object?["cer"]?["significant"] as? Bool == true && object?["a"]?.keys.sorted() == Self.keys)
    let same = try akuru(["evaluate", "--compare", runs[1], runs[1], "--data", workshop.validation])
    #expect(same.stdout.contains("  CER: 0.00 points (95 % interval 0.00 to 0.00), p = 1.000: not significant"))
    // Another program's texts, here the model's own.
    let images = (0..<24).map { "\(workshop.validation)/\($0).png" }
    let texts = try akuru(["predict", "--checkpoint", runs[1]] + images.reversed()).stdout
    try Data(texts.utf8).write(to: URL(fileURLWithPath: workshop.path("texts.tsv")))
    let other = try akuru(
      ranks: ranks, ["evaluate", "--compare", workshop.path("texts.tsv"), runs[1], "--data", workshop.validation])
    #expect(other.stdout.contains("  CER: 0.00 points (95 % interval 0.00 to 0.00)"), "\(other.transcript)")
    for (name, content, message) in [
      ("less.tsv", texts.split(separator: "\n").dropLast().joined(separator: "\n"), "/0.png is not among them"),
      ("more.tsv", texts + "none.png\tx\n", "none.png is no image of"), ("twice.tsv", texts + texts, "a text already"),
      ("form.tsv", "0.png", "not of the form path, TAB, text"),
    ] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: workshop.path(name)))
      let evaluation = ["evaluate", "--checkpoint", workshop.path(name), "--data", workshop.validation]
      expectFailure(try akuru(ranks: ranks, evaluation), 3, [workshop.path(name), message])
    }
    for wrong in [["--compare", runs[0]], ["--compare"] + runs + ["--checkpoint", runs[0]], []] {
      expectFailure(try akuru(["evaluate", "--data", workshop.validation] + wrong), 2, ["--compare"])
    }
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
    #expect(result.stderr.contains("akuru: \(text): not a PNG, JPEG, TIFF or WebP image"), "\(result.transcript)")
  }
}
