import Tensors
import TestSupport
import Testing

@Suite struct ConvolutionKernelsTests {
  private static func matrix(_ rows: Int, _ columns: Int, sample: UInt32) -> Matrix {
    var random = KeyedRandom(seed: 13, purpose: .test, sample: sample)
    return Matrix(rows: rows, columns: columns, (0..<rows * columns).map { _ in random.uniform(-1, 1) })
  }

  /// Each column alone, and two vectors of columns at once where the CPU has registers for them: the same bits.
  @Test(arguments: Array(1...ConvolutionKernels.mostRows), [1, 6, 35]) func tilesMatchTheDefinition(rows: Int, k: Int) {
    let (a, lines) = (Self.matrix(k, rows, sample: 1), Self.matrix(1, 400, sample: 2))
    let places = (0..<k).map { ($0 * 37) % 350 }
    let expected = (0..<rows).flatMap { r in
      (0..<32).map { x in
        Float((0..<k).reduce(0.0) { $0 + Double(a.row($1)[r]) * Double(lines.pointer[places[$1] + x]) })
      }
    }
    let (single, pair) = (Matrix(rows: rows, columns: 48), Matrix(rows: rows, columns: 48))
    single.fill(.nan)
    pair.fill(.nan)
    places.withUnsafeBufferPointer { places in
      for x in [0, 16] {
        ConvolutionKernels.convolve(
          rows: rows, k: k, a.pointer, lines.pointer + x, at: places.baseAddress!, into: single.pointer + x, ldc: 48)
      }
      guard ConvolutionKernels.havePairs else { return }
      ConvolutionKernels.convolvePair(
        rows: rows, k: k, a.pointer, lines.pointer, at: places.baseAddress!, into: pair.pointer, ldc: 48)
    }
    func used(_ matrix: Matrix) -> [Float] {
      (0..<rows).flatMap { r in (0..<32).map { matrix.row(r)[$0] } }
    }
    expectClose(used(single), expected, relativeToMaximum: 2e-6, "\(rows) rows of \(k)")
    if ConvolutionKernels.havePairs { #expect(used(pair) == used(single)) }
  }
}
