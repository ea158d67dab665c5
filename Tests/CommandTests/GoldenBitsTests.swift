import Foundation
import Hashing
import Testing

/// The bits that a training ends with, pinned by the SHA-256 of its last checkpoint, for each model and family of OpenBLAS kernels.
///
/// A change of these bits is a decision. Raise `RunIdentity.currentArithmetic`, so that runs begun before say it when they are resumed, and
/// renew the table with
/// `AKURU_RENEW_GOLDENS=1 swift test -c release --disable-testable-imports --filter GoldenBits`, in a commit that says why.
@Suite(.serialized) struct GoldenBitsTests {
  /// A small training of each model, and one with everything that changes bits: dropout, averages, mixture, frozen weights.
  private static let runs: KeyValuePairs<String, [String]> = [
    "akuru": Recipes.akuru,
    "crnn": ["--model", "crnn", "--batch-size", "8", "--micro-batch", "2"],
    "tutorial": Recipes.seed,
    "craft": Recipes.akuru + [
      "--feature-dropout", "0.1", "--label-dropout", "0.1", "--ema", "0.9", "--freeze", "cnn.0", "--augment", "strong",
      "--optimizer", "sgd", "--clip-norm", "1", "--warm-up", "2", "--schedule", "cosine",
    ],
  ]

  private static let tablePath = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Goldens/checkpoints.json")
  private static let renews = ProcessInfo.processInfo.environment["AKURU_RENEW_GOLDENS"] != nil

  /// Digests by family of kernels and name of the run.
  private static func readTable() throws -> [String: [String: String]] {
    try JSONDecoder().decode([String: [String: String]].self, from: Data(contentsOf: tablePath))
  }

  /// Families of kernels that this CPU can run, and on how many ranks each is tried.
  private static let families: [(kernels: String, ranks: [Int])] = {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    return (text.contains(" avx2 ") ? [("Haswell", [1, 2, 3])] : [])
      + (text.contains(" avx512vl ") ? [("SkylakeX", [2])] : [])
  }()

  @Test func checkpointsHaveTheBitsOfTheTable() throws {
    let workshop = try Workshop(train: 30, validation: 6)
    var found: [String: [String: String]] = [:]
    for (kernels, rankCounts) in Self.families {
      for (name, recipe) in Self.runs {
        for ranks in rankCounts {
          let run = "\(name)-\(kernels)-\(ranks)"
          var options = workshop.training(recipe, run, ["--max-steps", "5"])
          if name == "craft" { options += ["--train", "\(workshop.train):1.5,\(workshop.validation):0.5"] }
          let result = try akuru(ranks: ranks, options, environment: ["OPENBLAS_CORETYPE": kernels])
          try #require(result.exitCode == 0, "\(result.transcript)")
          let digest = try hexadecimal(SHA256.hash(Array(workshop.bytes(workshop.checkpoint(run, step: 5)))))
          let first = found[kernels, default: [:]][name] ?? digest
          #expect(digest == first, "\(run) differs from the first number of ranks")
          found[kernels, default: [:]][name] = first
          try FileManager.default.removeItem(atPath: workshop.path(run))
        }
      }
    }
    if Self.renews {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      let all = ((try? Self.readTable()) ?? [:]).merging(found) { $1 }
      try (encoder.encode(all) + Data("\n".utf8)).write(to: Self.tablePath)
    }
    let table = try Self.readTable()
    for (kernels, digests) in found {
      // Whoever changed the bits had no CPU for these kernels; whoever has one renews the table.
      if table[kernels] == nil {
        print("GoldenBits: the table has no bits for the kernels of \(kernels); renew it on this machine: \(digests)")
        continue
      }
      for (name, digest) in digests {
        #expect(digest == table[kernels]?[name], "\(name) with the kernels of \(kernels)")
      }
    }
  }
}
