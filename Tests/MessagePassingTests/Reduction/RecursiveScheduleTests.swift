import MessagePassing
import Testing

/// The legs of all machines, played without messages.
@Suite struct RecursiveScheduleTests {
  @Test(arguments: 1...70) func everyMachineGetsAllSums(machines: Int) throws {
    let schedules = (0..<machines).map { RecursiveSchedule(machine: $0, of: machines) }
    let parts = schedules[0].parts
    #expect(parts <= machines && machines < 2 * parts)
    // Machine m has the value 2^m, so a sum says what was added, and how often.
    var sums = (0..<machines).map {
      [Double](repeating: Double(sign: .plus, exponent: $0, significand: 1), count: parts)
    }
    // What was sent and not yet received, by sender, receiver, and whether it is added.
    var mail: [[Int]: (range: Range<Int>, values: [Double])] = [:]
    var (next, hasSent) = (Array(repeating: 0, count: machines), Array(repeating: false, count: machines))
    var isMoving = true
    while isMoving {
      isMoving = false
      for me in 0..<machines where next[me] < schedules[me].legs.count {
        let leg = schedules[me].legs[next[me]]
        if !hasSent[me] {
          hasSent[me] = true
          if !leg.sent.isEmpty {
            let key = [me, leg.machine, leg.adds ? 1 : 0]
            try #require(mail[key] == nil, "two messages of the same kind from \(me) to \(leg.machine)")
            mail[key] = (leg.sent, Array(sums[me][leg.sent]))
          }
        }
        if !leg.received.isEmpty {
          guard let (range, values) = mail.removeValue(forKey: [leg.machine, me, leg.adds ? 1 : 0]) else { continue }
          try #require(range == leg.received)
          for (part, value) in zip(range, values) { sums[me][part] = leg.adds ? sums[me][part] + value : value }
        }
        (next[me], hasSent[me], isMoving) = (next[me] + 1, false, true)
      }
    }
    #expect(zip(next, schedules).allSatisfy { $0 == $1.legs.count } && mail.isEmpty, "all legs are done")
    let all = (0..<machines).reduce(0) { $0 + Double(sign: .plus, exponent: $1, significand: 1) }
    #expect(machines > 53 || sums.allSatisfy { $0.allSatisfy { $0 == all } })
  }
}
