import Tensors

/// The layout of the time steps of a micro-batch's sequences: time-major and packed, like PyTorch's packed sequences.
/// Step t has one row for each sequence longer than t, in the order of the images; row of (t, n) is `offsets[t] + n`.
///
/// Lengths are non-increasing, so the sequences that are still active at step t are the first `batchSizes[t]`.
public final class SequenceLayout {
  /// Steps of each sequence, non-increasing.
  public private(set) var lengths: [Int] = []
  /// Sequences longer than t, for each step t.
  public private(set) var batchSizes: [Int] = []
  /// First row of each step.
  public private(set) var offsets: [Int] = []
  /// All rows: the sum of the lengths.
  public private(set) var rows = 0

  public init() {}

  /// Sequences in the micro-batch.
  public var count: Int { lengths.count }
  /// Steps of the longest sequence.
  public var steps: Int { batchSizes.count }

  /// Lays out sequences of the given lengths, which must be positive and non-increasing.
  public func place(_ newLengths: some Collection<Int>) {
    lengths.removeAll(keepingCapacity: true)
    batchSizes.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    for length in newLengths {
      require(length > 0 && length <= (lengths.last ?? length), "lengths must be positive and non-increasing")
      lengths.append(length)
    }
    rows = 0
    var running = lengths.count
    for t in 0..<(lengths.first ?? 0) {
      while lengths[running - 1] <= t { running -= 1 }
      offsets.append(rows)
      batchSizes.append(running)
      rows += running
    }
  }
}
