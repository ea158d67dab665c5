import Foundation

/// The C library's mathematical functions. Their last bits differ between versions, and between CPUs for which a version has
/// other code, so ranks compare what they compute.
public enum MathLibrary {
  /// The library's version, and a digest of the values of its functions at some hundred places. Equal identities mean equal
  /// bits in augmentation, filters and schedules.
  public static let identity = "\(version), values \(String(digest(), radix: 16))"

  private static var version: String {
    #if canImport(Glibc)
      let name = Int32(_CS_GNU_LIBC_VERSION)
      return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
        let length = confstr(name, text.baseAddress, text.count)
        return (1...text.count) ~= length ? String(cString: text.baseAddress!) : "unknown"
      }
    #else
      return "unknown"
    #endif
  }

  /// The bits of all values, by FNV-1a (Fowler, Noll, Vo) in words of 64 bits.
  private static func digest() -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ bits: UInt64) { hash = (hash ^ bits) &* 0x100_0000_01B3 }
    for i in 1...257 {
      let x = Double(i) * 0.0731 - 9
      let values = [
        exp(x), sin(x), cos(x), tanh(x), log(abs(x)), pow(abs(x), 1.7), atan2(x, 2), log1p(exp(x)), hypot(x, 3),
      ]
      let y = Float(x)
      let singles = [exp(y), sin(y), cos(y), tanh(y), log(abs(y)), pow(abs(y), 1.7), atan2(y, 2), log1p(exp(y))]
      for value in values { add(value.bitPattern) }
      for value in singles { add(UInt64(value.bitPattern)) }
    }
    return hash
  }
}
