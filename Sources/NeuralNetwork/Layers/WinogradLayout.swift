import Tensors

/// The fewest channels, of input and of output, for which OpenBLAS is faster than products that pack nothing.
private let leastPackedChannels = 128
/// Tiles that are transformed at a time for OpenBLAS; a multiple of 16.
private let tilesInPackedBlock = 512
/// Floats of a block's transformed inputs and outputs that the second-level cache has room for, and for the weights' gradients, whose
/// sums are long, the third-level cache.
private let (floatsInBlock, floatsInGradientBlock) = (96 * 1024, 1024 * 1024)

/// How Winograd's method cuts the lines of a micro-batch into tiles, and where it keeps them in scratch memory.
///
/// The lines of tiles stand one after the other, each a multiple of 16 tiles, and are cut into blocks: few channels have blocks that
/// stay in the second-level cache, and products that pack nothing; many have large blocks, and OpenBLAS.
struct WinogradLayout {
  /// Zeros before and behind a line before the pool.
  static let margin = 16

  let kernels: WinogradKernels
  /// Whether OpenBLAS multiplies.
  let packs: Bool
  /// Lines of tiles of the output, and of the input's gradient; a pool drops an odd last line.
  let outputLines: Int
  let inputLines: Int
  /// Tiles that are computed together.
  let block: Int
  let gradientBlock: Int
  /// Floats from one position of the transformed kernels to the next.
  let kernelPitch: Int
  /// Floats of a line before the pool: zeros, a whole line, zeros.
  let poolPitch: Int

  private let inputs: Int
  private let outputs: Int
  private let columns: Int
  /// Tiles of a line of tiles, rounded up to whole vectors.
  private let tilesInRow: Int
  private let hasPool: Bool

  /// - Parameter pooledHeight: lines behind the pool, if there is one.
  init(inputs: Int, outputs: Int, height: Int, columns: Int, pooledHeight: Int?) {
    packs = min(inputs, outputs) >= leastPackedChannels
    // Tiles of 4 x 4 outputs where the lines that they have too many take less than they save.
    let (lines2, lines4) = ((height + 1) & ~1, (height + 3) & ~3)
    kernels = pooledHeight == nil && packs && 3 * lines4 < 4 * lines2 ? .four : .two
    let side = kernels.side
    tilesInRow = Storage.padded((columns + side - 1) / side)
    inputLines = (height + side - 1) / side
    outputLines = pooledHeight ?? inputLines
    let (tiles, floatsOfTile) = (inputLines * tilesInRow, kernels.positions * (inputs + outputs))
    func fitting(_ floats: Int) -> Int { min(tiles, max(32, floats / floatsOfTile & ~31)) }
    block = packs ? min(tiles, tilesInPackedBlock) : fitting(floatsInBlock)
    gradientBlock = packs ? block : fitting(floatsInGradientBlock)
    kernelPitch = Storage.padded(inputs * outputs) + 16
    poolPitch = 2 * tilesInRow + 4 * WinogradLayout.margin
    (self.inputs, self.outputs, self.columns, hasPool) = (inputs, outputs, columns, pooledHeight != nil)
  }

  /// Floats of a transformed channel of a block, an odd number of cache lines.
  func pitch(_ block: Int) -> Int { block | 16 }

  /// Floats from one position of the tiles of all channels to the next; the positions share no set of the first-level cache.
  func placePitch(_ channels: Int, _ pitch: Int) -> Int { channels * pitch + 16 }

  // Scratch memory: transformed kernels, transformed inputs, transformed outputs, three pairs of lines before the pool.

  var scratchCount: Int { poolStart + (hasPool ? 6 * poolPitch : 0) }
  var inputStart: Int { kernels.positions * kernelPitch }
  func outputStart(_ pitch: Int) -> Int { inputStart + kernels.positions * placePitch(inputs, pitch) }
  var poolStart: Int {
    let pitch = pitch(gradientBlock)
    return outputStart(pitch) + kernels.positions * placePitch(outputs, pitch)
  }

  /// Calls `body` for blocks of `size` tiles.
  @inline(__always)
  func forEachBlock(of size: Int, lines: Int, _ body: (Range<Int>) -> Void) {
    let end = lines * tilesInRow
    for first in stride(from: 0, to: end, by: size) { body(first..<min(end, first + size)) }
  }

  /// Calls `body` for the tiles of a block that stand in one line of tiles, with the first one's place in the block.
  @inline(__always)
  func forEachRun(in block: Range<Int>, _ body: (_ line: Int, _ tiles: Range<Int>, _ place: Int) -> Void) {
    var next = block.lowerBound
    while next < block.upperBound {
      let line = next / tilesInRow
      let start = line * tilesInRow
      let end = min(block.upperBound, start + tilesInRow)
      body(line, next - start..<end - start, next - block.lowerBound)
      next = end
    }
  }

  /// The columns of some tiles of a line of tiles; none behind the last column.
  func columns(of tiles: Range<Int>) -> Range<Int> {
    min(columns, kernels.side * tiles.lowerBound)..<min(columns, kernels.side * tiles.upperBound)
  }
}
