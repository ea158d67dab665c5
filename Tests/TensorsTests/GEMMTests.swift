import Tensors
import TestSupport
import Testing

@Suite struct GEMMTests {
  private static func matrix(_ rows: Int, _ columns: Int, sample: UInt32) -> Matrix {
    var random = KeyedRandom(seed: 11, purpose: .test, sample: sample)
    return Matrix(rows: rows, columns: columns, (0..<rows * columns).map { _ in random.uniform(-1, 1) })
  }

  @Test(
    arguments: [
      (1, 1, 1), (3, 5, 7), (17, 2, 33), (1, 40, 9), (65, 31, 1), (40, 70, 130), (29, 16, 128), (15, 48, 300),
    ], [0, 1, 2, 3])
  func matchesTheDefinition(shape: (m: Int, n: Int, k: Int), transposes: Int) {
    let (m, n, k) = shape
    let (transposeA, transposeB) = (transposes & 1 == 1, transposes & 2 == 2)
    // Rows are longer than needed: what stands beyond must neither be read nor written.
    let a = transposeA ? Self.matrix(k, m + 3, sample: 1) : Self.matrix(m, k + 3, sample: 1)
    let b = transposeB ? Self.matrix(n, k + 2, sample: 2) : Self.matrix(k, n + 2, sample: 2)
    for (alpha, beta) in [(Float(1), Float(0)), (1, 1), (-0.5, 0.25)] {
      let c = Self.matrix(m, n + 5, sample: 3)
      var expected = c.elements
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0.0
          for p in 0..<k {
            let x = transposeA ? a.row(p)[i] : a.row(i)[p]
            let y = transposeB ? b.row(j)[p] : b.row(p)[j]
            sum += Double(x) * Double(y)
          }
          expected[i * (n + 5) + j] = Float(Double(alpha) * sum + Double(beta * c.row(i)[j]))
        }
      }
      gemm(
        transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a.pointer, lda: a.columns,
        b.pointer, ldb: b.columns, beta: beta, c.pointer, ldc: c.columns)
      expectClose(c.elements, expected, relativeToMaximum: 2e-6, "\(shape) alpha \(alpha) beta \(beta)")
    }
  }

  @Test func betaZeroOverwritesWhateverIsThere() {
    let (a, b) = (Matrix(rows: 1, columns: 2, [2, 3]), Matrix(rows: 2, columns: 1, [5, 7]))
    let c = Matrix(rows: 1, columns: 1, [.nan])
    gemm(m: 1, n: 1, k: 2, a.pointer, lda: 2, b.pointer, ldb: 1, beta: 0, c.pointer, ldc: 1)
    #expect(c.elements == [31])
  }

  @Test func emptyProductsScaleByBeta() {
    let x = Matrix(rows: 1, columns: 4, [1, 2, 3, 4])
    let c = Matrix(rows: 2, columns: 2, [1, 2, 3, 4])
    gemm(m: 2, n: 2, k: 0, x.pointer, lda: 1, x.pointer, ldb: 2, beta: 0.5, c.pointer, ldc: 2)
    #expect(c.elements == [0.5, 1, 1.5, 2])
    gemm(m: 0, n: 2, k: 2, x.pointer, lda: 2, x.pointer, ldb: 2, beta: 0, c.pointer, ldc: 2)
    gemm(m: 2, n: 0, k: 2, x.pointer, lda: 2, x.pointer, ldb: 1, beta: 0, c.pointer, ldc: 1)
    #expect(c.elements == [0.5, 1, 1.5, 2])
    let wide = Matrix(rows: 1, columns: 16)
    wide.fill(.nan)
    gemm(m: 1, n: 16, k: 0, x.pointer, lda: 1, x.pointer, ldb: 16, beta: 0, wide.pointer, ldc: 16)
    #expect(wide.elements == Array(repeating: 0, count: 16))
  }

  /// What is not packed: k in one product or in several, and more or fewer rows and columns.
  @Test(arguments: [false, true]) func unpackedBitsAreThoseOfTheElement(transposeA: Bool) {
    let (m, n, k) = (33, 48, 301)
    let a = transposeA ? Self.matrix(k, m, sample: 7) : Self.matrix(m, k, sample: 7)
    let b = Self.matrix(k, n, sample: 8)
    func product(_ rows: Int, _ columns: Int, cut: Int) -> [Float] {
      let c = Matrix(rows: rows, columns: columns)
      for (first, end) in [(0, cut), (cut, k)] {
        gemmUnpacked(
          transposeA: transposeA, m: rows, n: columns, k: end - first, a.pointer + (transposeA ? first * m : first),
          lda: a.columns, b.row(first), ldb: n, accumulate: first > 0, into: c.pointer, ldc: columns)
      }
      return c.elements
    }
    let whole = product(m, n, cut: 128)
    #expect(product(m, n, cut: 5) == whole && product(m, n, cut: 300) == whole)
    for (rows, columns) in [(1, 48), (13, 16), (14, 32)] {
      let expected = (0..<rows).flatMap { whole[$0 * n..<$0 * n + columns] }
      #expect(product(rows, columns, cut: 77) == expected, "\(rows) x \(columns)")
    }
  }

  @Test(arguments: [(1, 8), (8, 16), (13, 24), (32, 8), (35, 40)]) func transposes(rows: Int, columns: Int) {
    let from = Self.matrix(rows, columns + 3, sample: 9)
    let to = Matrix(rows: columns, columns: Storage.padded(rows) + 16)
    to.fill(.nan)
    transpose(from.pointer, rows: rows, columns: columns, lead: columns + 3, into: to.pointer, lead: to.columns)
    for x in 0..<columns {
      for y in 0..<Storage.padded(rows) {
        #expect(to.row(x)[y] == (y < rows ? from.row(y)[x] : 0), "\(x), \(y)")
      }
      #expect(to.row(x)[Storage.padded(rows)].isNaN)
    }
  }

  @Test func namesItsKernelFamily() {
    BLAS.useOneThread()
    #expect(!BLAS.coreName.isEmpty)
    #expect(BLAS.configuration.contains("OpenBLAS"))
  }
}
