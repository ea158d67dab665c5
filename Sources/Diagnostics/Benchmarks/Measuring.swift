import Foundation
import Messages

extension Array where Element == Double {
  /// The middle value; of an even number of values, the mean of the two in the middle.
  var median: Double {
    precondition(!isEmpty)
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}

/// Runs `work` and adds its seconds to `total`.
@discardableResult
func timed<Value>(_ total: inout Double, _ work: () throws -> Value) rethrows -> Value {
  let start = ContinuousClock.now
  defer { total += start.duration(to: .now).seconds }
  return try work()
}

/// The peak resident memory of this process.
func peakMegabytes() -> Double {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return Double(usage.ru_maxrss) / 1_048_576
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
  #endif
}
