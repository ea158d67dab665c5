import Foundation

extension Duration {
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

extension Double {
  package func formatted(decimals: Int) -> String {
    String(format: "%.\(decimals)f", self)
  }

  /// Rounded to the nearest thousandth, the precision of measured times.
  package var inThousandths: Double { (self * 1000).rounded() / 1000 }
}

/// A rate as a percentage with two decimals.
package func percent(_ rate: Double) -> String {
  (100 * rate).formatted(decimals: 2) + " %"
}

/// Seconds as 1:02:03 or 2:03.
package func clockTime(_ seconds: Double) -> String {
  let total = Int(seconds.isFinite ? min(max(seconds, 0), 1e9) : 0)
  let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
  return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
}

/// Seconds since 1970, to the nearest thousandth.
package func secondsSince1970() -> Double { Date().timeIntervalSince1970.inThousandths }

/// The local time as 2025-03-01T09:30:00+0530.
package func timeStamp() -> String {
  var now = time(nil)
  var parts = tm()
  localtime_r(&now, &parts)
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
    let count = strftime(buffer.baseAddress!, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
