import Datasets
import Instrumentation

/// A sequence of work in which faults of the phase `load` strike, on the loader's thread.
struct FaultyWork<Work: Sequence<WorkItem> & Sendable>: Sequence, Sendable {
  let work: Work

  func makeIterator() -> some IteratorProtocol<WorkItem> {
    work.lazy.map { item in
      Faults.strike(.load, step: item.step + 1)
      return item
    }.makeIterator()
  }
}
