import Tensors
import TestSupport
import Testing

@Suite struct PackedMatrixTests {
  private static func matrix(_ rows: Int, _ columns: Int, sample: UInt32) -> Matrix {
    var random = KeyedRandom(seed: 12, purpose: .test, sample: sample)
    return Matrix(rows: rows, columns: columns, (0..<rows * columns).map { _ in random.uniform(-1, 1) })
  }

  /// C as the product makes it; its rows are longer than needed.
  private static func product(_ a: Matrix, m: Int, _ packed: PackedMatrix, accumulate: Bool, onto c: Matrix) -> [Float]
  {
    let result = Matrix(rows: m, columns: c.columns, Array(c.elements.prefix(m * c.columns)))
    packed.multiply(
      m: m, a.pointer, lda: a.columns, accumulate: accumulate, into: result.pointer, ldc: result.columns)
    return result.elements
  }

  @Test(arguments: 1...27, [(k: 1, n: 16), (k: 7, n: 48), (k: 33, n: 32), (k: 12, n: 144)])
  func matchesTheDefinition(m: Int, shape: (k: Int, n: Int)) {
    let (k, n) = shape
    let (a, b) = (Self.matrix(m, k + 3, sample: 1), Self.matrix(k, n, sample: 2))
    let c = Self.matrix(m, n + 5, sample: 3)
    let transposed = Matrix(
      rows: n, columns: k, (0..<n).flatMap { j in (0..<k).map { b.row($0)[j] } })
    let memory = Matrix(rows: k, columns: n)
    let packed = PackedMatrix(rows: k, columns: n, in: memory.pointer)
    for accumulate in [false, true] {
      var expected = c.elements
      for i in 0..<m {
        for j in 0..<n {
          let sum = (0..<k).reduce(0.0) { $0 + Double(a.row(i)[$1]) * Double(b.row($1)[j]) }
          expected[i * (n + 5) + j] = Float(sum + (accumulate ? Double(c.row(i)[j]) : 0))
        }
      }
      memory.fill(.nan)
      packed.pack(b.pointer)
      let result = Self.product(a, m: m, packed, accumulate: accumulate, onto: c)
      expectClose(result, expected, relativeToMaximum: 2e-6, "\(m) rows, \(shape)")
      memory.fill(.nan)
      packed.pack(transposed: transposed.pointer)
      #expect(Self.product(a, m: m, packed, accumulate: accumulate, onto: c) == result)
      for isWide in InstructionSet.hasWideRegisters ? [false, true] : [false] {
        let other = PackedMatrix(rows: k, columns: n, in: memory.pointer, isWide: isWide)
        #expect(Self.product(a, m: m, other, accumulate: accumulate, onto: c) == result, "AVX-512: \(isWide)")
      }
    }
  }

  @Test func bitsDoNotDependOnOtherRows() {
    let (k, n) = (50, 32)
    let (a, b, c) = (
      Self.matrix(20, k, sample: 4), Self.matrix(k, n, sample: 5), Self.matrix(20, n, sample: 6)
    )
    let memory = Matrix(rows: k, columns: n)
    let packed = PackedMatrix(rows: k, columns: n, in: memory.pointer)
    packed.pack(b.pointer)
    let all = Self.product(a, m: 20, packed, accumulate: true, onto: c)
    for m in 1..<20 {
      #expect(Self.product(a, m: m, packed, accumulate: true, onto: c) == Array(all.prefix(m * n)))
    }
    Self.product(a, m: 0, packed, accumulate: false, onto: c).forEach { _ in Issue.record("no rows, but elements") }
  }
}
