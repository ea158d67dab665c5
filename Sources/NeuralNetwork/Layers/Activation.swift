import Tensors

/// A function of each value of feature maps, or of the channels of each place: (C, H, W) -> (C, H, W).
public final class Activation: ImageLayer {
  /// The functions, beside the ReLU that convolutions and normalizations have.
  public enum Function: String, Codable, Sendable, CaseIterable {
    case tanh
    /// x above 0, x / 100 below it: PyTorch's `LeakyReLU`.
    case leakyReLU
    /// Softmax over the channels.
    case softmax
  }

  private static let slope: Float = 0.01

  private let function: Function
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?

  public init(_ function: Function) { self.function = function }

  public func outputWidth(_ width: Int) -> Int { width }
  public func outputHeight(_ height: Int) -> Int { height }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    let (rows, columns) = (input.channels * input.height, input.layout.stride)
    let output = FeatureMaps(
      layout: input.layout, channels: input.channels, height: input.height,
      value: workspace.activation(rows: rows, columns: columns),
      gradient: workspace.gradient(rows: rows, columns: columns))
    (plannedInput, plannedOutput) = (input, output)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput, let output = plannedOutput else { return }
    let (source, target, count) = (input.value.pointer, output.value.pointer, output.value.count)
    // Zero stays zero, so that what is between images does too.
    switch function {
    case .tanh:
      for x in stride(from: 0, to: count, by: Vector.width) { Tensors.tanh(Vector(source + x)).store(target + x) }
    case .leakyReLU:
      for x in stride(from: 0, to: count, by: Vector.width) {
        let v = Vector(source + x)
        v.replacing(with: v * Activation.slope, where: v .< Vector(repeating: 0)).store(target + x)
      }
    case .softmax: forEachPlace(of: input) { softmax(source + $0, into: target + $0, mask: $1, pitch: $2) }
    }
  }

  public func backward() {
    guard let input = plannedInput, let output = plannedOutput, let gradient = output.gradient?.pointer,
      let target = input.gradient?.pointer
    else { return }
    let (value, count) = (UnsafePointer(output.value.pointer), output.value.count)
    switch function {
    case .tanh:
      for x in stride(from: 0, to: count, by: Vector.width) {
        let y = Vector(value + x)
        (Vector(gradient + x) * (Vector(repeating: 1) - y * y)).store(target + x)
      }
    case .leakyReLU:
      for x in stride(from: 0, to: count, by: Vector.width) {
        let g = Vector(gradient + x)
        g.replacing(with: g * Activation.slope, where: Vector(value + x) .< Vector(repeating: 0)).store(target + x)
      }
    case .softmax:
      forEachPlace(of: input) { place, _, pitch in
        var total = Vector(repeating: 0)
        for c in 0..<input.channels {
          total = total.multiplyAdd(Vector(gradient + place + c * pitch), Vector(value + place + c * pitch))
        }
        for c in 0..<input.channels {
          let x = place + c * pitch
          ((Vector(gradient + x) - total) * Vector(value + x)).store(target + x)
        }
      }
    }
  }

  /// Calls `body` for each vector of the first channel: its place, the mask there, and the floats from channel to channel.
  @inline(__always)
  private func forEachPlace(of input: FeatureMaps, _ body: (_ place: Int, _ mask: Vector, _ pitch: Int) -> Void) {
    let (columns, mask) = (input.layout.stride, input.layout.mask.base)
    for y in 0..<input.height {
      for x in stride(from: 0, to: columns, by: Vector.width) {
        body(y * columns + x, Vector(mask + x), input.height * columns)
      }
    }
  }

  /// Sixteen columns of softmax; zero where mask is.
  private func softmax(
    _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, mask: Vector, pitch: Int
  ) {
    let channels = plannedInput?.channels ?? 0
    var largest = Vector(repeating: -.infinity)
    for c in 0..<channels { largest = pointwiseMax(largest, Vector(source + c * pitch)) }
    var total = Vector(repeating: 0)
    for c in 0..<channels {
      let power = exp(Vector(source + c * pitch) - largest)
      power.store(target + c * pitch)
      total += power
    }
    for c in 0..<channels { keep(Vector(target + c * pitch) / total, mask).store(target + c * pitch) }
  }
}
