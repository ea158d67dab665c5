import MessagePassing
import Messages
import Settings

/// Measures the speedup of steps with more ranks on one machine, by starting `mpirun` for each number of ranks.
///
/// Strong scaling: the ranks share a step of fixed size. Weak scaling: every rank has as much work as a single rank
/// alone. Repetitions are interleaved, so that a machine that slows down affects all rows.
package struct ScalingBenchmark {
  /// The measurements; the keys of `akuru bench scaling --json`.
  package struct Result: Codable, Sendable {
    /// The measurements of one number of ranks.
    package struct Row: Codable, Sendable {
      package let ranks: Int
      /// Images in a step, all ranks together.
      package let batchSize: Int
      /// Median of the repetitions.
      package let imagesPerSecond: Double
      package let stepMilliseconds: Double
      /// images/s over those of one rank; if one rank was not measured, the fewest ranks count as perfect.
      package let speedup: Double
      /// speedup / ranks.
      package let efficiency: Double
    }
    package let model: String
    package let height: Int
    package let width: Int
    package let microBatch: Int
    package let repetitions: Int
    package let strong: [Row]
    package let weak: [Row]
  }

  /// One measurement.
  private struct Point: Hashable {
    let ranks: Int
    let batchSize: Int
  }

  private let workload: StepWorkload
  private let workloads: [Point: StepWorkload]
  private let ranks: [Int]
  private let repetitions: Int

  /// - Throws: `ConfigurationError` for inconsistent options, and if this process runs under `mpirun`.
  package init(_ options: Overrides, width: Int, steps: Int, ranks: [Int], repetitions: Int) throws {
    guard !MPIRuntime.isLaunched else {
      throw ConfigurationError("akuru bench scaling starts mpirun itself; call it without mpirun")
    }
    guard !ranks.isEmpty, ranks.allSatisfy({ (1...100_000).contains($0) }) else {
      throw ConfigurationError("--ranks: must be numbers from 1 to 100,000, separated by commas, for example 1,2,4")
    }
    guard (1...1000).contains(repetitions) else {
      throw ConfigurationError("--repetitions \(repetitions): must be 1 to 1000")
    }
    (self.ranks, self.repetitions) = (Set(ranks).sorted(), repetitions)
    workload = try StepWorkload(options, width: width, steps: steps)
    let batchSize = workload.recipe.batch.batchSize.last
    var workloads: [Point: StepWorkload] = [:]
    for ranks in self.ranks {
      for size in [batchSize, batchSize * ranks] {
        var resized = options
        (resized["batchSize"], resized["microBatch"]) = (.integer(size), .integer(workload.recipe.batch.microBatch))
        workloads[Point(ranks: ranks, batchSize: size)] = try StepWorkload(resized, width: width, steps: steps)
      }
    }
    self.workloads = workloads
  }

  /// Starts every job in turn, once per repetition.
  ///
  /// - Throws: `MPIJobFailure` for the first job that fails.
  package func run() throws -> Result {
    var measured: [Point: [StepBenchmark.Result]] = [:]
    let points = workloads.keys.sorted { ($0.ranks, $0.batchSize) < ($1.ranks, $1.batchSize) }
    for _ in 0..<repetitions {
      for point in points {
        let job = MPIJob(ranks: point.ranks, arguments: workloads[point]!.arguments)
        let output = try job.run().split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        let result = try? RunJSON.decode(StepBenchmark.Result.self, from: String(output))
        guard let result, result.ranks == point.ranks else {
          throw MPIJobFailure(
            "mpirun -n \(point.ranks) akuru bench step: found \(counted(result?.ranks ?? 0, "rank")), not "
              + "\(point.ranks); mpirun in PATH must be that of Open MPI")
        }
        measured[point, default: []].append(result)
      }
    }
    let batchSize = workload.recipe.batch.batchSize.last
    return Result(
      model: workload.recipe.model.model, height: workload.recipe.model.height, width: workload.width,
      microBatch: workload.recipe.batch.microBatch, repetitions: repetitions,
      strong: rows(measured, ranks.map { Point(ranks: $0, batchSize: batchSize) }),
      weak: rows(measured, ranks.map { Point(ranks: $0, batchSize: batchSize * $0) }))
  }

  private func rows(_ measured: [Point: [StepBenchmark.Result]], _ points: [Point]) -> [Result.Row] {
    let rates = points.map { measured[$0]!.map(\.imagesPerSecond).median }
    return zip(points, rates).map { point, rate in
      let speedup = rate / rates[0] * Double(points[0].ranks)
      return Result.Row(
        ranks: point.ranks, batchSize: point.batchSize, imagesPerSecond: rate,
        stepMilliseconds: measured[point]!.map(\.stepMilliseconds).median, speedup: speedup,
        efficiency: speedup / Double(point.ranks))
    }
  }
}

extension ScalingBenchmark.Result {
  /// The results as tables for people.
  package var lines: [String] {
    func lines(_ rows: [Row], _ title: String) -> [String] {
      var table = TextTable("ranks", "batch", "ms a step", "images/s", "speedup", "efficiency")
      for row in rows {
        table.append(
          "\(row.ranks)", "\(row.batchSize)", row.stepMilliseconds.formatted(decimals: 2),
          row.imagesPerSecond.formatted(decimals: 1), row.speedup.formatted(decimals: 3), percent(row.efficiency))
      }
      return [title] + table.lines
    }
    return [
      "\(model), micro-batches of \(microBatch), images \(height) x \(width), median of \(counted(repetitions, "repetition"))"
    ] + lines(strong, "strong scaling: the same step for all ranks together")
      + lines(weak, "weak scaling: the same work for each rank")
  }
}
