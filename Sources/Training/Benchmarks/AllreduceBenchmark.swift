import Images
import MessagePassing

/// Measures the sum of Doubles over all ranks, in place: the one collective operation of a training step.
public struct AllreduceBenchmark {
  /// What was measured; the keys of `akuru bench allreduce --json`.
  public struct Result: Codable, Sendable {
    public struct Size: Codable, Sendable {
      /// Bytes that each rank gives.
      public let bytes: Int
      /// Median time of a call, on the slowest rank.
      public let microseconds: Double
      /// `bytes` over that time, in 10^9 bytes a second.
      public let gigabytesPerSecond: Double
    }
    public let ranks: Int
    /// Different host names among the ranks.
    public let machines: Int
    public let sizes: [Size]
  }

  /// 8 B to 64 MiB.
  public static let allSizes = [3, 6, 9, 12, 15, 18, 20, 22, 24, 26].map { 1 << $0 }
  private static let samples = 11
  private static let warmUpSamples = 2
  /// Small messages are measured by so many bytes in a row.
  private static let bytesInARow = 1 << 16
  private static let longestRow = 200

  private let communicator: Communicator
  private let sizes: [Int]

  /// - Parameter sizes: bytes to sum, ascending multiples of 8.
  public init(sizes: [Int] = AllreduceBenchmark.allSizes, over communicator: Communicator) {
    (self.communicator, self.sizes) = (communicator, sizes)
  }

  public func run() throws -> Result {
    // Zeros, whose sums stay zero.
    var values = [Double](repeating: 0, count: sizes.last! / MemoryLayout<Double>.size)
    let sizes = try values.withUnsafeMutableBufferPointer { buffer in
      try self.sizes.map { bytes in
        let seconds = try medianSeconds(buffer.baseAddress!, count: bytes / MemoryLayout<Double>.size)
        return Result.Size(
          bytes: bytes, microseconds: seconds * 1e6, gigabytesPerSecond: Double(bytes) * 1e-9 / seconds)
      }
    }
    let hosts = try communicator.allGather(Array(communicator.hostName.utf8))
    return Result(ranks: communicator.size, machines: Set(hosts).count, sizes: sizes)
  }

  /// The time of one call; the same on all ranks.
  private func medianSeconds(_ values: UnsafeMutablePointer<Double>, count: Int) throws -> Double {
    let row = AllreduceBenchmark.bytesInARow / (count * MemoryLayout<Double>.size)
    let calls = min(max(row, 1), AllreduceBenchmark.longestRow)
    var samples: [Double] = []
    for _ in 0..<AllreduceBenchmark.warmUpSamples + AllreduceBenchmark.samples {
      try communicator.barrier()
      var seconds = 0.0
      try timed(&seconds) {
        for _ in 0..<calls { try communicator.allreduceSum(values, count: count) }
      }
      samples.append(seconds / Double(calls))
    }
    return try communicator.allreduceMax(Array(samples.dropFirst(AllreduceBenchmark.warmUpSamples))).median
  }
}

extension AllreduceBenchmark.Result {
  /// The table for people.
  public var lines: [String] {
    var table = BenchmarkTable("bytes", "microseconds", "GB/s")
    for size in sizes {
      table.append(
        "\(size.bytes)", size.microseconds.formatted(decimals: 2), size.gigabytesPerSecond.formatted(decimals: 3))
    }
    return ["allreduce of Doubles, \(counted(ranks, "rank")) on \(counted(machines, "machine"))"] + table.lines
  }
}
