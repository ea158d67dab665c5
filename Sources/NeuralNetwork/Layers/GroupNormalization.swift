import Tensors

/// Group normalization (Wu and He 2018, arXiv 1803.08494) of feature maps, as PyTorch's `GroupNorm` with epsilon 1e-5: (C, H, W) ->
/// (C, H, W).
///
/// Mean and biased variance are those of a group of channels in the columns of one image, so an image's result does not depend on
/// its neighbors, and training and evaluation compute the same.
public final class GroupNormalization: ImageLayer {
  /// Added to the variance.
  public static let epsilon = 1e-5

  /// [channels].
  public let weight: Parameter
  /// [channels].
  public let bias: Parameter

  private let channels: Int
  private let groups: Int
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?
  /// Mean and 1 / sqrt(variance + epsilon) of each group of each image; [images, 2 * groups].
  private var used = Matrix(rows: 0, columns: 0)

  /// Declares `<name>.weight` and `<name>.bias`. `groups` divides `channels`.
  public init(name: String, channels: Int, groups: Int, parameters: Parameters) {
    require(groups > 0 && channels % groups == 0, "\(groups) groups of \(channels) channels")
    weight = parameters.add("\(name).weight", shape: [channels])
    bias = parameters.add("\(name).bias", shape: [channels])
    (self.channels, self.groups) = (channels, groups)
  }

  public func outputWidth(_ width: Int) -> Int { width }
  public func outputHeight(_ height: Int) -> Int { height }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    require(input.channels == channels, "\(input.channels) channels for a normalization of \(channels)")
    let (rows, columns) = (channels * input.height, input.layout.stride)
    let output = FeatureMaps(
      layout: input.layout, channels: channels, height: input.height,
      value: workspace.activation(rows: rows, columns: columns),
      gradient: workspace.gradient(rows: rows, columns: columns))
    used = workspace.activation(rows: input.layout.count, columns: 2 * groups)
    (plannedInput, plannedOutput) = (input, output)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput, let output = plannedOutput else { return }
    for row in 0..<output.value.rows { zeroGaps(output.value.row(row), input.layout) { $0 } }
    forEachGroup(of: input) { n, group, lines, columns in
      let population = Double(lines.count * columns.count)
      var total = 0.0
      for line in lines { total += Double(sum(input.value.row(line) + columns.lowerBound, count: columns.count)) }
      let mean = Float(total / population)
      var squares = 0.0
      for line in lines {
        squares += Double(
          squaredDeviations(input.value.row(line) + columns.lowerBound, mean: mean, count: columns.count))
      }
      let inverse = Float(1 / (squares / population + GroupNormalization.epsilon).squareRoot())
      (used.row(n)[group], used.row(n)[groups + group]) = (mean, inverse)
      for line in lines {
        let channel = line / input.height
        scale(
          input.value.row(line) + columns.lowerBound, less: mean, by: weight.value.pointer[channel] * inverse,
          plus: bias.value.pointer[channel], into: output.value.row(line) + columns.lowerBound, count: columns.count)
      }
    }
  }

  public func backward() {
    guard let input = plannedInput, let gradient = plannedOutput?.gradient else { return }
    if let target = input.gradient {
      for row in 0..<target.rows { zeroGaps(target.row(row), input.layout) { $0 } }
    }
    forEachGroup(of: input) { n, group, lines, columns in
      let (mean, inverse, count) = (used.row(n)[group], used.row(n)[groups + group], columns.count)
      // Sums over the group of the gradient times the weight, and of that times the deviation.
      var (plain, weighted) = (0.0, 0.0)
      for first in stride(from: lines.lowerBound, to: lines.upperBound, by: input.height) {
        let channel = first / input.height
        var (ofGradient, ofProducts) = (0.0, 0.0)
        for line in first..<first + input.height {
          let gradient = gradient.row(line) + columns.lowerBound
          ofGradient += Double(sum(gradient, count: count))
          ofProducts += Double(
            products(input.value.row(line) + columns.lowerBound, less: mean, gradient, count: count))
        }
        weight.gradient.pointer[channel] += Float(ofProducts * Double(inverse))
        bias.gradient.pointer[channel] += Float(ofGradient)
        plain += Double(weight.value.pointer[channel]) * ofGradient
        weighted += Double(weight.value.pointer[channel]) * ofProducts
      }
      guard let target = input.gradient else { return }
      // dx = inverse * (w dy - mean(w dy) - deviation * inverse^2 * mean(w dy * deviation)).
      let population = Double(lines.count * count)
      let constant = Float(-Double(inverse) * plain / population)
      let slope = Float(-Double(inverse) * Double(inverse) * Double(inverse) * weighted / population)
      for line in lines {
        let (source, place) = (input.value.row(line) + columns.lowerBound, target.row(line) + columns.lowerBound)
        let gradient = gradient.row(line) + columns.lowerBound
        let factor = weight.value.pointer[line / input.height] * inverse
        for x in 0..<count { place[x] = factor * gradient[x] + (slope * (source[x] - mean) + constant) }
      }
    }
  }

  /// Calls `body` for each group of each image: the image, the group, its rows, and the image's columns.
  @inline(__always)
  private func forEachGroup(
    of input: FeatureMaps, _ body: (_ image: Int, _ group: Int, _ lines: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    let (layout, size) = (input.layout, channels / groups * input.height)
    for n in 0..<layout.count {
      let columns = layout.starts[n]..<layout.starts[n] + layout.widths[n]
      for group in 0..<groups { body(n, group, group * size..<(group + 1) * size, columns) }
    }
  }
}

// Sums of any number of floats: whole vectors first, then the rest, always in the same order.

@inline(never)
private func sum(_ values: UnsafePointer<Float>, count: Int) -> Float {
  sum(count: count) {
    Vector(values + $0)
  } rest: {
    values[$0]
  }
}

/// The sum of (value - mean)^2.
@inline(never)
private func squaredDeviations(_ values: UnsafePointer<Float>, mean: Float, count: Int) -> Float {
  let means = Vector(repeating: mean)
  return sum(count: count) { x in
    let deviation = Vector(values + x) - means
    return deviation * deviation
  } rest: { x in
    (values[x] - mean) * (values[x] - mean)
  }
}

/// The sum of (value - mean) * gradient.
@inline(never)
private func products(
  _ values: UnsafePointer<Float>, less mean: Float, _ gradient: UnsafePointer<Float>, count: Int
) -> Float {
  let means = Vector(repeating: mean)
  return sum(count: count) {
    (Vector(values + $0) - means) * Vector(gradient + $0)
  } rest: {
    (values[$0] - mean) * gradient[$0]
  }
}

@inline(__always)
private func sum(count: Int, _ vector: (Int) -> Vector, rest: (Int) -> Float) -> Float {
  var total = Vector(repeating: 0)
  var x = 0
  while x + Vector.width <= count {
    total += vector(x)
    x += Vector.width
  }
  var last: Float = 0
  while x < count {
    last += rest(x)
    x += 1
  }
  return horizontalSum(total) + last
}

/// target = (source - mean) * factor + constant.
@inline(never)
private func scale(
  _ source: UnsafePointer<Float>, less mean: Float, by factor: Float, plus constant: Float,
  into target: UnsafeMutablePointer<Float>, count: Int
) {
  for x in 0..<count { target[x] = (source[x] - mean) * factor + constant }
}
