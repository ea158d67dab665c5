import Foundation
import Testing

/// Numbers that go wrong: found in the same step on all ranks, named, and kept out of weights and checkpoints.
@Suite struct BadNumberTests {
  @Test(arguments: [
    (fault: "1:3:step:nan-loss", ranks: 2), (fault: "0:3:step:nan-gradient", ranks: 3),
  ])
  func aBadStepIsSkippedAndItsImagesAreNamed(fault: String, ranks: Int) throws {
    let workshop = try Workshop()
    let result = try akuru(
      ranks: ranks, workshop.training(Recipes.akuru, "run", ["--max-steps", "6"]),
      environment: ["AKURU_FAULT": fault])
    #expect(result.exitCode == 0, "\(result.transcript)")
    let lines = result.stderr.split(separator: "\n").filter { $0.contains("step 3 skipped: ") }
    #expect(
      lines.count == 1 && lines[0].contains("rank \(fault.prefix(1)) on "), "\(result.transcript)")
    #expect(
      lines.allSatisfy {
        $0.contains("not finite") && $0.contains("\(workshop.train)/") && $0.contains(".png")
      })
    #expect(result.stderr.contains("1 of 6 steps were skipped"), "\(result.transcript)")
    let metrics = try String(contentsOfFile: workshop.path("run/metrics.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    let skipped = metrics.filter { $0.contains("\"skipped\":1") }
    #expect(skipped.count == 1 && skipped[0].contains("\"step\":3"), "\(metrics)")
    // The skipped step changes nothing: with an odd rank it would be found before the checkpoint.
    #expect(FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: 6)))
  }

  @Test(arguments: [1, 2, 3]) func tooManyBadStepsEndTheRun(ranks: Int) throws {
    let workshop = try Workshop()
    let options = ["--max-steps", "30", "--checkpoint-every", "2", "--max-bad-steps", "3"]
    let result = try akuru(
      ranks: ranks, workshop.training(Recipes.akuru, "run", options),
      environment: ["AKURU_FAULT": "\(ranks - 1):5-30:step:nan-loss"])
    expectFailure(result, 87, ["training diverged: 3 steps in a row up to step 7"])
    // The checkpoint of step 6 holds the weights of step 4.
    let before = try workshop.checkpoints("run")
    let again = try akuru(
      ranks: ranks, workshop.training(Recipes.akuru, "run", options + ["--resume"]),
      environment: ["AKURU_FAULT": "0:7:step:nan-loss"])
    expectFailure(again, 87, ["3 steps in a row up to step 7"])
    #expect(try workshop.checkpoints("run") == before)
  }

  /// One bit of one weight on one rank: found at the next comparison, before it is saved.
  @Test(arguments: [2, 3]) func aRankWithOtherWeightsIsNamed(ranks: Int) throws {
    let workshop = try Workshop()
    let options = ["--max-steps", "30", "--checkpoint-every", "10", "--keep", "9"]
    let result = try akuru(
      ranks: ranks, workshop.training(Recipes.akuru, "run", options + ["--verify-every", "5"]),
      environment: ["AKURU_FAULT": "1:13:step:bit-flip"])
    expectFailure(
      result, 5,
      [
        "ranks disagree about weights and optimizer state after step 15: rank 1 on ",
        ranks == 2 ? "rank 0 on" : "ranks 0",
      ])
    let names = try workshop.checkpoints("run").keys.sorted()
    #expect(names == ["best.safetensors", "step-00000010.safetensors"])

    let early = try akuru(
      ranks: ranks, workshop.training(Recipes.akuru, "early", options),
      environment: ["AKURU_FAULT": "0:9:step:bit-flip"])
    expectFailure(early, 5, ["after step 10"])
    #expect(try workshop.checkpoints("early").isEmpty, "compared before the checkpoint of step 10")

    try workshop.train(ranks: ranks, Recipes.akuru, "run", options + ["--resume"])
    #expect(
      try workshop.bytes(workshop.checkpoint("run", step: 30))
        == TrainingBitsTests.reference.get().checkpoints["step-00000030.safetensors"])
  }
}
