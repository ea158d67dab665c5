import Foundation

/// A queue of work that is assigned during the run: one thread appends items, another takes them in the same order and
/// blocks while there are none.
///
/// Unchecked: all variables are accessed only while `condition` is locked.
package final class WorkQueue: Sequence, @unchecked Sendable {
  private let condition = NSCondition()
  /// A ring buffer: `count` items from `first` on.
  private var items: [WorkItem?]
  private var first = 0
  private var count = 0
  private var ended = false

  /// - Parameter capacity: the limit of waiting items.
  package init(capacity: Int) { items = [WorkItem?](repeating: nil, count: capacity) }

  /// Appends an item. The queue must not be full.
  package func append(_ item: WorkItem) {
    condition.withLock {
      precondition(count < items.count && !ended, "more work than announced")
      items[(first + count) % items.count] = item
      count += 1
      condition.signal()
    }
  }

  /// Declares that no more items follow: the iteration ends after the last one.
  package func finish() {
    condition.withLock {
      ended = true
      condition.broadcast()
    }
  }

  /// Ends the iteration now, even if it is blocked.
  package func cancel() {
    condition.withLock {
      (ended, count) = (true, 0)
      condition.broadcast()
    }
  }

  package func makeIterator() -> AnyIterator<WorkItem> { AnyIterator { self.take() } }

  private func take() -> WorkItem? {
    condition.withLock {
      while count == 0 && !ended { condition.wait() }
      guard count > 0 else { return nil }
      defer {
        items[first] = nil
        (first, count) = ((first + 1) % items.count, count - 1)
      }
      return items[first]
    }
  }
}
