import Foundation
import TestSupport
import Testing

/// A folder with a training and a validation set for one test, in which `akuru` is run.
final class Workshop: Sendable {
  private let folder = try! TemporaryDirectory()
  var train: String { folder.file("train") }
  var validation: String { folder.file("validation") }

  init(train: Int = 96, validation: Int = 24) throws {
    try GlyphData.writeImageFolder(self.train, count: train, seed: 1)
    try GlyphData.writeImageFolder(self.validation, count: validation, seed: 2)
  }

  /// The path of something in the folder.
  func path(_ name: String) -> String { folder.file(name) }

  /// The arguments of `akuru train` into the run directory `run`.
  func training(_ recipe: [String], _ run: String, _ more: [String] = []) -> [String] {
    ["train", "--train", train, "--validation", validation, "--run-dir", path(run)] + recipe + more
  }

  /// Trains, and fails the test when that does not end with status 0.
  @discardableResult
  func train(ranks: Int? = nil, _ recipe: [String], _ run: String, _ more: [String] = []) throws -> ProcessResult {
    let result = try akuru(ranks: ranks, training(recipe, run, more))
    try #require(result.exitCode == 0, "\(result.transcript)")
    return result
  }

  func checkpoint(_ run: String, step: Int) -> String {
    let digits = String(step)
    return path("\(run)/checkpoints/step-\(String(repeating: "0", count: 8 - digits.count))\(digits).safetensors")
  }

  func best(_ run: String) -> String { path("\(run)/checkpoints/best.safetensors") }

  /// The checkpoint files of a run.
  func checkpoints(_ run: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: path("\(run)/checkpoints"))
    return try Dictionary(
      uniqueKeysWithValues: names.map { name in
        (name, try Data(contentsOf: URL(fileURLWithPath: path("\(run)/checkpoints/\(name)"))))
      })
  }

  /// The lines of `metrics.jsonl` of one kind ("step" or "evaluation").
  func metrics(_ run: String, _ kind: String) throws -> [MetricsLine] {
    let text = try String(contentsOfFile: path("\(run)/metrics.jsonl"), encoding: .utf8)
    return try text.split(separator: "\n")
      .map { try JSONDecoder().decode(MetricsLine.self, from: Data($0.utf8)) }
      .filter { $0.kind == kind }
  }

  /// The images that each rank computed before the last evaluation.
  func imagesOfRanks(_ run: String) throws -> [Int] {
    struct Snapshot: Decodable {
      struct Rank: Decodable { let images: Int }
      let ranks: [Rank]
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path("\(run)/evaluation.json")))
    return try JSONDecoder().decode(Snapshot.self, from: bytes).ranks.map(\.images)
  }
}

/// What of a line in `metrics.jsonl` does not depend on time.
struct MetricsLine: Decodable, Equatable {
  let kind: String
  let step: Int
  let epoch: Int
  let loss: Double
  let learningRate: Double?
  let gradientNorm: Double?
  let gradientNoise: Double?
  let cer: Double?
}

/// Small steps of the two models: four micro-batches of two images.
enum Recipes {
  static let akuru = ["--height", "32", "--batch-size", "8", "--micro-batch", "2", "--log-every", "1"]
  static let seed =
    [
      "--model", "seed", "--channels", "2", "--hidden", "16", "--height", "24", "--batch-size", "8", "--micro-batch",
      "2",
    ]
}

/// Runs `akuru` under mpirun, or alone when `ranks` is nil.
func akuru(
  ranks: Int? = nil, _ arguments: [String], environment more: [String: String] = [:],
  timeout: Double = 60
) throws -> ProcessResult {
  guard let ranks else {
    return try run(product("akuru"), arguments, environment: more, timeout: timeout)
  }
  // When a rank exits with another status than 0, mpirun gives the others a second; they are at their end as well.
  let environment = quietMPIRun.merging(["OMPI_MCA_odls_base_sigkill_timeout": "0"]) { $1 }.merging(
    more
  ) { $1 }
  return try mpirun(
    ranks: ranks, product: "akuru", arguments, environment: environment, timeout: timeout)
}

/// Keeps mpirun from explaining that a rank exited with a status other than 0.
let quietMPIRun = ["OMPI_MCA_orte_execute_quiet": "1"]

/// Checks that `akuru` ended with that status, after one message that holds all `parts`, and wrote nothing else to
/// standard error but its log.
func expectFailure(
  _ result: ProcessResult, _ status: Int32, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.exitCode == status, "\(result.transcript)", sourceLocation: sourceLocation)
  let lines = result.stderr.split(separator: "\n").map(String.init)
  let messages = lines.filter { $0.hasPrefix("akuru: ") }
  #expect(messages.count == 1, "\(result.transcript)", sourceLocation: sourceLocation)
  // The message may go on with indented lines, one for each bad record.
  let text = lines.filter { $0.hasPrefix("akuru: ") || $0.hasPrefix("  ") }.joined(separator: "\n")
  for part in parts {
    #expect(text.contains(part), "lacks \(part): \(result.transcript)", sourceLocation: sourceLocation)
  }
  let others = lines.filter { line in
    // mpirun's event loop may warn of a pipe that was closed before it.
    !line.hasPrefix("akuru: ") && !line.hasPrefix("  ") && line.firstMatch(of: /^20\d\d-\d\d-\d\dT/) == nil
      && !line.hasPrefix("[warn] Epoll")
  }
  #expect(others == [], sourceLocation: sourceLocation)
}
