import Foundation
import TestSupport
import Testing

/// `Launch/use/track`, which sends a run to MLflow.
@Suite struct TrackingTests {
  private static let script = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../../Launch/use/track").standardizedFileURL.path

  @Test(.enabled(if: python != nil, "AKURU_PYTHON names no Python with mlflow"))
  func mlflowGetsEveryValue() throws {
    let workshop = try Workshop(train: 16, validation: 8)
    try workshop.train(Recipes.akuru, "run", ["--max-steps", "5", "--eval-every", "2"])
    let store = workshop.path("mlruns")
    let result = try run(
      try #require(python), [Self.script, workshop.path("run"), "--to", "mlflow", "--uri", "file://\(store)"],
      environment: ["MLFLOW_ALLOW_FILE_STORE": "true"])
    // Eight numbers and an epoch in a step's line, six and an epoch in an evaluation's; a noise scale where it is known.
    try #require(result.exitCode == 0, "\(result.transcript)")
    let noisy = try workshop.metrics("run", "step").count { $0.gradientNoise != nil }
    #expect(result.stdout == "\(5 * 9 + noisy + 3 * 7) values of run sent to mlflow\n")
    let files = try #require(FileManager.default.enumerator(atPath: store)).compactMap { $0 as? String }
    func text(_ name: String) throws -> String {
      let file = try #require(files.first { $0.hasSuffix("/\(name)") }, "\(files)")
      return try String(contentsOfFile: "\(store)/\(file)", encoding: .utf8)
    }
    // Lines of time, value and step.
    func series(_ name: String) throws -> [[Double]] {
      try text("metrics/\(name)").split(separator: "\n").map { line in
        line.split(separator: " ").dropFirst().compactMap { Double($0) }
      }
    }
    let steps = try workshop.metrics("run", "step")
    #expect(try series("train.loss") == steps.map { [$0.loss, Double($0.step)] })
    #expect(try series("train.learningRate") == steps.map { [$0.learningRate ?? -1, Double($0.step)] })
    let evaluations = try workshop.metrics("run", "evaluation")
    #expect(try series("validation.cer") == evaluations.map { [$0.cer ?? -1, Double($0.step)] })
    #expect(try text("params/recipe.batchSize") == "8" && text("params/recipe.model") == "akuru")
  }

  @Test func wrongUsageIsOneLine() throws {
    let folder = try TemporaryDirectory()
    let python = try #require(["/usr/bin/python3"].first(where: FileManager.default.isExecutableFile(atPath:)))
    let result = try run(python, [Self.script, folder.path])
    #expect(result.exitCode == 2 && result.stdout == "")
    #expect(result.stderr == "track: \(folder.path): holds no metrics.jsonl; give the --run-dir of a training run\n")
    #expect(try run(python, [Self.script, folder.path, "--to", "nowhere"]).exitCode == 2)
  }
}

private let python: String? = {
  guard let python = ProcessInfo.processInfo.environment["AKURU_PYTHON"],
    let result = try? run(python, ["-c", "import mlflow"]), result.exitCode == 0
  else { return nil }
  return python
}()
