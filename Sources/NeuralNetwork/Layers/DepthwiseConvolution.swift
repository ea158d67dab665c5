import Tensors

/// Depthwise convolution (Howard et al. 2017, arXiv 1704.04861, section 3.1), stride 1: each channel has one filter, and lines and
/// columns are padded by half a kernel: (C, H, W) -> (C, H, W). PyTorch's `Conv2d(C, C, kernel, padding="same", groups=C)`.
///
/// A plane of the input, or of the output's gradient, is copied into scratch memory with zero lines above and below. Every tap is
/// then a constant offset; horizontal padding is the zero columns between images.
public final class DepthwiseConvolution: ImageLayer {
  private let kernel: (height: Int, width: Int)
  private let weight: Parameter
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?
  private var scratch = Matrix(rows: 0, columns: 0)
  /// Offsets of the taps in a padded plane.
  private var offsets: [Int] = []
  private var sums: [Double]
  private weak var workspace: Workspace?

  /// Zeros before and after a padded plane, for horizontal offsets.
  private static let margin = 16
  /// Floats of a plane whose products are summed in single precision.
  private static let block = 1024

  /// Declares `<name>.weight` [channels, 1, lines, columns]. `kernel` has odd sizes of at most 15.
  public init(name: String, channels: Int, kernel: (height: Int, width: Int), parameters: Parameters) {
    require(kernel.height % 2 == 1 && kernel.width % 2 == 1, "a depthwise convolution keeps the size")
    self.kernel = kernel
    sums = Array(repeating: 0, count: kernel.height * kernel.width)
    weight = parameters.add("\(name).weight", shape: [channels, 1, kernel.height, kernel.width])
  }

  public func outputWidth(_ width: Int) -> Int { width }
  public func outputHeight(_ height: Int) -> Int { height }

  private var taps: Int { kernel.height * kernel.width }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    let (rows, columns) = (input.channels * input.height, input.layout.stride)
    let output = FeatureMaps(
      layout: input.layout, channels: input.channels, height: input.height,
      value: workspace.activation(rows: rows, columns: columns),
      gradient: workspace.gradient(rows: rows, columns: columns))
    scratch = workspace.scratch(count: input.height * columns + 2 * rim(columns))
    (plannedInput, plannedOutput, self.workspace) = (input, output, workspace)
    return output
  }

  /// Floats before the first line of a padded plane, and after its last.
  private func rim(_ columns: Int) -> Int { kernel.height / 2 * columns + DepthwiseConvolution.margin }

  /// Copies a plane into scratch between rims of zeros, writes the offsets of the taps times `direction`, and returns the plane.
  private func pad(
    _ plane: UnsafePointer<Float>, count: Int, columns: Int, direction: Int
  ) -> UnsafePointer<Float> {
    let (rim, target) = (rim(columns), scratch.pointer)
    target.update(repeating: 0, count: rim)
    (target + rim).update(from: plane, count: count)
    (target + rim + count).update(repeating: 0, count: rim)
    offsets.removeAll(keepingCapacity: true)
    for y in 0..<kernel.height {
      for x in 0..<kernel.width {
        offsets.append(direction * ((y - kernel.height / 2) * columns + x - kernel.width / 2))
      }
    }
    return UnsafePointer(target + rim)
  }

  /// target = the padded plane, correlated with a channel's filter; zero between images.
  private func correlate(
    _ plane: UnsafePointer<Float>, channel: Int, lines: Int, mask: UnsafePointer<Float>, columns: Int,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let weights = UnsafePointer(weight.value.pointer + channel * taps)
    offsets.withUnsafeBufferPointer { offsets in
      for y in 0..<lines {
        let line = target + y * columns
        correlateOne(plane + y * columns, offsets.baseAddress!, taps, weights, line, count: columns)
        finishColumns(line, bias: 0, relu: false, mask: mask, count: columns)
      }
    }
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput, let output = plannedOutput else { return }
    let (columns, count) = (input.layout.stride, input.height * input.layout.stride)
    for channel in 0..<input.channels {
      let plane = pad(input.value.pointer + channel * count, count: count, columns: columns, direction: 1)
      correlate(
        plane, channel: channel, lines: input.height, mask: UnsafePointer(input.layout.mask.base), columns: columns,
        output.value.pointer + channel * count)
    }
  }

  public func backward() {
    guard let input = plannedInput, let gradient = plannedOutput?.gradient else { return }
    let (columns, count) = (input.layout.stride, input.height * input.layout.stride)
    for channel in 0..<input.channels {
      workspace?.progressHook?()
      let place = channel * count
      let plane = pad(input.value.pointer + place, count: count, columns: columns, direction: 1)
      addWeightGradient(plane, gradient.pointer + place, channel: channel, count: count)
      guard let inputGradient = input.gradient else { continue }
      correlate(
        pad(gradient.pointer + place, count: count, columns: columns, direction: -1), channel: channel,
        lines: input.height, mask: UnsafePointer(input.layout.mask.base), columns: columns,
        inputGradient.pointer + place)
    }
  }

  private func addWeightGradient(
    _ plane: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, channel: Int, count: Int
  ) {
    let target = weight.gradient.pointer + channel * taps
    sums.withUnsafeMutableBufferPointer { sums in
      sums.update(repeating: 0)
      offsets.withUnsafeBufferPointer { offsets in
        for x in stride(from: 0, to: count, by: DepthwiseConvolution.block) {
          correlateWeights(
            plane + x, offsets.baseAddress!, taps, rowTaps: kernel.width, gradient + x, sums.baseAddress!,
            count: min(DepthwiseConvolution.block, count - x))
        }
      }
      for tap in 0..<taps { target[tap] += Float(sums[tap]) }
    }
  }
}
