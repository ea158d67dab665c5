import Settings
import Tensors

/// What gradients are sent as between machines. Within a machine they are always exact.
package enum Precision: String, OptionChoice {
  /// The exact sums, packed without loss: the same bits on any number of ranks.
  case exact
  /// The sum of each machine rounded to Float, added up in the order of machines: the same bits on every rank, and from
  /// run to run with the same ranks on the same machines, but not with others. Four bytes for each gradient, where exact
  /// sums take as many as they need (three to four mostly).
  case float

  /// Bytes that `count` values take at most.
  func mostBytes(_ count: Int) -> Int {
    switch self {
    case .exact: ExactPacking.mostBytes(count)
    case .float: count * MemoryLayout<Float>.stride
    }
  }

  /// Packs values and returns the bytes they take.
  func pack(_ values: UnsafePointer<Double>, count: Int, into bytes: UnsafeMutableRawPointer) -> Int {
    switch self {
    case .exact: return ExactPacking.pack(values, count: count, into: bytes)
    case .float:
      ExactRounding.convert(values, count: count, into: bytes.assumingMemoryBound(to: Float.self))
      return mostBytes(count)
    }
  }

  /// Whether `length` bytes are `count` packed values.
  func isWhole(_ bytes: UnsafeRawPointer, length: Int, count: Int) -> Bool {
    switch self {
    case .exact: ExactPacking.isWhole(bytes, length: length, count: count)
    case .float: length == mostBytes(count)
    }
  }

  /// Adds packed values to sums, or writes them over those.
  func unpack(
    _ bytes: UnsafeRawPointer, count: Int, to sums: UnsafeMutablePointer<Double>, overwriting: Bool
  ) {
    switch (self, overwriting) {
    case (.exact, true): ExactPacking.unpack(bytes, count: count, into: sums)
    case (.exact, false): ExactPacking.unpack(bytes, count: count, addingTo: sums)
    case (.float, _):
      ExactRounding.add(
        bytes.assumingMemoryBound(to: Float.self), count: count, to: sums, overwriting: overwriting)
    }
  }
}
