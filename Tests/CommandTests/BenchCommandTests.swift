import Foundation
import Images
import TestSupport
import Testing

/// `akuru bench`: what it prints and how it ends. Figures are only asked to be figures; no test depends on time.
@Suite(.serialized) struct BenchCommandTests {
  static let model = [
    "--model", "seed", "--channels", "2", "--hidden", "16", "--height", "24", "--batch-size", "8", "--micro-batch", "2",
  ]
  static let steps = ["--width", "80", "--steps", "2"]

  /// Runs `akuru bench` under mpirun, or alone when `ranks` is nil.
  func bench(ranks: Int? = nil, _ arguments: [String], environment: [String: String] = [:]) throws -> ProcessResult {
    let arguments = ["bench"] + arguments
    guard let ranks else { return try run(product("akuru"), arguments, environment: environment) }
    return try mpirun(ranks: ranks, product: "akuru", arguments, environment: environment)
  }

  /// The one JSON object that a command prints, and nothing else.
  func object(_ result: ProcessResult) throws -> [String: Any] {
    try #require(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stdout.split(separator: "\n").count == 1 && result.stdout.hasSuffix("}\n"), "\(result.transcript)")
    return try #require(try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any])
  }

  /// The objects under a key.
  func list(_ object: [String: Any], _ key: String) throws -> [[String: Any]] {
    let list = try #require(object[key] as? [[String: Any]])
    #expect(!list.isEmpty)
    return list
  }

  /// Expects exactly these keys, texts and lists aside with positive finite numbers.
  func expectFigures(
    _ object: [String: Any], _ numbers: [String], others: [String] = [], zeroAllowed: Set<String> = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(object.keys.sorted() == (numbers + others).sorted(), sourceLocation: sourceLocation)
    for key in numbers {
      let value = object[key] as? Double ?? .nan
      let isFigure = value.isFinite && (value > 0 || value == 0 && zeroAllowed.contains(key))
      #expect(isFigure, "\(key) is \(value)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [nil, 1, 2, 3])
  func step(ranks: Int?) throws {
    let result = try object(try bench(ranks: ranks, ["step", "--json"] + Self.model + Self.steps))
    expectFigures(
      result,
      [
        "imagesPerSecond", "stepMilliseconds", "minimumStepMilliseconds", "exposedSumMilliseconds", "gflops",
        "peakGflops", "peakShare",
        "peakMegabytes", "ranks", "batchSize", "microBatch", "height", "width",
      ], others: ["model", "layers"])
    #expect(result["ranks"] as? Int == ranks ?? 1 && result["height"] as? Int == 24)
    let layers = try list(result, "layers")
    let (times, zeroAllowed) = (
      ["forwardMilliseconds", "backwardMilliseconds", "gflops"], Set(["backwardMilliseconds", "gflops"])
    )
    for layer in layers { expectFigures(layer, times, others: ["name"], zeroAllowed: zeroAllowed) }
    #expect(
      layers.compactMap { $0["name"] as? String } == [
        "conv1.0", "conv2.0", "columns", "rnn.l0", "fc", "loss", "accumulate", "reduce", "update",
      ])
  }

  @Test(arguments: [nil, 1, 2, 3])
  func allreduce(ranks: Int?) throws {
    let result = try object(try bench(ranks: ranks, ["allreduce", "--json"]))
    expectFigures(result, ["ranks", "machines"], others: ["reduce", "sizes"])
    #expect(result["ranks"] as? Int == ranks ?? 1 && result["machines"] as? Int == 1)
    let sizes = try list(result, "sizes")
    for size in sizes {
      expectFigures(
        size, ["bytes", "microseconds", "gigabytesPerSecond", "sentBytesPerGradient"],
        zeroAllowed: ["sentBytesPerGradient"])
    }
    let bytes = sizes.compactMap { $0["bytes"] as? Int }
    #expect(bytes.first == 8 && bytes.last == 1 << 26 && bytes == bytes.sorted() && bytes.allSatisfy { $0 % 8 == 0 })
  }

  @Test(arguments: [nil, 1, 2])
  func loader(ranks: Int?) throws {
    let folder = try TemporaryDirectory()
    try writeImages(folder, count: 11)
    for (images, expected) in [(7, 7), (100, 11)] {
      let arguments = ["--data", folder.path, "--images", "\(images)", "--augment", "default"]
      let result = try object(try bench(ranks: ranks, ["loader", "--json"] + arguments + Self.model))
      expectFigures(
        result,
        [
          "ranks", "images", "height", "batchSize", "microBatch", "readyStepMilliseconds", "loadedStepMilliseconds",
          "stepRatio",
        ], others: ["model", "augment", "stages"])
      #expect(result["images"] as? Int == expected && result["ranks"] as? Int == ranks ?? 1)
      let stages = try list(result, "stages")
      for stage in stages { expectFigures(stage, ["imagesPerSecond", "microsecondsPerImage"], others: ["name"]) }
      #expect(
        stages.compactMap { $0["name"] as? String } == [
          "decode", "resize", "augment", "read cached", "loader from files", "loader from cache",
        ])
    }
  }

  @Test func scaling() throws {
    let options = ["--ranks", "2,1,2", "--repetitions", "1"] + Self.model + Self.steps
    // Starting mpirun is the command's own affair; what it says on stderr must not get into the JSON.
    let tools = try fakeMPIRun("echo noise >&2; PATH=${PATH#*:} exec mpirun \"$@\"")
    let result = try object(try bench(["scaling", "--json"] + options, environment: tools.environment))
    expectFigures(result, ["height", "width", "microBatch", "repetitions"], others: ["model", "strong", "weak"])
    let rows = ["ranks", "batchSize", "imagesPerSecond", "stepMilliseconds", "speedup", "efficiency"]
    for (key, batches) in [("strong", [8, 8]), ("weak", [8, 16])] {
      let list = try list(result, key)
      for row in list { expectFigures(row, rows) }
      #expect(list.compactMap { $0["ranks"] as? Int } == [1, 2])
      #expect(list.compactMap { $0["batchSize"] as? Int } == batches)
      #expect(list[0]["speedup"] as? Double == 1 && list[0]["efficiency"] as? Double == 1)
      let (speedup, efficiency) = (list[1]["speedup"] as? Double ?? 0, list[1]["efficiency"] as? Double ?? 0)
      #expect(abs(speedup - 2 * efficiency) < 1e-9)
      let rates = list.compactMap { $0["imagesPerSecond"] as? Double }
      #expect(abs(speedup - rates[1] / rates[0]) < 1e-9)
    }
  }

  @Test func tables() throws {
    let step = try bench(["step"] + Self.model + Self.steps)
    #expect(step.exitCode == 0 && step.stdout.hasPrefix("seed, 1 rank, batch 8"), "\(step.transcript)")
    let rows = step.stdout.split(separator: "\n").drop { !$0.hasPrefix("ms of a step") }
    #expect(rows.count == 10 && Set(rows.map(\.count)).count == 1, "columns are aligned")
    let allreduce = try bench(ranks: 2, ["allreduce"])
    #expect(allreduce.exitCode == 0 && allreduce.stdout.split(separator: "\n").count == 12, "\(allreduce.transcript)")
  }

  @Test func failingJobs() throws {
    for (script, parts) in [
      ("echo line >&2; echo 'akuru: rank 1 on b: no memory' >&2; exit 7", ["status 7", "rank 1 on b: no memory"]),
      ("printf -- '----\\nno slots\\n  left\\n----\\n' >&2; exit 1", ["status 1: no slots left"]),
      ("kill -9 $$", ["signal 9"]), ("echo '{\"ranks\": 2'", ["found 0 ranks, not 2", "Open MPI"]),
      // Another MPI's mpirun starts processes that know nothing of each other.
      ("while [ $1 != bench ]; do program=$1; shift; done; $program \"$@\"; $program \"$@\"", ["found 1 rank, not 2"]),
    ] {
      let tools = try fakeMPIRun(script)
      let result = try bench(["scaling", "--ranks", "2"] + Self.model + Self.steps, environment: tools.environment)
      #expect(result.exitCode == 4 && result.stdout == "", "\(result.transcript)")
      #expect(result.stderr.hasPrefix("akuru: mpirun -n 2 ") && result.stderr.split(separator: "\n").count == 1)
      for part in parts { #expect(result.stderr.contains(part), "\(result.transcript)") }
    }
  }

  @Test func ranksAreBoundWhileThereAreCores() throws {
    let log = try TemporaryDirectory()
    for (ranks, options) in [(1, "--bind-to core --map-by core"), (4096, "--oversubscribe --bind-to none")] {
      let tools = try fakeMPIRun("printf '%s ' \"$@\" > \(log.file("arguments")); exit 1")
      let smallest = ["--model", "seed", "--batch-size", "1"]
      let result = try bench(["scaling", "--ranks", "\(ranks)"] + smallest, environment: tools.environment)
      #expect(result.exitCode == 4, "\(result.transcript)")
      let arguments = try String(contentsOfFile: log.file("arguments"), encoding: .utf8)
      #expect(arguments.hasPrefix("-n \(ranks) \(options) /"), "\(arguments)")
    }
  }

  @Test func wrongOptions() throws {
    for (ranks, arguments) in [
      (nil, ["step", "--width", "20"]), (2, ["step", "--width", "20"]), (nil, ["step", "--steps", "0"]),
      (2, ["step", "--model", "sed"]), (nil, ["loader", "--data", "/", "--images", "0"]),
      (nil, ["scaling", "--ranks", "1,x"]), (nil, ["scaling", "--ranks", ""]), (nil, ["scaling", "--ranks", "0"]),
      (nil, ["scaling", "--ranks", "1", "--repetitions", "0"]), (nil, ["scaling", "--ranks", "1", "--width", "9"]),
      (1, ["scaling", "--ranks", "1"]),
    ] as [(Int?, [String])] {
      let result = try bench(ranks: ranks, arguments)
      #expect(result.exitCode == 2 && result.stdout == "", "\(arguments): \(result.transcript)")
      let lines = result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: ") }
      #expect(lines.count == 1, "\(arguments): \(result.transcript)")
    }
    #expect(try bench(ranks: 2, ["loader", "--data", "/no/such/folder"]).exitCode == 3)
  }

  /// A folder with a program `mpirun`, and the environment in which it is found first.
  private struct Tools {
    let folder: TemporaryDirectory
    var environment: [String: String] {
      let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
      return ["PATH": "\(folder.path):\(path)", "OMPI_MCA_btl_vader_single_copy_mechanism": "none"]
    }
  }

  private func fakeMPIRun(_ script: String) throws -> Tools {
    let folder = try TemporaryDirectory()
    try "#!/bin/sh\n\(script)\n".write(toFile: folder.file("mpirun"), atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.file("mpirun"))
    return Tools(folder: folder)
  }

  /// An ImageFolder of stripes in odd sizes.
  private func writeImages(_ folder: TemporaryDirectory, count: Int) throws {
    var lines = ["file_name,text"]
    for index in 0..<count {
      var image = GrayImage(width: 61 + 7 * index, height: 19 + index)
      for i in image.pixels.indices where i % 5 == 0 { image.pixels[i] = UInt8(index) }
      try PNG.write(image, to: folder.file("\(index).png"))
      lines.append("\(index).png,ක\(index)")
    }
    try lines.joined(separator: "\n").write(toFile: folder.file("metadata.csv"), atomically: true, encoding: .utf8)
  }
}
