/// Packs exact sums without loss: multiples of 2^-40 below 2^12 (``ExactRounding``) as integers, with as many bits as
/// the largest value in a block of 512 needs. Gradients mostly need 20 to 32 bits, where a Double takes 64.
///
/// The sign is folded into the lowest bit of an integer. The values of a block are split over 8 lanes: lane l has
/// values l, l + 8, l + 16, ..., packed consecutively in words of 64 bits, and the lanes' words are interleaved; so all
/// operations work on whole vectors (Lemire and Boytsov 2015, "Decoding billions of integers per second through
/// vectorization"). The blocks' widths in bits come first, a byte each, padded to a multiple of 64 bytes, then the
/// blocks.
///
/// The callers check sizes; memory is aligned to 8 bytes.
public enum ExactPacking {
  /// Values in a block; the last may be shorter.
  public static let blockCount = 512
  /// The largest number of bits of a value: its sign, and 2^12 / 2^-40.
  public static let mostBits = 53

  private typealias Words = SIMD8<UInt64>
  private static let wordBytes = MemoryLayout<Words>.size
  /// The bits of 2^12, whose last place is 2^-40: |x| + 2^12 has |x| / 2^-40 in its lowest 52 bits.
  private static let base: UInt64 = 0x40B0_0000_0000_0000

  private static func headerBytes(_ count: Int) -> Int {
    ((count &+ blockCount &- 1) / blockCount &+ 63) & ~63
  }

  /// Vectors of 8 words that `count` values of a block fill.
  @inline(__always)
  private static func wordCount(_ count: Int, bits: Int) -> Int {
    ((count &+ 7) / 8 &* bits &+ 63) / 64
  }

  /// The largest number of bytes that `count` values take.
  public static func mostBytes(_ count: Int) -> Int {
    let (blocks, rest) = (count / blockCount, count % blockCount)
    return headerBytes(count) + (blocks * wordCount(blockCount, bits: mostBits) + wordCount(rest, bits: mostBits))
      * wordBytes
  }

  /// Packs `count` values and returns their number of bytes.
  ///
  /// Values must be below 2^12. A larger value is packed as some other value; memory stays safe.
  public static func pack(_ values: UnsafePointer<Double>, count: Int, into bytes: UnsafeMutableRawPointer) -> Int {
    let header = headerBytes(count)
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: header)
    var target = bytes + header
    var (start, block) = (0, 0)
    while start < count {
      let n = min(blockCount, count &- start)
      let bits = min(64 &- largest(values + start, count: n).leadingZeroBitCount, mostBits)
      bytes.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: block, as: UInt8.self)
      if bits > 0 { packBlock(values + start, count: n, bits: UInt64(bits), into: target) }
      target += wordCount(n, bits: bits) &* wordBytes
      start &+= n
      block &+= 1
    }
    return target - bytes
  }

  /// Whether `length` bytes are `count` packed values, so that unpacking reads no other bytes.
  public static func isWhole(_ bytes: UnsafeRawPointer, length: Int, count: Int) -> Bool {
    var expected = headerBytes(count)
    guard length >= expected else { return false }
    var (start, block) = (0, 0)
    while start < count {
      let n = min(blockCount, count &- start)
      let bits = Int(bytes.load(fromByteOffset: block, as: UInt8.self))
      if bits > mostBits { return false }
      expected &+= wordCount(n, bits: bits) &* wordBytes
      start &+= n
      block &+= 1
    }
    return length == expected
  }

  /// Writes `count` packed values.
  public static func unpack(_ bytes: UnsafeRawPointer, count: Int, into values: UnsafeMutablePointer<Double>) {
    forEachBlock(bytes, count: count) { words, start, n, bits in
      unpackBlock(words, count: n, bits: bits, into: values + start)
    }
  }

  /// Adds `count` packed values to `sums`.
  public static func unpack(_ bytes: UnsafeRawPointer, count: Int, addingTo sums: UnsafeMutablePointer<Double>) {
    forEachBlock(bytes, count: count) { words, start, n, bits in
      addBlock(words, count: n, bits: bits, to: sums + start)
    }
  }

  @inline(__always)
  private static func forEachBlock(
    _ bytes: UnsafeRawPointer, count: Int,
    _ body: (UnsafeRawPointer, _ start: Int, _ count: Int, _ bits: UInt64) -> Void
  ) {
    var words = bytes + headerBytes(count)
    var (start, block) = (0, 0)
    while start < count {
      let n = min(blockCount, count &- start)
      let bits = bytes.load(fromByteOffset: block, as: UInt8.self)
      body(words, start, n, UInt64(bits))
      words += wordCount(n, bits: Int(bits)) &* wordBytes
      start &+= n
      block &+= 1
    }
  }

  // MARK: Vectors

  @inline(__always)
  private static func load(_ values: UnsafePointer<Double>, at i: Int, count: Int) -> Words {
    if i &+ 8 <= count { return UnsafeRawPointer(values + i).loadUnaligned(as: Words.self) }
    var last = Words.zero
    for lane in 0..<(count &- i) { last[lane] = values[i &+ lane].bitPattern }
    return last
  }

  /// |x| in units of 2^-40, and the sign as the lowest bit.
  @inline(__always)
  private static func fold(_ x: Words) -> Words {
    let magnitude = unsafeBitCast(x & Words(repeating: .max >> 1), to: SIMD8<Double>.self) + 0x1p12
    let units = unsafeBitCast(magnitude, to: Words.self) &- Words(repeating: base)
    return (units &+ units) | (x &>> Words(repeating: 63))
  }

  @inline(__always)
  private static func unfold(_ u: Words) -> Words {
    let magnitude =
      unsafeBitCast((u &>> Words(repeating: 1)) &+ Words(repeating: base), to: SIMD8<Double>.self) - 0x1p12
    return unsafeBitCast(magnitude, to: Words.self) | (u &<< Words(repeating: 63))
  }

  /// All bits that the folded values of a block use.
  @inline(never)
  private static func largest(_ values: UnsafePointer<Double>, count: Int) -> UInt64 {
    var bits = Words.zero
    var i = 0
    while i < count {
      bits |= fold(load(values, at: i, count: count))
      i &+= 8
    }
    let four = bits.lowHalf | bits.highHalf
    let two = four.lowHalf | four.highHalf
    return two[0] | two[1]
  }

  @inline(never)
  private static func packBlock(
    _ values: UnsafePointer<Double>, count: Int, bits: UInt64, into words: UnsafeMutableRawPointer
  ) {
    var (target, word, filled) = (words, Words.zero, UInt64(0))
    var i = 0
    while i < count {
      let u = fold(load(values, at: i, count: count))
      word |= u &<< Words(repeating: filled)
      filled &+= bits
      if filled >= 64 {
        target.storeBytes(of: word, as: Words.self)
        target += wordBytes
        filled &-= 64
        // The bits that did not fit; none if the word is exactly full.
        word = u &>> Words(repeating: bits &- filled)
      }
      i &+= 8
    }
    if filled > 0 { target.storeBytes(of: word, as: Words.self) }
  }

  @inline(never)
  private static func unpackBlock(
    _ words: UnsafeRawPointer, count: Int, bits: UInt64, into values: UnsafeMutablePointer<Double>
  ) {
    var reader = Reader(words, bits: bits)
    var i = 0
    while i &+ 8 <= count {
      UnsafeMutableRawPointer(values + i).storeBytes(of: reader.next(), as: Words.self)
      i &+= 8
    }
    if i == count { return }
    let last = reader.next()
    for lane in 0..<(count &- i) { values[i &+ lane] = Double(bitPattern: last[lane]) }
  }

  @inline(never)
  private static func addBlock(
    _ words: UnsafeRawPointer, count: Int, bits: UInt64, to sums: UnsafeMutablePointer<Double>
  ) {
    if bits == 0 { return }
    var reader = Reader(words, bits: bits)
    var i = 0
    while i &+ 8 <= count {
      let address = UnsafeMutableRawPointer(sums + i)
      let sum = address.loadUnaligned(as: SIMD8<Double>.self) + unsafeBitCast(reader.next(), to: SIMD8<Double>.self)
      address.storeBytes(of: sum, as: SIMD8<Double>.self)
      i &+= 8
    }
    if i == count { return }
    let last = reader.next()
    for lane in 0..<(count &- i) { sums[i &+ lane] += Double(bitPattern: last[lane]) }
  }

  /// Reads a block, 8 values at a time.
  private struct Reader {
    private var source: UnsafeRawPointer
    private var word = Words.zero
    /// Consumed bits of the word.
    private var place: UInt64 = 64
    private let bits: UInt64
    private let mask: Words

    @inline(__always)
    init(_ words: UnsafeRawPointer, bits: UInt64) {
      (source, self.bits) = (words, bits)
      mask = Words(repeating: (1 &<< bits) &- 1)
    }

    /// The bits of the next 8 values.
    @inline(__always)
    mutating func next() -> Words {
      var u = Words.zero
      if place < 64 { u = word &>> Words(repeating: place) }
      place &+= bits
      if place > 64 {
        word = source.loadUnaligned(as: Words.self)
        source += wordBytes
        u |= word &<< Words(repeating: 64 &+ bits &- place)
        place &-= 64
      }
      return unfold(u & mask)
    }
  }
}
