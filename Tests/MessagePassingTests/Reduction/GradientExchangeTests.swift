import MessagePassing
import Testing

/// The exchange of a process alone; ``MPIRunTests`` has more ranks.
@Suite struct GradientExchangeTests {
  @Test(arguments: Precision.allCases, [0, 1, 7, 300_001])
  func aloneTheSumIsTheGradient(precision: Precision, gradients: Int) throws {
    let exchange = try GradientExchange(gradients: gradients, precision: precision, over: Communicator())
    #expect(exchange.sharesMemory)
    for step in 1...3 {
      try exchange.begin()
      try exchange.prepare()
      #expect(exchange.beginAddition(to: 0..<gradients) == (gradients > 0), "the first addition overwrites")
      for i in 0..<gradients { exchange.own[i] = Double(i % 1000 * step) + 0x1p-40 }
      try exchange.complete(from: gradients / 2)
      try exchange.pollProgress()
      try exchange.prepare()
      #expect(!exchange.beginAddition(to: 0..<gradients), "the second adds")
      #expect(gradients == 0 || exchange.own[0] == 0x1p-40)
      try exchange.finish()
      var sums = [Float](repeating: .nan, count: gradients + 1)
      sums.withUnsafeMutableBufferPointer { exchange.read(into: $0.baseAddress!) }
      // 2^-40 is below a Float's last place from 2^-16 on.
      #expect((0..<gradients).allSatisfy { sums[$0] == Float(Double($0 % 1000 * step) + 0x1p-40) })
      #expect(sums[gradients].isNaN, "no number beyond the end")
    }
    #expect(exchange.waited == .zero && exchange.bytesSent == 0)
  }
}
