import Foundation
import Images
import Testing

/// `--augment` of a training, and `akuru augment-sheet`.
@Suite struct AugmentTests {
  private func write(_ text: String, _ workshop: Workshop) throws -> String {
    let path = workshop.path("set.json")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// The resolved set is in the checkpoint: a file is not needed again, and the bits are those of a run that went through.
  @Test func aSetOfOnesOwnIsKeptWithTheRun() throws {
    let workshop = try Workshop(train: 24, validation: 4)
    let file = try write(#"{"base": "strong", "erasing": {"chance": 0.5}}"#, workshop)
    let recipe = Recipes.seed + ["--augment", file]
    try workshop.train(ranks: 2, recipe, "whole", ["--max-steps", "6"])
    try workshop.train(recipe, "halves", ["--max-steps", "3"])
    let text = try String(contentsOfFile: workshop.path("halves/config.json"), encoding: .utf8)
    #expect(text.contains("\"erasing\"") && !text.contains("set.json"))

    try FileManager.default.removeItem(atPath: file)
    try workshop.train(Recipes.seed, "halves", ["--max-steps", "6", "--resume"])
    #expect(
      try workshop.bytes(workshop.checkpoint("halves", step: 6))
        == workshop.bytes(workshop.checkpoint("whole", step: 6)))

    let other = try akuru(
      workshop.training(Recipes.seed, "halves", ["--max-steps", "7", "--resume", "--augment", "strong"]))
    expectFailure(other, 2, ["--augment strong contradicts the run that is resumed (a set of its own"])
    _ = try write(#"{"base": "strong", "erasing": {"chance": 0.5}}"#, workshop)
    try workshop.train(recipe, "halves", ["--max-steps", "6", "--resume"])
  }

  @Test(arguments: [
    (#"{"blurr": {}}"#, #"set.json: unknown key "blurr""#), (#"{"blur": {"sigma": [0, 99]}}"#, "set.json: blur.sigma"),
    ("", "set.json: is not a JSON object"),
  ])
  func badSetsAreNamed(text: String, part: String) throws {
    let workshop = try Workshop(train: 4, validation: 2)
    let file = try write(text, workshop)
    let recipe = Recipes.seed + ["--augment", file, "--max-steps", "1"]
    expectFailure(try akuru(ranks: 2, workshop.training(recipe, "run")), 2, ["--augment ", part])
  }

  @Test func sheetShowsOriginalsAndVersions() throws {
    let workshop = try Workshop(train: 12, validation: 2)
    func sheet(_ name: String, _ options: String...) throws -> GrayImage {
      let output = workshop.path(name)
      let result = try akuru(["augment-sheet", workshop.train, "--output", output, "--count", "5"] + options)
      #expect(result.exitCode == 0 && result.stdout == "" && result.stderr == "", "\(result.transcript)")
      return try PNG.read(path: output)
    }
    let strong = try sheet("a.png", "--augment", "strong", "--seed", "3", "--versions", "4")
    #expect(strong.height == 6 + 5 * 46 && strong.width > 5 * 40)
    #expect(try sheet("b.png", "--augment", "strong", "--seed", "3", "--versions", "4") == strong)
    #expect(try sheet("c.png", "--augment", "strong", "--seed", "4", "--versions", "4") != strong)
    let plain = try sheet("d.png", "--augment", "none", "--versions", "1", "--height", "28")
    #expect(plain.height == 6 + 5 * 34)
    // The version is the original.
    let column = (plain.width - 18) / 2
    for y in 0..<plain.height {
      for x in 6..<6 + column { #expect(plain[x, y] == plain[x + column + 6, y]) }
    }
    for (options, status, part) in [
      (["--count", "0"], 2, "--count 0"), (["--versions", "21"], 2, "--versions 21"),
      (["--augment", "much"], 2, "--augment much"),
    ] as [([String], Int32, String)] {
      expectFailure(
        try akuru(["augment-sheet", workshop.train, "--output", workshop.path("e.png")] + options), status, [part])
    }
    let inImage = workshop.path("a.png/e.png")
    expectFailure(try akuru(["augment-sheet", workshop.train, "--output", inImage]), 4, ["a.png"])
    expectFailure(try akuru(["augment-sheet", workshop.path("none"), "--output", workshop.path("e.png")]), 3, ["none"])
  }
}
