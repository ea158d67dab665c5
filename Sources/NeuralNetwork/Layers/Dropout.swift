import Tensors

/// The random key of a micro-batch's masks. An image's masks do not depend on its rank or on the other images in
/// the micro-batch.
public final class DropoutKey {
  private(set) var seed: UInt64 = 0
  private(set) var step: UInt32 = 0
  /// Sample number of each image.
  private(set) var samples: [UInt32] = []

  public init() {}

  /// Sets the sample numbers of the planned micro-batch's images, in order, for training step `step`.
  public func set(seed: UInt64, step: Int, samples newSamples: [Int32]) {
    (self.seed, self.step) = (seed, UInt32(truncatingIfNeeded: step))
    samples.removeAll(keepingCapacity: true)
    for sample in newSamples { samples.append(UInt32(bitPattern: sample)) }
  }

  /// Uses the positions of `count` images as their sample numbers.
  func set(seed: UInt64, step: Int, count: Int) {
    set(seed: seed, step: step, samples: [])
    for i in 0..<count { samples.append(UInt32(truncatingIfNeeded: i)) }
  }
}

/// Dropout (Srivastava et al. 2014), as PyTorch's: in training a value becomes 0 with probability `rate` and is divided
/// by 1 - rate otherwise; evaluation changes nothing. Whole feature maps can be dropped instead of values (`Dropout2d`;
/// Tompson et al. 2015, arXiv 1411.4280); in sequences, a feature at all time steps of an image (Gal and Ghahramani
/// 2016, arXiv 1512.05287).
///
/// The layer works on feature maps or on sequences. Masks are drawn anew in each training forward pass, with a stream
/// for each image, see ``DropoutKey``.
public final class Dropout: ImageLayer, SequenceLayer {
  private let rate: Double
  private let wholeFeatures: Bool
  private let index: Int
  private let key: DropoutKey
  private var layout = Layout.none
  private var input = Buffers()
  private var output = Buffers()
  /// 0 or 1 / (1 - rate) for each value, 0 in columns outside of images.
  private var mask = Matrix(rows: 0, columns: 0)
  private var scratch = Matrix(rows: 0, columns: 0)

  private struct Buffers {
    var value = Matrix(rows: 0, columns: 0)
    var gradient: Matrix?
  }

  private enum Layout {
    case none
    case maps(ColumnLayout, channels: Int, height: Int)
    case sequences(SequenceLayout, features: Int)
  }

  /// `rate` is in 0..<1; `index` counts the dropout layers of a network, which have separate streams.
  public init(rate: Double, wholeFeatures: Bool, index: Int, key: DropoutKey) {
    require(rate >= 0 && rate < 1, "a dropout of \(rate): it must be from 0 to below 1")
    (self.rate, self.wholeFeatures, self.index, self.key) = (rate, wholeFeatures, index, key)
  }

  public func outputWidth(_ width: Int) -> Int { width }

  public func outputHeight(_ height: Int) -> Int { height }

  public func plan(_ strip: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    layout = .maps(strip.layout, channels: strip.channels, height: strip.height)
    input = Buffers(value: strip.value, gradient: strip.gradient)
    let gradient = planOutput(in: workspace, random: wholeFeatures ? strip.channels : strip.layout.stride)
    return FeatureMaps(
      layout: strip.layout, channels: strip.channels, height: strip.height, value: output.value, gradient: gradient)
  }

  public func plan(_ sequence: PackedSequence, in workspace: Workspace) -> PackedSequence {
    layout = .sequences(sequence.layout, features: sequence.features)
    input = Buffers(value: sequence.value, gradient: sequence.gradient)
    let gradient = planOutput(in: workspace, random: sequence.features)
    return PackedSequence(
      layout: sequence.layout, features: sequence.features, value: output.value, gradient: gradient)
  }

  /// Requests output and mask, and scratch for `random` numbers and their mask values. Returns the output's gradient.
  private func planOutput(in workspace: Workspace, random: Int) -> Matrix {
    let (rows, columns) = (input.value.rows, input.value.columns)
    let gradient = workspace.gradient(rows: rows, columns: columns)
    output = Buffers(value: workspace.activation(rows: rows, columns: columns), gradient: gradient)
    mask = workspace.activation(rows: rows, columns: columns)
    scratch = workspace.scratch(count: 2 * random)
    return gradient
  }

  public func forward(_ mode: Mode) {
    guard mode == .training && rate > 0 else {
      output.value.pointer.update(from: input.value.pointer, count: input.value.count)
      if mode == .training { mask.fill(1) }
      return
    }
    require(key.samples.count >= imageCount, "\(imageCount) images, but the samples of \(key.samples.count)")
    switch layout {
    case .none: return
    case .maps(let layout, let channels, let height): drawMaps(layout, channels: channels, height: height)
    case .sequences(let layout, let features): drawSequences(layout, features: features)
    }
    multiply(input.value.pointer, mask.pointer, into: output.value.pointer, count: mask.count)
  }

  public func backward() {
    guard let from = output.gradient, let to = input.gradient else { return }
    multiply(from.pointer, mask.pointer, into: to.pointer, count: mask.count)
  }

  /// Images of the planned micro-batch.
  private var imageCount: Int {
    switch layout {
    case .none: 0
    case .maps(let layout, _, _): layout.count
    case .sequences(let layout, _): layout.count
    }
  }

  private func stream(_ image: Int) -> KeyedRandom {
    KeyedRandom(
      seed: key.seed, purpose: .dropout, time: key.step, sample: key.samples[image],
      stream: UInt16(truncatingIfNeeded: index))
  }

  /// Writes the mask values of `count` random numbers.
  private func draw(_ random: inout KeyedRandom, _ count: Int, into target: UnsafeMutablePointer<Float>) {
    let (threshold, scale) = (UInt32(rate * 0x1p32), Float(1 / (1 - rate)))
    scratch.pointer.withMemoryRebound(to: UInt32.self, capacity: count) { numbers in
      random.fill(numbers, count: count)
      for i in 0..<count { target[i] = numbers[i] < threshold ? 0 : scale }
    }
  }

  private func drawMaps(_ layout: ColumnLayout, channels: Int, height: Int) {
    for row in 0..<mask.rows { zeroGaps(mask.row(row), layout) { $0 } }
    for n in 0..<layout.count {
      let (start, width) = (layout.starts[n], layout.widths[n])
      var random = stream(n)
      if !wholeFeatures {
        for row in 0..<mask.rows { draw(&random, width, into: mask.row(row) + start) }
        continue
      }
      let values = scratch.pointer + channels
      draw(&random, channels, into: values)
      for row in 0..<mask.rows { (mask.row(row) + start).update(repeating: values[row / height], count: width) }
    }
  }

  private func drawSequences(_ layout: SequenceLayout, features: Int) {
    for n in 0..<layout.count {
      var random = stream(n)
      for t in 0..<layout.lengths[n] {
        let row = mask.row(layout.offsets[t] + n)
        if t > 0 && wholeFeatures {
          row.update(from: mask.row(n), count: features)
        } else {
          draw(&random, features, into: row)
        }
      }
    }
  }
}

/// c = a * b for `count` floats; up to the next multiple of 16 they may be read and written.
@inline(never)
private func multiply(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, count: Int
) {
  for i in stride(from: 0, to: count, by: Vector.width) { (Vector(a + i) * Vector(b + i)).store(c + i) }
}
