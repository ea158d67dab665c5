import Tensors

/// Maximum over windows, for each image separately, as PyTorch's `MaxPool2d` without ceil mode.
///
/// An image of W columns keeps floor((W + 2 * padding.width - kernel.width) / stride.width) + 1; columns that the last
/// window does not reach are dropped and get a zero gradient. Padding is minus infinity. On ties the gradient goes to
/// the first of them, line by line. The windows of `PoolWindow` are vectorized; after a convolution or a normalization
/// they are part of that layer instead.
public final class MaxPool: ImageLayer {
  /// Lines and columns of a window, from window to window, and around each image.
  public struct Shape: Sendable {
    public let kernel: (height: Int, width: Int)
    public let stride: (height: Int, width: Int)
    public let padding: (height: Int, width: Int)

    public init(
      kernel: (height: Int, width: Int), stride: (height: Int, width: Int),
      padding: (height: Int, width: Int) = (0, 0)
    ) {
      (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    }
  }

  private let shape: Shape
  private let pooling: Pooling?
  private let ownLayout: ColumnLayout
  private var outputWidths: [Int] = []
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?

  /// `gap` is the number of columns between images that the layers after this one need, see ``ColumnLayout``.
  public init(_ shape: Shape, gap: Int = 1) {
    let (kernel, stride, padding) = (shape.kernel, shape.stride, shape.padding)
    require(
      kernel.height > 0 && kernel.width > 0 && stride.height > 0 && stride.width > 0, "sizes must be positive")
    require(
      2 * padding.height <= kernel.height && 2 * padding.width <= kernel.width, "padding wider than half a window")
    self.shape = shape
    pooling = PoolWindow(shape).map { Pooling($0, gap: gap) }
    ownLayout = ColumnLayout(gap: gap)
  }

  public func outputWidth(_ width: Int) -> Int {
    size(width, shape.kernel.width, shape.stride.width, shape.padding.width)
  }

  public func outputHeight(_ height: Int) -> Int {
    size(height, shape.kernel.height, shape.stride.height, shape.padding.height)
  }

  private func size(_ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
    size + 2 * padding < kernel ? 0 : (size + 2 * padding - kernel) / stride + 1
  }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    plannedInput = input
    if let pooling {
      return pooling.plan(input.layout, channels: input.channels, height: input.height, in: workspace)
    }
    outputWidths.removeAll(keepingCapacity: true)
    for width in input.layout.widths { outputWidths.append(outputWidth(width)) }
    ownLayout.place(outputWidths)
    let rows = input.channels * outputHeight(input.height)
    let output = FeatureMaps(
      layout: ownLayout, channels: input.channels, height: outputHeight(input.height),
      value: workspace.activation(rows: rows, columns: ownLayout.stride),
      gradient: workspace.gradient(rows: rows, columns: ownLayout.stride))
    plannedOutput = output
    return output
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput else { return }
    if let pooling { return forward(input, pooling) }
    guard let output = plannedOutput else { return }
    for channel in 0..<input.channels {
      for y in 0..<output.height {
        let target = output.value.row(channel * output.height + y)
        forEachWindow(channel: channel, y: y) { place, column in target[column] = input.value.pointer[place] }
        zeroGaps(target, output.layout) { $0 }
      }
    }
  }

  public func backward() {
    guard let input = plannedInput, let inputGradient = input.gradient else { return }
    if let pooling { return backward(input, inputGradient, pooling) }
    guard let output = plannedOutput, let outputGradient = output.gradient else { return }
    inputGradient.fill(0)
    for channel in 0..<input.channels {
      for y in 0..<output.height {
        let gradient = outputGradient.row(channel * output.height + y)
        forEachWindow(channel: channel, y: y) { place, column in inputGradient.pointer[place] += gradient[column] }
      }
    }
  }

  private func forward(_ input: FeatureMaps, _ pooling: Pooling) {
    let (columns, values, height) = (input.layout.stride, input.value.pointer, pooling.output.height)
    pooling.select(0..<columns)
    for channel in 0..<input.channels {
      for y in 0..<height {
        let first = values + (channel * input.height + 2 * y) * columns
        pooling.pool(first, first + columns, PoolMap(), channel: channel, y: y)
      }
    }
    pooling.finishForward()
  }

  private func backward(_ input: FeatureMaps, _ inputGradient: Matrix, _ pooling: Pooling) {
    let (columns, gradients, height) = (input.layout.stride, inputGradient.pointer, pooling.output.height)
    pooling.select(0..<columns)
    for channel in 0..<input.channels {
      for y in 0..<height {
        let first = gradients + (channel * input.height + 2 * y) * columns
        pooling.unpool(channel: channel, y: y, into: first, first + columns)
      }
      if input.height % 2 == 1 {
        (gradients + ((channel + 1) * input.height - 1) * columns).update(repeating: 0, count: columns)
      }
    }
  }

  /// Calls `body` for each window of line `y` of a channel with the index of its largest value in the input and the
  /// output's column.
  @inline(__always)
  private func forEachWindow(channel: Int, y: Int, _ body: (_ place: Int, _ column: Int) -> Void) {
    guard let input = plannedInput, let output = plannedOutput else { return }
    let (layout, outputLayout) = (input.layout, output.layout)
    for n in 0..<layout.count {
      for x in 0..<outputLayout.widths[n] {
        let place = largest(
          in: input, start: layout.starts[n], width: layout.widths[n], channel: channel, y: y, x: x)
        body(place, outputLayout.starts[n] + x)
      }
    }
  }

  /// Index, in the input's value, of the first largest element under an image's window of output line y, column x.
  /// NaN counts as largest, as in PyTorch.
  @inline(__always)
  private func largest(in input: FeatureMaps, start: Int, width: Int, channel: Int, y: Int, x: Int) -> Int {
    let (columns, value) = (input.layout.stride, input.value.pointer)
    let (kernel, stride, padding) = (shape.kernel, shape.stride, shape.padding)
    let (top, left) = (y * stride.height - padding.height, x * stride.width - padding.width)
    var best = -1
    for line in max(0, top)..<min(input.height, top + kernel.height) {
      let row = (channel * input.height + line) * columns + start
      for column in max(0, left)..<min(width, left + kernel.width) {
        let place = row + column
        if best < 0 || value[place] > value[best] || value[place].isNaN { best = place }
      }
    }
    return best
  }
}
