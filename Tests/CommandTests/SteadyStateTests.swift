import Foundation
import Images
import TestSupport
import Testing

/// Training allocates nothing once it runs: valgrind counts no allocation for a step more, in 3 steps and in 13.
@Suite struct SteadyStateTests {
  /// The kinds of layers of `akuru`, and others, with few channels: Valgrind computes each FMA in a call.
  private let model =
    """
    [1,16,0,1 Cl3,3,4b0 Bnr Mp2,2 Cl3,3,8b0 R3,3 Bnr Mp2,2 Do0.1,2 Cl3,3,12b0 Dw3,3 Bnr Hc0.1 Mp2,1 Cl3,3,12b0 Bnr Mp2,1 Lbx16 Do0.2 \
    Gfx8 O1c]
    """

  @Test(
    .enabled(if: valgrind != nil, "valgrind is not installed: apt-get install valgrind"),
    .enabled(if: march == nil, "built with AKURU_MARCH: valgrind knows no AVX-512"))
  func stepsAllocateNothing() throws {
    let folder = try TemporaryDirectory()
    // An epoch is longer than the runs: each plan takes memory.
    try writeDataSet(folder.file("train"), images: 100)
    try writeDataSet(folder.file("validation"), images: 2)

    // The first ten steps fill the image cache. All numbers of steps have two digits then: texts take memory by length.
    let first = try run(
      product("akuru"), arguments(runDirectory: "run-10", in: folder), environment: environment(folder, stop: 10))
    #expect(first.exitCode == 85, "\(first.transcript)")
    // Valgrind 3.19, Debian's, stumbles over the DWARF 5 of Swift's debug information.
    let stripped = try run("strip", ["-g", "-o", folder.file("akuru"), product("akuru")])
    #expect(stripped.exitCode == 0, "\(stripped.transcript)")

    // What a clock or a second thread does may take a few allocations more or less in one run than in the other, and on a
    // busy machine threads share the audit in another way: the least of some runs counts. Ten steps that allocate take ten
    // at least, in each.
    let slack = 5
    var (few, more) = (try allocations(until: 13, in: folder), try allocations(until: 23, in: folder))
    for _ in 0..<2 where abs(more - few) > slack {
      few = min(few, try allocations(until: 13, in: folder))
      more = min(more, try allocations(until: 23, in: folder))
    }
    #expect(abs(more - few) <= slack, "allocations in 3 steps: \(few), in 13: \(more)")
  }

  /// Ten steps more take no more memory where gradients are sent between machines than where they are in shared memory.
  @Test(
    .enabled(if: valgrind != nil, "valgrind is not installed: apt-get install valgrind"),
    .enabled(if: march == nil, "built with AKURU_MARCH: valgrind knows no AVX-512"))
  func messagesBetweenMachinesAllocateNothing() throws {
    let folder = try TemporaryDirectory()
    let stripped = try run("strip", ["-g", "-o", folder.file("akuru"), product("akuru")])
    #expect(stripped.exitCode == 0, "\(stripped.transcript)")
    func growth(machines: Int) throws -> Int {
      let few = try benchmarkAllocations(folder.file("akuru"), machines: machines, steps: 2)
      return try benchmarkAllocations(folder.file("akuru"), machines: machines, steps: 12) - few
    }
    // A benchmark does two steps for each, with three messages on a rank: sixty allocations, if a message makes one. What
    // takes memory in both are its times. Open MPI takes some more when a rank is late; the least of some runs counts.
    let slack = 2 * 10
    var (one, two) = (try growth(machines: 1), try growth(machines: 2))
    for _ in 0..<3 where two - one >= slack {
      one = max(one, try growth(machines: 1))
      two = min(two, try growth(machines: 2))
    }
    #expect(two - one < slack, "allocations of ten steps: \(one) on one machine, \(two) on two")
  }

  /// Allocations of `akuru bench step` on the rank of two that has fewer.
  private func benchmarkAllocations(_ program: String, machines: Int, steps: Int) throws -> Int {
    let result = try run(
      "mpirun",
      ["-n", "2", "--oversubscribe", "--bind-to", "none", "valgrind", "--leak-check=no", "--undef-value-errors=no"]
        + [program, "bench", "step", "--model", "seed", "--channels", "1", "--hidden", "8", "--height", "24"]
        + ["--batch-size", "4", "--micro-batch", "2", "--width", "80", "--steps", "\(steps)", "--overlap", "true"],
      environment: mpiEnvironment.merging(["AKURU_MACHINES": "\(machines)", "OPENBLAS_CORETYPE": "Nehalem"]) { $1 },
      timeout: 300)
    let counts = result.stderr.matches(of: /total heap usage: ([\d,]+) allocs/)
      .compactMap { Int($0.1.filter { $0 != "," }) }
    try #require(result.exitCode == 0 && counts.count == 2, "\(result.transcript)")
    return counts.min()!
  }

  /// Allocations of a run that goes on from step 10 until a request to stop, which it saves at. It never evaluates: how much
  /// memory the report takes depends on the figures in it.
  private func allocations(until step: Int, in folder: TemporaryDirectory) throws -> Int {
    let runDirectory = "run-\(step)"
    try? FileManager.default.removeItem(atPath: folder.file(runDirectory))
    try FileManager.default.copyItem(atPath: folder.file("run-10"), toPath: folder.file(runDirectory))
    // On one core: the audit's threads share the work by chance.
    let result = try run(
      "taskset",
      ["-c", firstCore(), "valgrind", "--leak-check=no", "--undef-value-errors=no", folder.file("akuru")]
        + arguments(runDirectory: runDirectory, in: folder) + ["--resume"],
      environment: environment(folder, stop: step), timeout: 600)
    #expect(result.exitCode == 85, "\(result.transcript)")
    let summary = try #require(
      result.stderr.firstMatch(of: /total heap usage: ([\d,]+) allocs/), "\(result.transcript)")
    return try #require(Int(summary.1.filter { $0 != "," }))
  }

  private func arguments(runDirectory: String, in folder: TemporaryDirectory) -> [String] {
    [
      "train", "--train", folder.file("train"), "--validation", folder.file("validation"),
      "--run-dir", folder.file(runDirectory), "--cache", folder.file("cache"), "--model", model,
      "--augment", "strong", "--schedule", "constant", "--batch-size", "4", "--micro-batch", "2", "--epochs", "1",
      "--max-steps", "24", "--log-every", "1000", "--eval-every", "1000", "--checkpoint-every", "1000",
    ]
  }

  private func environment(_ folder: TemporaryDirectory, stop step: Int) throws -> [String: String] {
    // Open MPI finds an empty folder for its session.
    let scratch = folder.file(UUID().uuidString)
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    return [
      // Valgrind knows no AVX-512.
      "OPENBLAS_CORETYPE": "Nehalem",
      // Dictionaries grow at the same sizes in every run.
      "SWIFT_DETERMINISTIC_HASHING": "1", "TMPDIR": scratch,
      "AKURU_FAULT": "0:\(step):step:usr1",
    ]
  }

  /// A core that this process may use.
  private func firstCore() throws -> String {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let core = try #require(status.firstMatch(of: /Cpus_allowed_list:\s*(\d+)/), "\(status)")
    return String(core.1)
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
