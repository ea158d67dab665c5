import MessagePassing
import Messages
import Tensors

/// Measures the sum of gradients over all ranks as a training step does it: in shared memory within a machine, in
/// packed messages between machines. The gradients are normal random numbers of scale 1e-4.
package struct AllreduceBenchmark {
  /// The measurements; the keys of `akuru bench allreduce --json`.
  package struct Result: Codable, Sendable {
    /// The measurements of one size.
    package struct Size: Codable, Sendable {
      /// Bytes of each rank's sums, which are Doubles.
      package let bytes: Int
      /// Median time of a sum, on the slowest rank.
      package let microseconds: Double
      /// `bytes` over that time, in 10^9 bytes per second.
      package let gigabytesPerSecond: Double
      /// Bytes that the busiest rank sent to other machines, per gradient.
      package let sentBytesPerGradient: Double
    }
    package let ranks: Int
    /// The number of machines that exchange messages.
    package let machines: Int
    /// The form in which gradients are sent between machines.
    package let reduce: Precision
    package let sizes: [Size]
  }

  /// 8 B to 64 MiB.
  package static let allSizes = [3, 6, 9, 12, 15, 18, 20, 22, 24, 26].map { 1 << $0 }
  private static let samples = 11
  private static let warmUpSamples = 2

  private let communicator: Communicator
  private let sizes: [Int]
  private let precision: Precision

  /// - Parameter sizes: bytes to sum, ascending multiples of 8.
  package init(
    sizes: [Int] = AllreduceBenchmark.allSizes, precision: Precision = .exact, over communicator: Communicator
  ) {
    (self.communicator, self.sizes, self.precision) = (communicator, sizes, precision)
  }

  /// Measures all sizes; all ranks return the same result. Collective.
  package func run() throws -> Result {
    var random = KeyedRandom(seed: 1, purpose: .test, sample: UInt32(communicator.rank))
    let gradients = (0..<sizes.last! / MemoryLayout<Double>.size).map { _ in 1e-4 * random.normal() }
    let sizes = try self.sizes.map { bytes in
      let count = bytes / MemoryLayout<Double>.size
      let (seconds, sent) = try measure(gradients, count: count)
      return Result.Size(
        bytes: bytes, microseconds: seconds * 1e6, gigabytesPerSecond: Double(bytes) * 1e-9 / seconds,
        sentBytesPerGradient: sent / Double(count))
    }
    let machine = try communicator.sameMachine()
    let machines = try communicator.allreduceSum([machine.rank == 0 ? Int64(1) : 0])[0]
    return Result(ranks: communicator.size, machines: Int(machines), reduce: precision, sizes: sizes)
  }

  /// The time of one sum, and the bytes that a rank sends for it; the same on all ranks.
  private func measure(_ gradients: [Float], count: Int) throws -> (seconds: Double, sent: Double) {
    let reducer = try ExactReducer(
      gradientCount: count, statisticCount: 0, integerCount: 0, precision: precision, over: communicator)
    var samples: [Double] = []
    var steps = 0
    for _ in 0..<AllreduceBenchmark.warmUpSamples + AllreduceBenchmark.samples {
      try reducer.begin(microBatches: communicator.size)
      try reducer.addGradients(gradients, count: count)
      try communicator.barrier()
      var seconds = 0.0
      try timed(&seconds) { try reducer.reduce() }
      samples.append(seconds)
      steps += 1
    }
    let sent = try communicator.allreduceMax([Int64(reducer.bytesSent)])[0]
    let times = try communicator.allreduceMax(Array(samples.dropFirst(AllreduceBenchmark.warmUpSamples)))
    return (times.median, Double(sent) / Double(steps))
  }
}

extension AllreduceBenchmark.Result {
  /// The table for people.
  package var lines: [String] {
    let travels = machines > 1
    var table =
      travels
      ? TextTable("bytes", "microseconds", "GB/s", "sent/gradient")
      : TextTable("bytes", "microseconds", "GB/s")
    for size in sizes {
      let (time, rate) = (size.microseconds.formatted(decimals: 2), size.gigabytesPerSecond.formatted(decimals: 3))
      if travels {
        table.append("\(size.bytes)", time, rate, "\(size.sentBytesPerGradient.formatted(decimals: 2)) B")
      } else {
        table.append("\(size.bytes)", time, rate)
      }
    }
    let how = travels ? ", sent as \(reduce.rawValue) sums" : ""
    return ["sum of gradients, \(counted(ranks, "rank")) on \(counted(machines, "machine"))\(how)"] + table.lines
  }
}
