import Tensors

/// A trained tensor: views into the slabs of a ``Parameters``.
public struct Parameter {
  /// PyTorch's name, for example `cnn.0.weight`.
  public let name: String
  /// PyTorch's shape, for example [16, 1, 3, 3].
  public let shape: [Int]
  /// [shape[0], product of the others].
  public let value: Matrix
  /// d loss / d value, of the same shape; layers add into it.
  public let gradient: Matrix
}

/// A tensor that is averaged rather than trained: batch normalization's running statistics.
public struct Buffer {
  /// PyTorch's name, for example `cnn.1.running_mean`.
  public let name: String
  /// The running average, [1, count]; starts at `initial`.
  public let value: Matrix
  /// The statistic of the last micro-batch, [1, count]; a training forward pass overwrites it.
  public let statistic: Matrix
  public let initial: Float
}

/// All parameters and buffers of a network, one slab for each kind of state, in forward order.
///
/// With one slab, the optimizer, the reduction and the checkpoint are one flat loop each. Tensors start at multiples of
/// 16 floats; the floats between them are zero and stay zero.
public final class Parameters {
  /// The trained tensors.
  public private(set) var tensors: [Parameter] = []
  /// The running statistics, which are not trained.
  public private(set) var buffers: [Buffer] = []
  /// Floats in each of the parameter slabs, including rounding.
  public private(set) var count = 0
  /// Floats in each of the buffer slabs, including rounding.
  public private(set) var bufferCount = 0

  public let values = Storage(count: 0)
  public let gradients = Storage(count: 0)
  public let bufferValues = Storage(count: 0)
  public let bufferStatistics = Storage(count: 0)

  public init() {}

  /// Declares a parameter. Its memory exists after ``commit()``.
  public func add(_ name: String, shape: [Int]) -> Parameter {
    let (rows, columns) = (shape[0], shape.dropFirst().reduce(1, *))
    let parameter = Parameter(
      name: name, shape: shape, value: Matrix(storage: values, offset: count, rows: rows, columns: columns),
      gradient: Matrix(storage: gradients, offset: count, rows: rows, columns: columns))
    count += Storage.padded(rows * columns)
    tensors.append(parameter)
    return parameter
  }

  /// Declares a buffer. Its memory exists after ``commit()``.
  public func addBuffer(_ name: String, count size: Int, initial: Float) -> Buffer {
    let buffer = Buffer(
      name: name, value: Matrix(storage: bufferValues, offset: bufferCount, rows: 1, columns: size),
      statistic: Matrix(storage: bufferStatistics, offset: bufferCount, rows: 1, columns: size), initial: initial)
    bufferCount += Storage.padded(size)
    buffers.append(buffer)
    return buffer
  }

  /// Allocates the slabs, zeroed, and sets buffers to their initial values.
  public func commit() {
    values.ensure(count)
    gradients.ensure(count)
    bufferValues.ensure(bufferCount)
    bufferStatistics.ensure(bufferCount)
    for buffer in buffers { buffer.value.fill(buffer.initial) }
  }

  /// Number of trained weights.
  public var weightCount: Int { tensors.reduce(0) { $0 + $1.value.count } }

  /// Moves running averages towards the statistics of a training step, by ``BatchNormalization/momentum``.
  ///
  /// - Parameters:
  ///   - ranges: the ranges of ``bufferValues`` to update.
  ///   - statistic: the mean, over the step's images, of the statistic at a place.
  public func updateRunningStatistics(in ranges: [Range<Int>], mean statistic: (_ place: Int) -> Float) {
    let (running, momentum) = (bufferValues.base, BatchNormalization.momentum)
    for range in ranges {
      require(range.lowerBound >= 0 && range.upperBound <= bufferCount, "buffers \(range) of \(bufferCount)")
      for i in range { running[i] = (1 - momentum) * running[i] + momentum * statistic(i) }
    }
  }

  /// Zeroes the gradients of all parameters, before a micro-batch adds its own.
  public func zeroGradients() { zeroGradients(0..<count) }

  /// Zeroes the floats between the tensors of a range of the slab.
  func zeroGradientsBetweenTensors(_ range: Range<Int>) {
    for tensor in tensors where range.contains(tensor.gradient.offset) {
      let (end, count) = (tensor.gradient.offset + tensor.gradient.count, tensor.gradient.count)
      (gradients.base + end).update(repeating: 0, count: Storage.padded(count) - count)
    }
  }

  /// Zeroes some of them.
  func zeroGradients(_ range: Range<Int>) {
    (gradients.base + range.lowerBound).update(repeating: 0, count: range.count)
  }
}
