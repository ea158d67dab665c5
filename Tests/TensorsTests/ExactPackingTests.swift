import Tensors
import Testing

@Suite struct ExactPackingTests {
  /// Packs into memory that is as large as promised and holds other bytes before.
  func pack(_ values: [Double]) -> [UInt64] {
    let most = ExactPacking.mostBytes(values.count)
    var words = [UInt64](repeating: 0xAAAA_AAAA_AAAA_AAAA, count: most / 8 + 1)
    let length = words.withUnsafeMutableBytes { ExactPacking.pack(values, count: values.count, into: $0.baseAddress!) }
    #expect(length <= most && length % 8 == 0)
    #expect(words[(length / 8)...].allSatisfy { $0 == 0xAAAA_AAAA_AAAA_AAAA }, "nothing is written behind the end")
    return Array(words.prefix(length / 8))
  }

  func isWhole(_ words: [UInt64], length: Int? = nil, count: Int) -> Bool {
    words.withUnsafeBytes { ExactPacking.isWhole($0.baseAddress!, length: length ?? $0.count, count: count) }
  }

  func expectTheSame(_ values: [Double], _ note: Comment) {
    let words = pack(values)
    #expect(isWhole(words, count: values.count), note)
    var (result, sums) = (
      [Double](repeating: .nan, count: values.count), [Double](repeating: 0x1p-40, count: values.count)
    )
    words.withUnsafeBytes {
      ExactPacking.unpack($0.baseAddress!, count: values.count, into: &result)
      ExactPacking.unpack($0.baseAddress!, count: values.count, addingTo: &sums)
    }
    #expect(result.map(\.bitPattern) == values.map(\.bitPattern), note)
    #expect(sums == values.map { $0 + 0x1p-40 }, note)
  }

  /// Multiples of 2^-40 of up to `bits` bits, sign included, the largest among them.
  func values(_ count: Int, bits: Int) -> [Double] {
    var random = KeyedRandom(seed: 1, purpose: .test, sample: UInt32(bits))
    if bits == 0 { return Array(repeating: 0, count: count) }
    let most = (UInt64(1) << (bits - 1)) - 1
    return (0..<count).map { i in
      let word = UInt64(random.integer(below: 1 << 30)) << 30 | UInt64(random.integer(below: 1 << 30))
      let units = i == count / 2 ? most : word & most
      let value = Double(units) * 0x1p-40
      return word >> 55 & 1 == 1 && units > 0 ? -value : value
    }
  }

  @Test(arguments: 0...53)
  func everyWidth(bits: Int) {
    for count in [1, 7, 8, 9, 511, 512, 513, 1024, 1031, 2000] {
      expectTheSame(values(count, bits: bits), "\(count) values of \(bits) bits")
    }
    let bytes = 8 * pack(values(512 * 64, bits: bits)).count
    // The largest positive value has its sign bit as well.
    #expect(bytes == 64 + 512 * 64 / 8 * bits || bits == 1, "\(bits) bits take \(bytes) bytes")
  }

  @Test func blocksOfDifferentWidths() {
    expectTheSame((0...53).flatMap { values(512, bits: $0) } + values(77, bits: 31), "all widths")
  }

  @Test func extremes() {
    let largest = 0x1p12 - 0x1p-40
    expectTheSame([largest, -largest, 0, 0x1p-40, -0x1p-40, 0x1p11, -0x1p11], "extremes")
    // Sums of rounded values are never -0; it stays what it is all the same.
    expectTheSame([-0.0, 1, -0.0], "-0")
    expectTheSame([], "nothing")
  }

  @Test func valuesThatWereNotPromisedHarmNothing() {
    let values = [0x1p12, -.infinity, .nan, 1e300, 0x1p-60, 1]
    let words = pack(values)
    #expect(isWhole(words, count: values.count))
    var result = [Double](repeating: 0, count: values.count)
    words.withUnsafeBytes { ExactPacking.unpack($0.baseAddress!, count: values.count, into: &result) }
    #expect(result.allSatisfy { $0.isFinite && abs($0) < 0x1p12 })
  }

  @Test func damageIsFound() {
    for count in [1, 512, 1300] {
      let words = pack(values(count, bits: 30))
      for length in [0, 1, 63, 64, 8 * words.count - 8, 8 * words.count - 1, 8 * words.count + 1] {
        #expect(!isWhole(words + [0], length: length, count: count), "\(length) bytes of \(8 * words.count)")
      }
      for width: UInt64 in [0, 29, 31, 54, 64, 255] {
        var damaged = words
        damaged[0] = damaged[0] & ~0xFF | width
        // A short block may take as many words with a bit more or less.
        #expect(!isWhole(damaged, count: count) || (count == 1 && (1...53) ~= width), "a width of \(width) bits")
      }
    }
  }
}
