import Messages
import NeuralNetwork
import Tensors

/// Weights that training does not change, nor their optimizer state: `--freeze`.
///
/// Frozen batch normalizations use their running statistics in training and do not update them.
package struct FrozenWeights {
  /// Trained floats of the parameter slab; bounds are multiples of 16.
  package let trained: [Range<Int>]
  /// Frozen floats of the parameter slab.
  package let frozen: [Range<Int>]
  /// Floats of the buffer slab that training updates.
  package let trainedBuffers: [Range<Int>]

  private let prefixes: [String]

  /// Selects the frozen weights of a network; nil freezes none.
  ///
  /// - Parameter prefixes: beginnings of weights' names up to a dot or the end, separated by commas: `cnn` is all
  ///   convolutions and batch normalizations, `cnn.0` one of them.
  /// - Throws: `ConfigurationError` for a prefix without weights, or if nothing is left to train.
  package init(_ prefixes: String?, of network: CRNN) throws {
    let parameters = network.parameters
    let names = (prefixes ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    self.prefixes = names
    if prefixes != nil {
      for name in names where !parameters.tensors.contains(where: { $0.name == name || $0.name.hasPrefix(name + ".") })
      {
        var layers: [String] = []
        for layer in parameters.tensors.map({ String($0.name.prefix { $0 != "." }) }) where !layers.contains(layer) {
          layers.append(layer)
        }
        throw ConfigurationError(
          option: "freeze",
          " \(name): no weight has a name that begins so; the network has \(layers.joined(separator: ", ")), and "
            + "their parts such as \(parameters.tensors[0].name)")
      }
    }
    var (trained, frozen): ([Range<Int>], [Range<Int>]) = ([], [])
    for parameter in parameters.tensors {
      let range = FrozenWeights.range(parameter.value)
      if FrozenWeights.isFrozen(parameter.name, by: names) { frozen.append(range) } else { trained.append(range) }
    }
    if trained.isEmpty { throw ConfigurationError(option: "freeze", " \(prefixes ?? ""): nothing is left to train") }
    self.trained = FrozenWeights.joined(trained)
    self.frozen = FrozenWeights.joined(frozen)
    trainedBuffers = FrozenWeights.joined(
      parameters.buffers.filter { !FrozenWeights.isFrozen($0.name, by: names) }.map { FrozenWeights.range($0.value) })
  }

  /// Whether the weight of that name is frozen.
  package func isFrozen(_ name: String) -> Bool { FrozenWeights.isFrozen(name, by: prefixes) }

  private static func isFrozen(_ name: String, by prefixes: [String]) -> Bool {
    prefixes.contains { name == $0 || name.hasPrefix($0 + ".") }
  }

  /// A tensor's range in its slab, up to the next tensor.
  private static func range(_ matrix: Matrix) -> Range<Int> {
    matrix.offset..<matrix.offset + Storage.padded(matrix.count)
  }

  private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
    ranges.reduce(into: []) { joined, range in
      if let last = joined.last, last.upperBound == range.lowerBound {
        joined[joined.count - 1] = last.lowerBound..<range.upperBound
      } else {
        joined.append(range)
      }
    }
  }

  /// Clears the gradients of frozen weights, and returns the norm of the others; nil if no weight is frozen.
  package func clearGradients(of parameters: Parameters) -> Double? {
    if frozen.isEmpty { return nil }
    for range in frozen { (parameters.gradients.base + range.lowerBound).update(repeating: 0, count: range.count) }
    return GradientClipping.norm(parameters.gradients.base, count: parameters.count)
  }
}
