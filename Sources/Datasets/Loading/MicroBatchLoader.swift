import Foundation

/// Prepares micro-batches on a background thread, ahead of their use, in a ring of reused slots.
///
///     while let microBatch = try loader.next() {
///       ...
///       loader.release(microBatch)
///     }
///
/// The order is that of the work, and the contents depend on the work alone, never on timing. The thread ends after the
/// work, at an error, at ``stop()``, and when the loader is released.
package final class MicroBatchLoader {
  private let ring: Ring
  private let cancelWork: () -> Void

  /// - Parameters:
  ///   - work: what to prepare, in order; iterated on the background thread.
  ///   - bounds: memory to reserve at once for every micro-batch; if nil, memory grows with the work.
  ///   - depth: micro-batches prepared ahead of the one in use.
  ///   - cancelWork: ends the iteration of `work`, if that can block.
  package init(
    source: any ImageSource, labels: LabelTable, geometry: InputGeometry, augmentation: Augmentation, seed: UInt64,
    work: some Sequence<WorkItem> & Sendable, bounds: MicroBatchBounds? = nil, depth: Int = 2,
    cancelWork: @escaping () -> Void = {}
  ) {
    precondition(depth > 0)
    self.cancelWork = cancelWork
    let slots = (0...depth).map { _ in MicroBatch() }
    if let bounds {
      for slot in slots { slot.reserve(bounds, height: geometry.height) }
    }
    let ring = Ring(slots)
    self.ring = ring
    // The thread holds the ring, not the loader, so that releasing the loader ends the thread.
    let thread = Thread {
      let builder = MicroBatchBuilder(
        source: source, labels: labels, geometry: geometry, augmentation: augmentation, seed: seed,
        bounds: bounds)
      var failure: (any Error)?
      do {
        for item in work {
          guard let slot = ring.takeFree() else { break }
          guard try builder.build(item, into: slot, isCancelled: { ring.isStopping }) else { break }
          ring.putReady(slot)
        }
      } catch {
        failure = error
      }
      ring.end(failure)
    }
    thread.name = "akuru loader"
    thread.stackSize = 4 << 20
    thread.start()
  }

  deinit { stop() }

  /// The next micro-batch, in the order of the work; nil after the last one, and after ``stop()``. Blocks until it is
  /// ready. The caller owns the slot until it releases it.
  /// - Throws: the error that ended the thread, after the micro-batches before it, and at every later call.
  package func next() throws -> MicroBatch? { try ring.takeReady() }

  /// Returns a slot for reuse. There are `depth` + 1 slots, which may be released in any order; while the caller holds
  /// all of them, ``next()`` blocks.
  package func release(_ microBatch: MicroBatch) { ring.putFree(microBatch) }

  /// Stops the thread and waits for its end, at most for the time that one image takes.
  package func stop() {
    cancelWork()
    ring.stop()
  }
}

/// The slots between the thread and the consumer.
///
/// Unchecked: all variables are accessed only while `condition` is locked.
private final class Ring: @unchecked Sendable {
  private let condition = NSCondition()
  private let slotCount: Int
  private var free: [MicroBatch]
  /// First in, first out.
  private var ready: [MicroBatch] = []
  /// Slots that the consumer holds.
  private var held = 0
  private var stopping = false
  private var ended = false
  private var failure: (any Error)?

  init(_ slots: [MicroBatch]) {
    slotCount = slots.count
    free = slots
    ready.reserveCapacity(slots.count)
  }

  var isStopping: Bool { condition.withLock { stopping } }

  /// Waits for a free slot; nil if the loader stops.
  func takeFree() -> MicroBatch? {
    condition.withLock {
      while free.isEmpty && !stopping { condition.wait() }
      return stopping ? nil : free.removeLast()
    }
  }

  func putReady(_ slot: MicroBatch) {
    condition.withLock {
      ready.append(slot)
      condition.broadcast()
    }
  }

  /// The thread's last call.
  func end(_ error: (any Error)?) {
    condition.withLock {
      failure = error
      ended = true
      condition.broadcast()
    }
  }

  func takeReady() throws -> MicroBatch? {
    try condition.withLock {
      precondition(held < slotCount, "all slots are held: release one before asking for the next")
      while ready.isEmpty && !ended && !stopping { condition.wait() }
      if stopping { return nil }
      if !ready.isEmpty {
        held += 1
        return ready.removeFirst()
      }
      if let failure { throw failure }
      return nil
    }
  }

  func putFree(_ slot: MicroBatch) {
    condition.withLock {
      precondition(held > 0 && !free.contains { $0 === slot }, "a slot was released twice")
      held -= 1
      free.append(slot)
      condition.broadcast()
    }
  }

  func stop() {
    condition.withLock {
      stopping = true
      condition.broadcast()
      while !ended { condition.wait() }
    }
  }
}
