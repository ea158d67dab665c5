import Foundation
import Testing

/// Shards and weights from the command line.
@Suite struct ShardTrainingTests {
  private let recipe = Recipes.seed + ["--epochs", "2"]

  @Test func shardsTrainToTheSameBitsAsTheirFolder() throws {
    let workshop = try Workshop(train: 45, validation: 11)
    try workshop.train(recipe, "folder", ["--max-steps", "12"])
    for (data, shards) in [(workshop.train, "train-shards"), (workshop.validation, "val-shards")] {
      let result = try akuru(["pack", data, "--output", workshop.path(shards), "--shard-size", "8K"])
      #expect(result.exitCode == 0, "\(result.transcript)")
    }
    let shards = ["--train", workshop.path("train-shards"), "--validation", workshop.path("val-shards")]
    for (ranks, run, more) in [(1, "shards", []), (3, "uncached", ["--cache", "none"])] {
      let result = try akuru(
        ranks: ranks, ["train"] + shards + ["--run-dir", workshop.path(run), "--max-steps", "12"] + recipe + more)
      #expect(result.exitCode == 0, "\(result.transcript)")
      #expect(try workshop.checkpoints(run) == workshop.checkpoints("folder"))
    }
    #expect(!FileManager.default.fileExists(atPath: workshop.path("uncached/cache")))
    // A run on the folder goes on with the shards, and the data set is read in the same way by the others.
    try FileManager.default.copyItem(atPath: workshop.path("folder"), toPath: workshop.path("both"))
    let resumed = try akuru(["train"] + shards + ["--run-dir", workshop.path("both"), "--resume"])
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    let evaluated = try [workshop.validation, workshop.path("val-shards")].map {
      try akuru(["evaluate", "--checkpoint", workshop.path("folder"), "--data", $0, "--json"]).stdout
    }
    #expect(evaluated[0] == evaluated[1] && evaluated[0].contains("\"images\":11"))
    let check = try akuru(["check", workshop.path("train-shards")])
    #expect(check.exitCode == 0 && check.stdout.contains("records: 45"), "\(check.transcript)")
  }

  @Test func weightsBelongToTheRun() throws {
    let workshop = try Workshop(train: 20, validation: 6)
    try GlyphData.writeImageFolder(workshop.path("more"), count: 15, seed: 3)
    func training(_ weights: (String, String), _ run: String, _ more: [String]) -> [String] {
      [
        "train", "--train", "\(workshop.train)\(weights.0),\(workshop.path("more"))\(weights.1)", "--validation",
        workshop.validation, "--run-dir", workshop.path(run),
      ] + recipe + more
    }
    for (ranks, run) in [(1, "one"), (3, "three")] {
      let result = try akuru(ranks: ranks, training((":2", ":0.5"), run, []))
      #expect(result.exitCode == 0, "\(result.transcript)")
      // 2 * 20 + 0.5 * 15 draws, rounded, are 6 steps of 8 images.
      #expect(result.stderr.contains("35 training (48 draws an epoch)"), "\(result.transcript)")
      #expect(try workshop.metrics(run, "evaluation").map(\.step) == [6, 12])
    }
    #expect(try workshop.checkpoints("one") == workshop.checkpoints("three"))
    expectFailure(
      try akuru(training((":2", ""), "one", ["--resume"])), 2,
      ["--train", "contradicts the run that is resumed", "weights 2.0, 0.5"])
    let resumed = try akuru(training((":2", ":0.50"), "one", ["--resume"]))
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    expectFailure(try akuru(training((":2000", ""), "bad", [])), 2, ["a weight must be above 0, at most 1000"])
    expectFailure(try akuru(["check", "\(workshop.train):2"]), 2, ["weights go with --train only"])
  }

  @Test func packRefuses() throws {
    let workshop = try Workshop(train: 6, validation: 2)
    let output = workshop.path("shards")
    for size in ["0", "12X", "1023", "-1", "99999999G", ""] {
      expectFailure(
        try akuru(["pack", workshop.train, "--output", output, "--shard-size=\(size)"]), 2, ["--shard-size"])
    }
    expectFailure(
      try akuru(["pack", workshop.train, "--output", workshop.validation]), 2, ["is not empty", workshop.validation])
    expectFailure(try akuru(["pack", workshop.path("none"), "--output", output]), 3, ["/none"])
    try Data("no image".utf8).write(to: URL(fileURLWithPath: workshop.train + "/3.png"))
    expectFailure(try akuru(["pack", workshop.train, "--output", output]), 3, ["3.png"])
    #expect(!FileManager.default.fileExists(atPath: output))
    let result = try akuru(ranks: 2, ["pack", workshop.train, "--output", output, "--skip-bad", "--json"])
    #expect(result.exitCode == 0 && result.stdout.contains("\"records\":5"), "\(result.transcript)")
    #expect(result.stderr.contains("3.png"))
    // One bit of the last shard.
    let shard = output + "/shard-000000.tar"
    var bytes = try workshop.bytes(shard)
    bytes[600] ^= 1
    try bytes.write(to: URL(fileURLWithPath: shard))
    expectFailure(
      try akuru(
        ["train", "--train", output, "--validation", workshop.validation, "--run-dir", workshop.path("run")] + recipe),
      3,
      ["shard-000000.tar", "the shard is damaged"])
  }
}
