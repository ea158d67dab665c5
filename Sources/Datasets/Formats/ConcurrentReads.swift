import Dispatch

/// Reads many small files at once, which keeps a cold disk or a network file system busy.
enum ConcurrentReads {
  private static let threads = 8
  private static let leastCount = 64

  /// The results of `read` for 0 ..< count, in order.
  static func map<Value: Sendable>(
    _ count: Int, _ read: @Sendable (Int) -> Value
  ) -> [Value] {
    guard count >= leastCount else { return (0..<count).map(read) }
    return [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Each thread has elements of its own.
      nonisolated(unsafe) let start = buffer.baseAddress!
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        for index in stride(from: thread, to: count, by: threads) { (start + index).initialize(to: read(index)) }
      }
      initialized = count
    }
  }
}
