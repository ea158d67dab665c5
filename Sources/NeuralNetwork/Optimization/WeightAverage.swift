import Tensors

/// An exponential moving average of a network's weights and of its running statistics (Polyak and Juditsky 1992; as in
/// Tarvainen and Valpola 2017, arXiv 1703.01780): less noisy than the trained weights, and evaluated in their
/// place.
///
/// Update t keeps the share min(decay, (1 + t) / (10 + t)) of the previous average, so that the initial weights soon
/// lose their influence.
public final class WeightAverage {
  public let decay: Double
  /// The averages, as long as the slabs of the parameters.
  public let values: Storage
  public let buffers: Storage

  /// Starts with the current weights.
  public init(decay: Double, of parameters: Parameters) {
    self.decay = decay
    values = Storage(count: parameters.count)
    buffers = Storage(count: parameters.bufferCount)
    restart(from: parameters)
  }

  /// Restarts the average from the current weights.
  public func restart(from parameters: Parameters) {
    values.base.update(from: parameters.values.base, count: parameters.count)
    buffers.base.update(from: parameters.bufferValues.base, count: parameters.bufferCount)
  }

  /// Adds the weights to the average after update number `update`, counted from 1.
  public func add(_ parameters: Parameters, update: Int) {
    let share = Float(1 - min(decay, Double(1 + update) / Double(10 + update)))
    approach(values.base, parameters.values.base, share: share, count: parameters.count)
    approach(buffers.base, parameters.bufferValues.base, share: share, count: parameters.bufferCount)
  }

  /// Swaps the averages and the weights; a second call undoes it.
  public func exchange(with parameters: Parameters) {
    swapFloats(values.base, parameters.values.base, count: parameters.count)
    swapFloats(buffers.base, parameters.bufferValues.base, count: parameters.bufferCount)
  }
}

/// average += share * (value - average), for a multiple of 16 floats.
private func approach(
  _ averages: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, share: Float, count: Int
) {
  let share = Vector(repeating: share)
  for i in stride(from: 0, to: count, by: Vector.width) {
    let average = Vector(averages + i)
    average.multiplyAdd(share, Vector(values + i) - average).store(averages + i)
  }
}

private func swapFloats(_ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, count: Int) {
  for i in stride(from: 0, to: count, by: Vector.width) {
    let (first, second) = (Vector(a + i), Vector(b + i))
    first.store(b + i)
    second.store(a + i)
  }
}
