import Tensors

/// A residual block with the activation first (He et al. 2016, arXiv 1603.05027, figure 1b, with one convolution): (C, H, W) ->
/// (C, H, W),
///
///     y = x + conv(ReLU(normalize(x)))
///
/// with a convolution that keeps the size and has no bias. PyTorch's names are those of `Sequential(BatchNorm2d, ReLU, Conv2d)`.
public final class ResidualBlock: ImageLayer {
  public let normalization: BatchNormalization
  private let convolution: Convolution
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?
  private var branch: FeatureMaps?
  /// The output's gradient, whose memory the layers of the branch use for theirs.
  private var kept = Matrix(rows: 0, columns: 0)

  /// Declares `<name>.0.weight`, `<name>.0.bias`, the running statistics, and `<name>.2.weight`. `kernel` has odd sizes. `gap` is the
  /// number of columns between images that the layers need.
  public init(
    name: String, channels: Int, kernel: (height: Int, width: Int), gap: Int = 1, parameters: Parameters
  ) {
    require(kernel.height % 2 == 1 && kernel.width % 2 == 1, "a residual block keeps the size")
    normalization = BatchNormalization(
      name: "\(name).0", channels: channels, relu: true, gap: gap, parameters: parameters)
    convolution = Convolution(
      name: "\(name).2", in: channels, out: channels, kernel: kernel,
      padding: (kernel.height / 2, kernel.width / 2), bias: false, relu: false, gap: gap, parameters: parameters)
  }

  public func outputWidth(_ width: Int) -> Int { width }
  public func outputHeight(_ height: Int) -> Int { height }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    let (rows, columns) = (input.channels * input.height, input.layout.stride)
    let branch = convolution.plan(normalization.plan(input, in: workspace), in: workspace)
    kept = workspace.activation(rows: rows, columns: columns)
    let output = FeatureMaps(
      layout: input.layout, channels: input.channels, height: input.height,
      value: workspace.activation(rows: rows, columns: columns),
      gradient: workspace.gradient(rows: rows, columns: columns))
    (plannedInput, self.branch, plannedOutput) = (input, branch, output)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput, let branch, let output = plannedOutput else { return }
    normalization.forward(mode)
    convolution.forward(mode)
    add(input.value.pointer, branch.value.pointer, count: output.value.count, into: output.value.pointer)
  }

  public func backward() {
    guard let input = plannedInput, let branchGradient = branch?.gradient, let gradient = plannedOutput?.gradient else {
      return
    }
    let count = gradient.count
    kept.pointer.update(from: gradient.pointer, count: count)
    branchGradient.pointer.update(from: gradient.pointer, count: count)
    convolution.backward()
    normalization.backward()
    guard let inputGradient = input.gradient else { return }
    add(inputGradient.pointer, kept.pointer, count: count, into: inputGradient.pointer)
  }
}

/// sum[i] = a[i] + b[i], for a multiple of 16 floats.
@inline(never)
func add(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int, into sum: UnsafeMutablePointer<Float>
) {
  for i in stride(from: 0, to: count, by: Vector.width) { (Vector(a + i) + Vector(b + i)).store(sum + i) }
}
