import Foundation
import Images
import TestSupport
import Testing

/// Training allocates nothing once it runs: valgrind counts as many allocations over few steps as over more.
@Suite struct SteadyStateTests {
  private static let batchSize = 4

  @Test(
    .enabled(if: valgrind != nil, "valgrind is not installed: apt-get install valgrind"),
    .enabled(if: march == nil, "built with AKURU_MARCH: valgrind knows no AVX-512"))
  func stepsAllocateNothing() throws {
    let folder = try TemporaryDirectory()
    // An epoch is longer than the runs: each plan takes memory.
    try writeDataSet(folder.file("train"), images: 20 * Self.batchSize)
    try writeDataSet(folder.file("validation"), images: 2)
    let program = folder.file("akuru")
    // Valgrind 3.19, Debian's, stumbles over the DWARF 5 of Swift's debug information.
    let stripped = try run("strip", ["-g", "-o", program, try product("akuru")])
    #expect(stripped.exitCode == 0, "\(stripped.transcript)")

    // What a run writes at its end holds times, whose texts may be of other lengths and take other memory: so a few tries.
    var counts: [(few: Int, more: Int)] = []
    repeat {
      counts.append(
        (few: try allocations(steps: 3, program, in: folder), more: try allocations(steps: 13, program, in: folder)))
    } while counts.count < 3 && !counts.contains { $0.few == $0.more }
    #expect(counts.contains { $0.few == $0.more }, "allocations in 3 and in 13 steps: \(counts)")
  }

  /// Allocations of a run on one rank that evaluates and saves at its end only.
  private func allocations(steps: Int, _ program: String, in folder: TemporaryDirectory) throws -> Int {
    // Texts of the same length take the same memory.
    let runDirectory = folder.file(steps < 10 ? "run-0\(steps)" : "run-\(steps)")
    try? FileManager.default.removeItem(atPath: runDirectory)
    let scratch = try TemporaryDirectory()
    let arguments = [
      "train", "--train", folder.file("train"), "--validation", folder.file("validation"), "--run-dir", runDirectory,
      "--model", "akuru", "--height", "16", "--augment", "default", "--schedule", "constant",
      "--batch-size", "\(Self.batchSize)", "--micro-batch", "2", "--max-steps", "\(steps)",
      "--log-every", "1000", "--eval-every", "1000", "--checkpoint-every", "1000",
    ]
    let result = try run(
      "valgrind", ["--leak-check=no", "--undef-value-errors=no", program] + arguments,
      environment: [
        // Valgrind knows no AVX-512, and computes each FMA in a call.
        "OPENBLAS_CORETYPE": "Nehalem",
        // Dictionaries grow at the same sizes in every run, and Open MPI finds an empty folder for its session.
        "SWIFT_DETERMINISTIC_HASHING": "1", "TMPDIR": scratch.path,
      ], timeout: 600)
    #expect(result.exitCode == 0, "\(result.transcript)")
    let summary = try #require(
      result.stderr.firstMatch(of: /total heap usage: ([\d,]+) allocs/), "\(result.transcript)")
    return try #require(Int(summary.1.filter { $0 != "," }))
  }

  /// Stripes of many widths, each with a label of one letter.
  private func writeDataSet(_ path: String, images: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var records = "file_name,text\n"
    for i in 0..<images {
      var image = GrayImage(width: 24 + i * 7 % 30, height: 16)
      for y in 4..<12 {
        for x in 2..<image.width - 2 where (3 * x + 5 * y + i) % 11 < 4 { image[x, y] = 0 }
      }
      try PNG.write(image, to: "\(path)/\(i).png")
      records += "\(i).png,\(["a", "b", "c"][i % 3])\n"
    }
    try records.write(toFile: "\(path)/metadata.csv", atomically: true, encoding: .utf8)
  }
}

/// What the package was built for, if not for any x86-64-v3.
private let march = ProcessInfo.processInfo.environment["AKURU_MARCH"]
/// The version of valgrind, if it can be run.
private let valgrind: String? = try? run("valgrind", ["--version"]).stdout
