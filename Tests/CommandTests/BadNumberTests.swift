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

  // MARK: Audits

  /// What a rank computes wrongly once: found before the weights change, and named, since it is right the next time.
  @Test(arguments: [(1, "0:9", "rank 0 on "), (2, "1:7", "rank 1 on "), (3, "0:7", "rank 0 on ")])
  func aRankWithAWrongGradientIsNamed(ranks: Int, fault: String, name: String) throws {
    let workshop = try Workshop()
    let options = ["--max-steps", "30", "--checkpoint-every", "4", "--keep", "9", "--audit-every", "1"]
    let result = try akuru(
      ranks: ranks, workshop.training(Recipes.akuru, "run", options),
      environment: ["AKURU_FAULT": "\(fault):step:wrong-gradient"])
    let step = Int(fault.suffix(1))!
    expectFailure(
      result, 5, [": computed wrong numbers in step \(step), ", "what was audited in step \(step - 1) was right"])
    #expect(result.stderr.contains("akuru: \(name)"), "\(result.transcript)")
    let names = try workshop.checkpoints("run").keys.filter { $0.hasPrefix("step-") }.sorted()
    #expect(names == (1...(step - 1) / 4).map { "step-0000000\($0 * 4).safetensors" })
    // Without that rank's fault the run goes on to the same bits.
    try workshop.train(ranks: 2, Recipes.akuru, "run", options + ["--resume"])
    #expect(
      try workshop.bytes(workshop.checkpoint("run", step: 30))
        == TrainingBitsTests.reference.get().checkpoints["step-00000030.safetensors"])
  }

  /// A processor whose matrix product is wrong now and then, for ever: most of three ranks decide.
  @Test func aRankWithAWrongProductIsNamed() throws {
    let library = try PreloadedLibrary(
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdlib.h>
      typedef void (*gemm)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
      static long calls;
      void cblas_sgemm(int o, int ta, int tb, int m, int n, int k, float al, const float *a, int lda, const float *b,
                       int ldb, float be, float *c, int ldc) {
        static gemm real;
        if (!real) real = (gemm)dlsym(RTLD_NEXT, "cblas_sgemm");
        real(o, ta, tb, m, n, k, al, a, lda, b, ldb, be, c, ldc);
        const char *rank = getenv("OMPI_COMM_WORLD_RANK");
        if (rank && atoi(rank) == 1 && ++calls > 20 && calls % 5 == 0) c[0] = c[0] * 1.5f + 1e-3f;
      }
      """)
    let workshop = try Workshop()
    let result = try akuru(
      ranks: 3, workshop.training(Recipes.akuru, "run", ["--max-steps", "60", "--audit-every", "5"]),
      environment: library.environment, timeout: 100)
    expectFailure(result, 5, ["rank 1 on ", ": computed wrong numbers in step "])
  }

  /// Audits change no bit, on any number of ranks, some of them without work.
  @Test(arguments: [0, 1, 3]) func auditsDoNotChangeTheBits(every: Int) throws {
    let workshop = try Workshop()
    for ranks in [1, 2, 3, 5] {
      let options = ["--max-steps", "30", "--audit-every", "\(every)"]
      try workshop.train(ranks: ranks, Recipes.akuru, "run\(ranks)", options)
      try TrainingBitsTests().expectReference(workshop, "run\(ranks)")
    }
  }
}
