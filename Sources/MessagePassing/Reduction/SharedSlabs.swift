internal import CMPI

/// A slab of Doubles for each rank of a machine, in memory that all of them read and write, and shared counters.
final class SharedSlabs {
  /// This rank's number among the ranks that share memory, and their number.
  let (rank, size): (Int, Int)
  /// Their slabs, in that order. All zero at first.
  let slabs: [UnsafeMutablePointer<Double>]
  private let counters: UnsafeMutablePointer<Int64>
  private let memory: SharedMemory

  /// Bytes between two counters, a cache line: ranks that wait for one do not slow down ranks that raise another.
  private static let counterBytes = 64

  /// The slab of a single rank.
  init(count: Int, counters: Int) {
    let layout = Layout(ranks: 1, count: count, counters: counters)
    memory = SharedMemory(count: layout.bytes)
    (rank, size) = (0, 1)
    (slabs, self.counters) = layout.places(in: memory.bytes.baseAddress!)
  }

  /// The slabs of all ranks of `machine`. Collective. All ranks get nil if one of them finds no shared memory: a
  /// container may have little (`/dev/shm`).
  init?(machine: Communicator, count: Int, counters: Int) throws {
    let layout = Layout(ranks: machine.size, count: count, counters: counters)
    let own = layout.bytes(of: machine.rank)
    guard let memory = try SharedMemory(machine: machine, count: layout.bytes, reserving: own) else { return nil }
    self.memory = memory
    (rank, size) = (machine.rank, machine.size)
    (slabs, self.counters) = layout.places(in: memory.bytes.baseAddress!)
  }

  /// This rank's slab.
  var own: UnsafeMutablePointer<Double> { slabs[rank] }

  /// Adds 1 to a counter, with release order: a rank that sees it also sees this rank's earlier writes.
  func raise(_ counter: Int) { akuru_count(address(counter)) }

  func count(_ counter: Int) -> Int { Int(akuru_counted(address(counter))) }

  private func address(_ counter: Int) -> UnsafeMutablePointer<Int64> {
    counters + counter * (SharedSlabs.counterBytes / MemoryLayout<Int64>.stride)
  }

  /// Counters, then slabs, each in whole pages of shared memory, which the kernel places near the rank that owns them.
  private struct Layout {
    let ranks: Int
    let counterBytes: Int
    let slabBytes: Int

    init(ranks: Int, count: Int, counters: Int) {
      func pages(_ bytes: Int) -> Int { (bytes + SharedMemory.pageBytes - 1) & -SharedMemory.pageBytes }
      self.ranks = ranks
      counterBytes = pages(max(counters, 1) * SharedSlabs.counterBytes)
      slabBytes = pages(max(count, 1) * MemoryLayout<Double>.stride)
    }

    var bytes: Int { counterBytes + ranks * slabBytes }

    /// The bytes that a rank reserves; the first rank also reserves the counters.
    func bytes(of rank: Int) -> Range<Int> {
      let start = counterBytes + rank * slabBytes
      return (rank == 0 ? 0 : start)..<start + slabBytes
    }

    func places(in memory: UnsafeMutableRawPointer) -> ([UnsafeMutablePointer<Double>], UnsafeMutablePointer<Int64>) {
      (
        (0..<ranks).map { (memory + counterBytes + $0 * slabBytes).assumingMemoryBound(to: Double.self) },
        memory.assumingMemoryBound(to: Int64.self)
      )
    }
  }
}
