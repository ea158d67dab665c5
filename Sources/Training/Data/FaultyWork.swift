import Datasets
import Instrumentation

/// Work on its way to the loader, whose thread asks for it: a fault of the phase `load` strikes there.
struct FaultyWork<Work: Sequence<WorkItem> & Sendable>: Sequence, Sendable {
  let work: Work

  func makeIterator() -> some IteratorProtocol<WorkItem> {
    work.lazy.map { item in
      Faults.strike(.load, step: item.step + 1)
      return item
    }.makeIterator()
  }
}
