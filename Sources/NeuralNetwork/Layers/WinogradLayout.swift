import Tensors

/// The fewest channels, of input and of output, for which OpenBLAS is faster than products that pack nothing.
private let leastPackedChannels = 128
/// Tiles that are transformed at a time for OpenBLAS; a multiple of 16.
private let tilesInPackedBlock = 512
/// Floats of a block's transformed inputs and outputs, for which the second-level cache has room.
private let floatsInBlock = 128 * 1024

/// How Winograd's method cuts the lines of a micro-batch into tiles, and where it keeps them in scratch memory.
///
/// The lines of tiles stand one after the other, each a multiple of 8 tiles, and are cut into blocks: few channels have blocks that
/// stay in the second-level cache, and products that pack nothing; many have large blocks, and OpenBLAS.
struct WinogradLayout {
  /// Zeros before a line before the pool.
  static let margin = 16

  let kernels: WinogradKernels
  /// Whether OpenBLAS multiplies.
  let packs: Bool
  /// Lines of tiles of the output, and of the input's gradient; a pool drops an odd last line.
  let outputLines: Int
  let inputLines: Int
  /// Tiles that are computed together.
  let block: Int
  /// Floats from one position of the transformed kernels to the next.
  let kernelPitch: Int
  /// Floats from one output channel to the next in a position of the kernels' gradients.
  let sumPitch: Int
  /// Groups of three columns of a kernel.
  let groups: Int
  /// Whether kernels get lines or columns of zeros, and their groups apart, in scratch memory of their own.
  let framesKernels: Bool
  /// Floats of a line before the pool: zeros, a whole line, zeros.
  let poolPitch: Int
  /// Zeros behind it, which the last vector of tiles may read.
  let zerosBehind: Int
  /// Lines behind the pool that come from a line of tiles.
  var pooledLines: Int { kernels.lines / 2 }
  /// Pairs of lines before the pool that a line of tiles of the input's gradient needs.
  var poolPairs: Int { pooledLines + 2 }

  private let inputs: Int
  private let outputs: Int
  private let columns: Int
  /// Tiles of a line of tiles, a multiple of 8.
  private let tilesInRow: Int
  private let hasPool: Bool

  /// - Parameters:
  ///   - kernel: 3 lines and an odd number of columns, or 2 x 3.
  ///   - height: lines of the input; kernels of two lines give one line more.
  ///   - pooledHeight: lines behind the pool, if there is one.
  init(
    inputs: Int, outputs: Int, kernel: (height: Int, width: Int), height: Int, columns: Int, pooledHeight: Int?
  ) {
    groups = (kernel.width + 2) / 3 | 1
    framesKernels = kernel != (3, 3)
    let outputHeight = height + 3 - kernel.height
    packs = min(inputs, outputs) >= leastPackedChannels
    let hasPool = pooledHeight != nil
    let kernels = WinogradKernels.cheapest(height: outputHeight, inPairs: hasPool)
    let (lines, side) = (kernels.lines, kernels.columns)
    tilesInRow = ((columns + side - 1) / side + 7) & ~7
    inputLines = (height + lines - 1) / lines
    // A pool drops an odd last line.
    outputLines = ((pooledHeight.map { 2 * $0 } ?? outputHeight) + lines - 1) / lines
    let (tiles, floatsOfTile) = (max(inputLines, outputLines) * tilesInRow, kernels.positions * (inputs + outputs))
    func fitting(_ floats: Int) -> Int { min(tiles, max(32, floats / floatsOfTile & ~31)) }
    block = packs ? min(tiles, tilesInPackedBlock) : fitting(floatsInBlock)
    sumPitch = Storage.padded(inputs)
    kernelPitch = groups * outputs * sumPitch + 16
    zerosBehind = side * Vector.width + WinogradLayout.margin
    poolPitch = side * tilesInRow + WinogradLayout.margin + zerosBehind
    (self.kernels, self.inputs, self.outputs, self.columns, self.hasPool) = (kernels, inputs, outputs, columns, hasPool)
  }

  /// Floats of a transformed channel of a block, an odd number of cache lines.
  var pitch: Int { Storage.padded(block) | 16 }

  /// Floats from one position of the tiles of all channels to the next; the positions share no set of the first-level cache.
  func placePitch(_ channels: Int) -> Int { channels * pitch + 16 }

  // Scratch memory: transformed kernels, transformed inputs, transformed outputs, lines before the pool, framed kernels, and the
  // transformed inputs of one position, turned: [block, sumPitch].

  var scratchCount: Int { turnedStart + (packs ? 0 : block * sumPitch) }
  var turnedStart: Int { framedStart + (framesKernels ? Storage.padded(9 * groups * inputs * outputs) : 0) }
  var framedStart: Int { poolStart + (hasPool ? 2 * poolPairs * poolPitch : 0) }
  var inputStart: Int { kernels.positions * kernelPitch }
  var outputStart: Int { inputStart + kernels.positions * placePitch(inputs) }
  var poolStart: Int { outputStart + kernels.positions * placePitch(outputs) }

  /// The lines before the pool.
  func poolLines(in scratch: Matrix) -> PoolLines {
    PoolLines(first: scratch.pointer + poolStart + WinogradLayout.margin, pitch: poolPitch)
  }

  /// Columns from a group of the kernel to the one in the middle.
  func shift(_ group: Int) -> Int { 3 * (group - groups / 2) }

  /// Calls `body` for each block.
  @inline(__always)
  func forEachBlock(lines: Int, _ body: (Range<Int>) -> Void) {
    let end = lines * tilesInRow
    for first in stride(from: 0, to: end, by: block) { body(first..<min(end, first + block)) }
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
    min(columns, kernels.columns * tiles.lowerBound)..<min(columns, kernels.columns * tiles.upperBound)
  }
}

extension WinogradKernels {
  /// The tiles for `height` lines of outputs; a pool takes lines `inPairs`.
  fileprivate static func cheapest(height: Int, inPairs: Bool) -> WinogradKernels {
    // A line of tiles takes 8, 9 and 10.5 products for a column, here in thirds. Large tiles have larger errors, so they must save more:
    // they count a third more, and those of five lines 0.46.
    let costs: [(kernels: WinogradKernels, line: Int)] = [(.two, 24), (.four, 36), (.five, 46)]
    let possible = inPairs ? costs[..<2] : costs[...]
    func cost(_ kernels: WinogradKernels, _ line: Int) -> Int { (height + kernels.lines - 1) / kernels.lines * line }
    return possible.min { cost($0.kernels, $0.line) < cost($1.kernels, $1.line) }!.kernels
  }
}

/// Lines before a pool in scratch memory, by the first column of each; `WinogradLayout.margin` floats before it are zero.
struct PoolLines {
  let first: UnsafeMutablePointer<Float>
  let pitch: Int

  subscript(i: Int) -> UnsafeMutablePointer<Float> { first + i * pitch }
}
