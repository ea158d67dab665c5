/// An activity of a rank, in nanoseconds.
package struct TraceEvent: Equatable {
  package var kind: Trace.Kind
  package var step: Int
  package var start: Int64
  package var duration: Int64

  package init(kind: Trace.Kind, step: Int, start: Int64, duration: Int64) {
    (self.kind, self.step, self.start, self.duration) = (kind, step, start, duration)
  }
}

/// The newest events of one rank, in a ring buffer that is allocated once.
package final class TraceEvents {
  private let ring: UnsafeMutablePointer<TraceEvent>
  private let capacity: Int
  /// Events added so far, including overwritten ones.
  private var count = 0

  package init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
    ring = .allocate(capacity: capacity)
    ring.initialize(repeating: TraceEvent(kind: .load, step: 0, start: 0, duration: 0), count: capacity)
  }

  deinit { ring.deallocate() }

  package func add(_ event: TraceEvent) {
    ring[count % capacity] = event
    count += 1
  }

  /// Events that newer ones overwrote.
  package var lost: Int { max(0, count - capacity) }

  /// The remaining events, the oldest first.
  package var events: [TraceEvent] { (lost..<count).map { ring[$0 % capacity] } }

  /// The events as bytes for another rank of the same program: 32 bytes an event, start times counted from `zero`.
  package func bytes(zero: Int64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((count - lost) * 32)
    for event in events {
      for value in [Int64(event.kind.rawValue), Int64(event.step), event.start - zero, event.duration] {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  /// The events that ``bytes(zero:)`` encoded.
  package static func events(_ bytes: [UInt8]) -> [TraceEvent] {
    stride(from: 0, to: bytes.count - bytes.count % 32, by: 32).compactMap { start in
      func value(_ i: Int) -> Int64 {
        bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: start + 8 * i, as: Int64.self)) }
      }
      guard let kind = UInt8(exactly: value(0)).flatMap(Trace.Kind.init) else { return nil }
      return TraceEvent(kind: kind, step: Int(value(1)), start: value(2), duration: value(3))
    }
  }
}
