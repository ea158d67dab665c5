import Tensors

/// Two-dimensional cross-correlation with stride 1, zero padding, and optionally bias, ReLU and max pooling, as
/// PyTorch's `Conv2d`.
///
/// Without pooling: input [in * H, columns], output [out * (H + 2 * padding.height - kernel.height + 1), columns]. An
/// image loses `kernel.width - 1 - 2 * padding.width` columns at its right edge; it never gains any. If it loses none,
/// the output shares the input's layout. One input channel is computed directly (`ConvolutionDirect.swift`), unless the
/// kernel is wide; others by Winograd's method (`ConvolutionWinograd.swift`), from lines in place
/// (`ConvolutionInPlace.swift`), or by GEMM over tiles of gathered columns (`ConvolutionColumns.swift`).
///
/// With pooling, two lines of the output at a time are computed in scratch memory and pooled at once: neither they nor
/// their gradients are ever stored. Without pooling but with ReLU, ``backward()`` zeroes the output's gradient in place
/// where the output is not positive.
public final class Convolution: ImageLayer {
  /// [out, in, kernel.height, kernel.width].
  public let weight: Parameter
  /// [out].
  public let bias: Parameter?

  let inputs: Int
  let outputs: Int
  let kernel: (height: Int, width: Int)
  let padding: (height: Int, width: Int)
  let relu: Bool
  /// The pooling; nil without one. Its windows can be cut between columns, so ``PoolWindow/neighbors`` is excluded.
  private(set) var pooling: Pooling?
  let inputNeedsGradient: Bool

  private var narrowed = ColumnLayout()
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?
  private var plannedLines: ColumnLayout?
  private var workspace: Workspace?
  private(set) var scratch = Matrix(rows: 0, columns: 0)
  /// Bias gradients [out], then (direct code) weight gradients, accumulated in Double over lines and tiles.
  var sums: [Double]
  /// The offset of each tap's input from the output, for the direct code and for lines in place.
  var offsets: [Int] = []

  /// Whether ``init(name:in:out:kernel:padding:bias:relu:pool:gap:parameters:inputNeedsGradient:)`` supports the pool.
  public static func canPool(_ pool: MaxPool.Shape) -> Bool {
    PoolWindow(pool).map { $0 != .neighbors } ?? false
  }

  /// Declares `<name>.weight` and, with `bias`, `<name>.bias`. `inputNeedsGradient` is false for a network's first
  /// layer, whose input gradient is not computed. `gap` is the number of columns between images that the layers after
  /// the pool need.
  public init(
    name: String, in inputs: Int, out outputs: Int, kernel: (height: Int, width: Int),
    padding: (height: Int, width: Int), bias: Bool, relu: Bool, pool: MaxPool.Shape? = nil, gap: Int = 1,
    parameters: Parameters, inputNeedsGradient: Bool = true
  ) {
    require(inputs > 0 && outputs > 0 && kernel.height > 0 && kernel.width > 0, "sizes must be positive")
    require(2 * padding.width < kernel.width, "a convolution must not widen its input")
    require(padding.height < kernel.height && kernel.width <= 16, "unsupported kernel")
    weight = parameters.add("\(name).weight", shape: [outputs, inputs, kernel.height, kernel.width])
    self.bias = bias ? parameters.add("\(name).bias", shape: [outputs]) : nil
    (self.inputs, self.outputs, self.kernel, self.padding) = (inputs, outputs, kernel, padding)
    require(pool.map(Convolution.canPool) ?? true, "unsupported pool")
    (self.relu, self.inputNeedsGradient) = (relu, inputNeedsGradient)
    pooling = pool.flatMap(PoolWindow.init).map { Pooling($0, gap: gap) }
    sums = Array(repeating: 0, count: outputs + (inputs == 1 ? outputs * kernel.height * kernel.width : 0))
  }

  /// The algorithm of the layer.
  private enum Way { case direct, winograd, inPlace, columns }
  private var way: Way {
    inputs == 1 && !(usesLinesInPlace && kernel.width >= 5)
      ? .direct : usesWinograd ? .winograd : usesLinesInPlace ? .inPlace : .columns
  }

  /// Floats of one output channel's kernel: in * kernel.height * kernel.width.
  var depth: Int { inputs * kernel.height * kernel.width }

  var input: FeatureMaps { plannedInput! }
  var output: FeatureMaps { plannedOutput! }
  /// The layout of the lines before pooling.
  var lineLayout: ColumnLayout { plannedLines! }
  /// Computed lines of the convolution, before pooling; an odd last line is skipped.
  var lines: Int { pooling == nil ? output.height : 2 * output.height }
  /// Lines that are computed together.
  var tileLines: Int { pooling == nil ? 1 : 2 }
  /// The normalizations of all channels that replace bias and ReLU, if there are any: see ``NormalizedConvolution``.
  var normalizations: [PoolMap] = []
  /// The bias, normalization and ReLU that pooling applies to a channel's lines.
  func map(_ channel: Int) -> PoolMap {
    normalizations.isEmpty
      ? PoolMap(shift: bias?.value.pointer[channel] ?? 0, floor: relu ? 0 : -.infinity) : normalizations[channel]
  }
  /// The input's gradient, if needed.
  var inputGradient: Matrix? { inputNeedsGradient ? input.gradient : nil }

  public func outputWidth(_ width: Int) -> Int {
    pooling?.window.outputWidth(ownWidth(width)) ?? ownWidth(width)
  }

  public func outputHeight(_ height: Int) -> Int {
    pooling == nil ? ownHeight(height) : ownHeight(height) / 2
  }

  /// Columns and lines before pooling.
  private func ownWidth(_ width: Int) -> Int { max(0, width + 2 * padding.width - kernel.width + 1) }
  func ownHeight(_ height: Int) -> Int { max(0, height + 2 * padding.height - kernel.height + 1) }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    require(input.channels == inputs, "\(input.channels) channels for a convolution of \(inputs)")
    require(
      input.layout.gap >= max(padding.width, kernel.width - 1 - padding.width), "images would see each other")
    let layout: ColumnLayout
    if ownWidth(kernel.width) == kernel.width {
      layout = input.layout
    } else {
      if narrowed.gap != input.layout.gap { narrowed = ColumnLayout(gap: input.layout.gap) }
      narrowed.place(as: input.layout, width: ownWidth)
      layout = narrowed
    }
    let height = ownHeight(input.height)
    let output =
      pooling?.plan(layout, channels: outputs, height: height, in: workspace)
      ?? FeatureMaps(
        layout: layout, channels: outputs, height: height,
        value: workspace.activation(rows: outputs * height, columns: layout.stride),
        gradient: workspace.gradient(rows: outputs * height, columns: layout.stride))
    (plannedInput, plannedOutput, plannedLines, self.workspace) = (input, output, layout, workspace)
    let scratchCount =
      switch way {
      case .direct: directScratchCount
      case .winograd: winogradLayout.scratchCount
      case .inPlace: inPlaceScratchCount
      case .columns: columnScratchCount
      }
    scratch = workspace.scratch(count: scratchCount)
    return output
  }

  public func forward(_ mode: Mode) {
    require(plannedOutput != nil, "a convolution is planned before it computes")
    switch way {
    case .direct: forwardDirect()
    case .winograd: forwardWinograd()
    case .inPlace: forwardInPlace()
    case .columns: forwardColumns()
    }
    pooling?.finishForward()
  }

  public func backward() {
    require(plannedOutput?.gradient != nil, "a convolution is planned before it computes")
    clearSums()
    switch way {
    case .direct: backwardDirect()
    case .winograd: backwardWinograd()
    case .inPlace: backwardInPlace()
    case .columns: backwardColumns()
    }
    guard let bias else { return }
    let gradient = bias.gradient.pointer
    for channel in 0..<outputs { gradient[channel] += Float(sums[channel]) }
  }

  func clearSums() {
    sums.withUnsafeMutableBufferPointer { $0.baseAddress!.update(repeating: 0, count: $0.count) }
  }

  var isPlanned: Bool { plannedOutput != nil }

  /// Whether this layer could also do what a normalization and a pool behind it do, see ``NormalizedConvolution``.
  var canTakePool: Bool { way == .direct && !inputNeedsGradient && !relu && pooling == nil }

  /// Takes over the pool of the normalization behind this layer, before the first plan.
  func take(_ pooling: Pooling) {
    require(canTakePool && !isPlanned, "a convolution that cannot pool")
    self.pooling = pooling
  }

  /// Polls the progress hook between blocks, see `Workspace/progressHook`.
  @inline(__always)
  func pollProgress() { workspace?.progressHook?() }

  /// Undoes the ReLU on `count` columns of one line of the output's gradient, in place, and adds them to the channel's
  /// bias gradient.
  @inline(__always)
  func receiveGradient(
    _ gradient: UnsafeMutablePointer<Float>, value: UnsafePointer<Float>, count: Int, biasSum: inout Double
  ) {
    if relu { rectifyGradient(gradient, where: value, count: count) }
    if bias != nil { biasSum += Double(lineSum(gradient, count: count)) }
  }
}

/// line[x] = max(0, line[x] + bias), without the maximum if not `relu`; zero where mask is.
@inline(never)
func finishColumns(
  _ line: UnsafeMutablePointer<Float>, bias: Float, relu: Bool, mask: UnsafePointer<Float>, count: Int
) {
  let (bias, floor) = (Vector(repeating: bias), Vector(repeating: relu ? 0 : -.infinity))
  for x in stride(from: 0, to: count, by: Vector.width) {
    let v = Vector(line + x) + bias
    keep(v.replacing(with: floor, where: v .< floor), Vector(mask + x)).store(line + x)
  }
}
