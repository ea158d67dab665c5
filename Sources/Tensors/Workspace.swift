/// The planned memory of a network: activations in forward order, two alternating regions of gradients, one scratch
/// region.
///
/// A micro-batch is planned by ``reset()`` and the layers' requests, which only count floats; ``commit()`` then
/// allocates. Memory grows only for a micro-batch that is wider than all earlier ones.
public final class Workspace {
  private let activations = Storage(count: 0)
  private let gradients = [Storage(count: 0), Storage(count: 0)]
  private let scratch = Storage(count: 0)
  private var activationCount = 0
  private var gradientCounts = (0, 0)
  private var scratchCount = 0
  private var parity = 0

  /// The progress hook. Layers poll it between the blocks of a long backward pass, every few milliseconds or more
  /// often, so that MPI can progress the messages that carry gradients to other machines. nil while no message is
  /// pending.
  public var progressHook: (() -> Void)?

  public init() {}

  /// Starts a new plan; all earlier views become invalid.
  public func reset() {
    activationCount = 0
    gradientCounts = (0, 0)
    scratchCount = 0
    parity = 0
  }

  /// Memory that is valid from the layer's forward pass to its backward pass. Contents are undefined.
  public func activation(rows: Int, columns: Int) -> Matrix {
    defer { activationCount += Storage.padded(rows * columns) }
    return Matrix(storage: activations, offset: activationCount, rows: rows, columns: columns)
  }

  /// Memory for the gradient of a layer's output. It is valid during the backward passes of that layer and the next:
  /// consecutive requests alternate between two regions. Contents are undefined.
  public func gradient(rows: Int, columns: Int) -> Matrix {
    parity ^= 1
    let count = Storage.padded(rows * columns)
    if parity == 0 {
      gradientCounts.0 = max(gradientCounts.0, count)
    } else {
      gradientCounts.1 = max(gradientCounts.1, count)
    }
    return Matrix(storage: gradients[parity], rows: rows, columns: columns)
  }

  /// Memory that is valid within one forward or backward call of one layer; all layers share the region.
  public func scratch(count: Int) -> Matrix {
    scratchCount = max(scratchCount, count)
    return Matrix(storage: scratch, rows: 1, columns: count)
  }

  /// Allocates everything requested since ``reset()``.
  public func commit() {
    activations.ensure(activationCount)
    gradients[0].ensure(gradientCounts.0)
    gradients[1].ensure(gradientCounts.1)
    scratch.ensure(scratchCount)
  }

  /// The allocated bytes.
  public var bytes: Int {
    4 * (activations.capacity + gradients[0].capacity + gradients[1].capacity + scratch.capacity)
  }

  /// Fills all memory, so that tests can detect reads of unwritten memory.
  public func poison(_ value: Float) {
    for storage in [activations, gradients[0], gradients[1], scratch] { storage.fill(value) }
  }
}
