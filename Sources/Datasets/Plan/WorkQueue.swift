import Foundation

/// Work that is assigned while it is being done: one thread appends items, another one takes them, in the same order, and
/// waits while there is none.
///
/// Unchecked: all variables are touched only while `condition` is locked.
package final class WorkQueue: Sequence, @unchecked Sendable {
  private let condition = NSCondition()
  /// A ring: `count` items from `first` on.
  private var items: [WorkItem?]
  private var first = 0
  private var count = 0
  private var ended = false

  /// - Parameter capacity: items that may wait.
  package init(capacity: Int) { items = [WorkItem?](repeating: nil, count: capacity) }

  package func append(_ item: WorkItem) {
    condition.withLock {
      precondition(count < items.count && !ended, "more work than announced")
      items[(first + count) % items.count] = item
      count += 1
      condition.signal()
    }
  }

  /// No more items will come: the iteration ends after the last one.
  package func finish() {
    condition.withLock {
      ended = true
      condition.broadcast()
    }
  }

  /// Ends the iteration now, also one that waits.
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
