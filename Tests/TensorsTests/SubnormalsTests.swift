import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct SubnormalsTests {
  /// In a thread of its own, whose setting nobody inherits, and in one that it starts.
  @Test func areZerosInTheThreadAndThoseItStarts() {
    final class Found: Sendable {
      let quotients = Mutex<[Float]>([])
      let done = DispatchSemaphore(value: 0)
      func divide() {
        // The compiler cannot know the argument, so the CPU divides.
        let least = Float(ProcessInfo.processInfo.processorCount > 0 ? 0x1p-126 : 1)
        quotients.withLock { $0.append(least / 4) }
      }
    }
    let found = Found()
    Thread.detachNewThread {
      found.divide()
      Subnormals.flush()
      found.divide()
      Thread.detachNewThread {
        found.divide()
        found.done.signal()
      }
    }
    found.done.wait()
    #expect(found.quotients.withLock { $0 } == [0x1p-128, 0, 0])
  }
}
