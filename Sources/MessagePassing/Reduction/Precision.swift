import Settings
import Tensors

/// The form in which gradients are sent between machines. Within a machine they are always exact.
package enum Precision: String, OptionChoice {
  /// The exact sums, packed without loss: reproducible on any number of ranks.
  case exact
  /// The sum of each machine rounded to Float, added in the order of machines: the same bits on every rank, and
  /// reproducible for the same ranks on the same machines, but not for others. Four bytes per gradient; exact sums take
  /// a variable number (mostly three to four).
  case float

  /// The largest number of bytes that `count` values take.
  func mostBytes(_ count: Int) -> Int {
    switch self {
    case .exact: ExactPacking.mostBytes(count)
    case .float: count * MemoryLayout<Float>.stride
    }
  }

  /// Packs values and returns their number of bytes.
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

  /// Adds packed values to sums, or overwrites the sums with them.
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
