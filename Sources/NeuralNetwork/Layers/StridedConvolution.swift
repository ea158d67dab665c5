import Tensors

/// Two-dimensional cross-correlation with strides and dilation, and optionally bias and ReLU, as PyTorch's `Conv2d` with a padding of
/// dilation * (kernel - 1) / 2, rounded down: [in * H, columns] -> [out * H', columns'], where
///
///     H' = floor((H + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
///
/// and the same for the columns of each image. ``Convolution`` is faster without strides and dilation.
///
/// The input of an output line of one image is gathered into `columns` [depth, width], where row (channel, ky, kx) is what the tap sees;
/// the output is weight [out, depth] x columns. In the backward pass, the line's gradient times columns^T is added to the weight's
/// gradient, and weight^T times the gradient is added back to the input's gradient.
public final class StridedConvolution: ImageLayer {
  /// Lines and columns of a kernel, from output to output, and from tap to tap.
  public struct Shape: Sendable {
    public let kernel: (height: Int, width: Int)
    public let stride: (height: Int, width: Int)
    public let dilation: (height: Int, width: Int)

    public init(
      kernel: (height: Int, width: Int), stride: (height: Int, width: Int), dilation: (height: Int, width: Int) = (1, 1)
    ) {
      (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation)
    }

    var padding: (height: Int, width: Int) {
      (dilation.height * (kernel.height - 1) / 2, dilation.width * (kernel.width - 1) / 2)
    }

    /// Lines of the output for `lines` of the input; 0 if these are too few.
    func lines(_ lines: Int) -> Int { count(lines, kernel.height, stride.height, dilation.height, padding.height) }

    /// Columns of the output for `columns` of the input; 0 if these are too few.
    func columns(_ columns: Int) -> Int { count(columns, kernel.width, stride.width, dilation.width, padding.width) }

    private func count(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ padding: Int) -> Int {
      let room = size + 2 * padding - dilation * (kernel - 1) - 1
      return room < 0 ? 0 : room / stride + 1
    }
  }

  /// [out, in, kernel.height, kernel.width].
  public let weight: Parameter
  /// [out].
  public let bias: Parameter?

  private let inputs: Int
  private let outputs: Int
  private let shape: Shape
  private let relu: Bool
  private let inputNeedsGradient: Bool
  private let layout: ColumnLayout
  private var widths: [Int] = []
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?
  private weak var workspace: Workspace?
  private var scratch = Matrix(rows: 0, columns: 0)
  /// Bias gradients, summed over lines.
  private var sums: [Double]

  /// Declares `<name>.weight` and, with `bias`, `<name>.bias`. `gap` is the number of columns between images that the layers after
  /// this one need.
  public init(
    name: String, in inputs: Int, out outputs: Int, _ shape: Shape, bias: Bool, relu: Bool, gap: Int = 1,
    parameters: Parameters, inputNeedsGradient: Bool = true
  ) {
    require(inputs > 0 && outputs > 0, "channels must be positive")
    for extent in [shape.kernel, shape.stride, shape.dilation] {
      require(extent.height > 0 && extent.width > 0, "sizes must be positive")
    }
    weight = parameters.add("\(name).weight", shape: [outputs, inputs, shape.kernel.height, shape.kernel.width])
    self.bias = bias ? parameters.add("\(name).bias", shape: [outputs]) : nil
    (self.inputs, self.outputs, self.shape, self.relu) = (inputs, outputs, shape, relu)
    self.inputNeedsGradient = inputNeedsGradient
    layout = ColumnLayout(gap: gap)
    sums = Array(repeating: 0, count: outputs)
  }

  public func outputWidth(_ width: Int) -> Int { shape.columns(width) }
  public func outputHeight(_ height: Int) -> Int { shape.lines(height) }

  /// Rows of gathered columns.
  private var depth: Int { inputs * shape.kernel.height * shape.kernel.width }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    require(input.channels == inputs, "\(input.channels) channels for a convolution of \(inputs)")
    widths.removeAll(keepingCapacity: true)
    for width in input.layout.widths { widths.append(outputWidth(width)) }
    layout.place(widths)
    let (rows, columns) = (outputs * outputHeight(input.height), layout.stride)
    let output = FeatureMaps(
      layout: layout, channels: outputs, height: outputHeight(input.height),
      value: workspace.activation(rows: rows, columns: columns),
      gradient: workspace.gradient(rows: rows, columns: columns))
    scratch = workspace.scratch(count: depth * (widths.first ?? 0))
    (plannedInput, plannedOutput, self.workspace) = (input, output, workspace)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput, let output = plannedOutput else { return }
    let (columns, plane, mask) = (layout.stride, output.height * layout.stride, layout.mask.base)
    for y in 0..<output.height {
      let line = output.value.pointer + y * columns
      for n in 0..<layout.count {
        gather(input, image: n, line: y)
        gemm(
          m: outputs, n: widths[n], k: depth, weight.value.pointer, lda: depth, scratch.pointer, ldb: widths[n],
          beta: 0,
          line + layout.starts[n], ldc: plane)
      }
      for channel in 0..<outputs {
        finishColumns(
          line + channel * plane, bias: bias?.value.pointer[channel] ?? 0, relu: relu, mask: mask, count: columns)
      }
    }
  }

  public func backward() {
    guard let input = plannedInput, let output = plannedOutput, let gradient = output.gradient else { return }
    let (columns, plane) = (layout.stride, output.height * layout.stride)
    let inputGradient = inputNeedsGradient ? input.gradient : nil
    inputGradient?.fill(0)
    for channel in 0..<outputs { sums[channel] = 0 }
    for y in 0..<output.height {
      workspace?.progressHook?()
      for channel in 0..<outputs {
        let place = channel * plane + y * columns
        if relu { rectifyGradient(gradient.pointer + place, where: output.value.pointer + place, count: columns) }
        sums[channel] += Double(lineSum(gradient.pointer + place, count: columns))
      }
      let line = gradient.pointer + y * columns
      for n in 0..<layout.count {
        gather(input, image: n, line: y)
        let line = line + layout.starts[n]
        gemm(
          transposeB: true, m: outputs, n: depth, k: widths[n], line, lda: plane, scratch.pointer, ldb: widths[n],
          beta: 1, weight.gradient.pointer, ldc: depth)
        guard let inputGradient else { continue }
        gemm(
          transposeA: true, m: depth, n: widths[n], k: outputs, weight.value.pointer, lda: depth, line, ldb: plane,
          beta: 0, scratch.pointer, ldc: widths[n])
        scatter(into: inputGradient, of: input, image: n, line: y)
      }
    }
    guard let bias else { return }
    for channel in 0..<outputs { bias.gradient.pointer[channel] += Float(sums[channel]) }
  }

  /// What the taps of an output line see of an image: zeros beyond its edges.
  private func gather(_ input: FeatureMaps, image n: Int, line y: Int) {
    let width = widths[n]
    forEachTap(of: input, image: n, line: y) { row, source, inside in
      let target = scratch.pointer + row * width
      guard let source else { return target.update(repeating: 0, count: width) }
      for x in 0..<inside.lowerBound { target[x] = 0 }
      if shape.stride.width == 1 {
        (target + inside.lowerBound).update(from: input.value.pointer + source + inside.lowerBound, count: inside.count)
      } else {
        let source = input.value.pointer + source
        for x in inside { target[x] = source[x * shape.stride.width] }
      }
      for x in inside.upperBound..<width { target[x] = 0 }
    }
  }

  /// Adds the gradient of the gathered columns to that of the input.
  private func scatter(into gradient: Matrix, of input: FeatureMaps, image n: Int, line y: Int) {
    let width = widths[n]
    forEachTap(of: input, image: n, line: y) { row, place, inside in
      guard let place else { return }
      let (source, target) = (scratch.pointer + row * width, gradient.pointer + place)
      for x in inside { target[x * shape.stride.width] += source[x] }
    }
  }

  /// Calls `body` for each tap of an output line of an image: its row of gathered columns, the place in the input that output column 0
  /// sees (nil for a line beyond the edges), and the output columns that see the image.
  @inline(__always)
  private func forEachTap(
    of input: FeatureMaps, image n: Int, line y: Int, _ body: (_ row: Int, _ place: Int?, _ inside: Range<Int>) -> Void
  ) {
    let (kernel, stride, dilation, padding) = (shape.kernel, shape.stride, shape.dilation, shape.padding)
    let (columns, start, width) = (input.layout.stride, input.layout.starts[n], input.layout.widths[n])
    var row = 0
    for channel in 0..<inputs {
      for ky in 0..<kernel.height {
        let line = y * stride.height + ky * dilation.height - padding.height
        let isInside = line >= 0 && line < input.height
        for kx in 0..<kernel.width {
          let from = kx * dilation.width - padding.width
          // The columns x with 0 <= x * stride + from < width.
          let end = from >= width ? 0 : min(widths[n], (width - from - 1) / stride.width + 1)
          let first = min(end, from >= 0 ? 0 : (-from + stride.width - 1) / stride.width)
          body(row, isInside ? (channel * input.height + line) * columns + start + from : nil, first..<end)
          row += 1
        }
      }
    }
  }
}
