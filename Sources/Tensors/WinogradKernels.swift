import COpenBLAS

/// The transformations of Winograd's F(L x M, 3 x 3), see Lavin and Gray 2015 (arXiv 1509.09308). Position p of a tile stands
/// `p * pitch` floats after position 0. Tiles next to each other may change places; all transformations agree on how.
public enum WinogradKernels: Int, Sendable {
  /// F(2 x 2, 3 x 3): 4 products for an output, where the plain way takes 9. Errors are those of the plain way.
  case two = 2
  /// F(4 x 4, 3 x 3): 2.25 products. Errors are ten times larger.
  case four = 4
  /// F(5 x 4, 3 x 3), five lines: 2.1 products. Errors are half as large again.
  case five = 5

  /// Lines and columns of a tile's outputs.
  public var lines: Int { rawValue }
  public var columns: Int { self == .two ? 2 : 4 }
  /// Lines of a tile, and positions.
  public var height: Int { lines + 2 }
  public var positions: Int { height * (columns + 2) }

  private var kernel: Int32 { Int32(rawValue) }
  private var isWide: Int32 { InstructionSet.isWide ? 1 : 0 }

  /// Lines of a tile; some may be nil.
  private typealias Lines<Pointer> = (Pointer?, Pointer?, Pointer?, Pointer?, Pointer?, Pointer?, Pointer?)

  @inline(__always)
  private func withLines<Pointer>(
    _ count: Int, _ line: (Int) -> Pointer?, _ body: (UnsafePointer<Pointer?>) -> Void
  ) {
    var lines: Lines<Pointer> = (line(0), line(1), nil, nil, nil, nil, nil)
    if count > 2 { (lines.2, lines.3) = (line(2), line(3)) }
    if count > 4 { lines.4 = line(4) }
    if count > 5 { lines.5 = line(5) }
    if count > 6 { lines.6 = line(6) }
    withUnsafePointer(to: lines) { $0.withMemoryRebound(to: Pointer?.self, capacity: 7, body) }
  }

  /// B^T d B of some tiles of a line of tiles, a multiple of 8. Tile t has columns M t - 1 to M t + M of ``height`` lines, each of which starts
  /// and ends with a zero. Lines that are nil are zero, and so is what is outside of the `memory` of `count` floats that lines stand in.
  @inline(__always)
  public func transformInputs(
    in memory: UnsafePointer<Float>, count memoryCount: Int, tiles: Range<Int>,
    into target: UnsafeMutablePointer<Float>, pitch: Int, line: (Int) -> UnsafePointer<Float>?
  ) {
    let (end, tile, count) = (memory + memoryCount, tiles.lowerBound, tiles.count)
    withLines(height, line) { rows in
      akuru_winograd_inputs(kernel, isWide, rows, memory, end, tile, count, target, pitch)
    }
  }

  /// A^T m A of `tiles` tiles, a multiple of 8: L lines of the first `count` columns, a multiple of 16; all but the first may be nil. Then `bias` is added, values below `floor` are set to it, and to
  /// zero where `mask` is zero.
  @inline(__always)
  public func transformOutputs(
    _ source: UnsafePointer<Float>, pitch: Int, tiles: Int, count: Int, bias: Float, floor: Float,
    mask: UnsafePointer<Float>,
    line: (Int) -> UnsafeMutablePointer<Float>?
  ) {
    withLines(lines, line) { rows in
      akuru_winograd_outputs(kernel, isWide, source, pitch, rows, tiles, count, bias, floor, mask)
    }
  }

  /// A dy A^T of some tiles of L lines of `count` columns, those that are nil are zero; otherwise as ``transformInputs``.
  @inline(__always)
  public func transformGradients(
    tiles: Range<Int>, count: Int, into target: UnsafeMutablePointer<Float>, pitch: Int,
    line: (Int) -> UnsafePointer<Float>?
  ) {
    let (tile, tileCount) = (tiles.lowerBound, tiles.count)
    withLines(lines, line) { rows in
      akuru_winograd_gradients(kernel, isWide, rows, tile, tileCount, count, target, pitch)
    }
  }

  /// G g G^T of `count` contiguous kernels, at most 16, optionally turned by half; position p of kernel i is `target[p * pitch + i]`.
  public func transformKernels(
    _ kernels: UnsafePointer<Float>, turned: Bool, count: Int, into target: UnsafeMutablePointer<Float>, pitch: Int
  ) {
    let (turned, count) = (Int32(turned ? 1 : 0), Int32(truncatingIfNeeded: count))
    akuru_winograd_kernels(kernel, isWide, kernels, turned, count, target, pitch)
  }

  /// Adds G^T u G of `count` kernels, at most 16, to their gradients, which are contiguous.
  public func addKernelGradients(
    _ source: UnsafePointer<Float>, pitch: Int, into gradients: UnsafeMutablePointer<Float>, count: Int
  ) {
    akuru_winograd_kernel_gradients(kernel, isWide, source, pitch, gradients, Int32(truncatingIfNeeded: count))
  }
}
