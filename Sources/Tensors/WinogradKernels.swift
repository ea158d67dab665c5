import COpenBLAS

/// The transformations of Winograd's F(2 x 2, 3 x 3), see Lavin and Gray 2015 (arXiv 1509.09308). Position p of a tile, of sixteen,
/// stands `p * pitch` floats after position 0. Tiles next to each other may change places; all three transformations agree on how.
public enum WinogradKernels {
  /// B^T d B of some tiles of a line, a multiple of 16. Tile t has columns 2t - 1 to 2t + 2 of four lines, each of which starts and
  /// ends with a zero. Lines that are nil are zero, and so is what is outside of the `memory` of `count` floats that lines stand in.
  @inline(__always)
  public static func transformInputs(
    _ lines: (
      UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?
    ), in memory: UnsafePointer<Float>, count memoryCount: Int, tiles: Range<Int>,
    into target: UnsafeMutablePointer<Float>, pitch: Int
  ) {
    let (end, tile, count) = (memory + memoryCount, tiles.lowerBound, tiles.count)
    withUnsafePointer(to: lines) {
      $0.withMemoryRebound(to: UnsafePointer<Float>?.self, capacity: 4) { rows in
        #if arch(x86_64)
          if InstructionSet.isWide {
            return akuru_winograd_inputs_wide(rows, memory, end, tile, count, target, pitch)
          }
        #endif
        akuru_winograd_inputs(rows, memory, end, tile, count, target, pitch)
      }
    }
  }

  /// A^T m A: two lines of `count` columns, the second may be missing. Then `bias` is added, values below `floor` are set to it, and to
  /// zero where `mask` is zero.
  @inline(__always)
  public static func transformOutputs(
    _ source: UnsafePointer<Float>, pitch: Int, into first: UnsafeMutablePointer<Float>,
    _ second: UnsafeMutablePointer<Float>?, count: Int, bias: Float, floor: Float, mask: UnsafePointer<Float>
  ) {
    #if arch(x86_64)
      if InstructionSet.isWide {
        return akuru_winograd_outputs_wide(source, pitch, first, second, count, bias, floor, mask)
      }
    #endif
    akuru_winograd_outputs(source, pitch, first, second, count, bias, floor, mask)
  }

  /// A dy A^T of some tiles of two lines of `count` columns, the second may be missing; otherwise as ``transformInputs``.
  @inline(__always)
  public static func transformGradients(
    _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>?, tiles: Range<Int>, count: Int,
    into target: UnsafeMutablePointer<Float>, pitch: Int
  ) {
    #if arch(x86_64)
      if InstructionSet.isWide {
        return akuru_winograd_gradients_wide(first, second, tiles.lowerBound, tiles.count, count, target, pitch)
      }
    #endif
    akuru_winograd_gradients(first, second, tiles.lowerBound, tiles.count, count, target, pitch)
  }
}
