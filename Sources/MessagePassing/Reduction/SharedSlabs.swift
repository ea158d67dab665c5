internal import CMPI

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A slab of Doubles for each rank of a machine, in memory that all of them read and write, and shared counters.
///
/// The memory is a POSIX object. Its name is removed as soon as all ranks have opened it, so the memory is freed when
/// the last of them ends, for whatever reason, and each rank unmaps it independently. (`MPI_Win_allocate_shared` would
/// have all ranks free it together, even those that fail, and leaves its file behind if ranks are killed.)
final class SharedSlabs {
  /// This rank's number among the ranks that share memory, and their number.
  let (rank, size): (Int, Int)
  /// Their slabs, in that order. All zero at first.
  let slabs: [UnsafeMutablePointer<Double>]
  private let counters: UnsafeMutablePointer<Int64>
  private let memory: UnsafeMutableRawBufferPointer
  private let isMapped: Bool

  /// Bytes between two counters, a cache line: ranks that wait for one do not slow down ranks that raise another.
  private static let counterBytes = 64
  /// Slabs are aligned to pages, which the kernel places near the rank that owns them.
  private static let pageBytes = 4096
  /// Bytes that one call reserves; it takes well below a millisecond.
  private static let reservedBytes = 1 << 20

  /// The slab of a single rank.
  init(count: Int, counters: Int) {
    let layout = Layout(ranks: 1, count: count, counters: counters)
    memory = .allocate(byteCount: layout.bytes, alignment: SharedSlabs.pageBytes)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    (rank, size, isMapped) = (0, 1, false)
    (slabs, self.counters) = layout.places(in: memory.baseAddress!)
  }

  /// The slabs of all ranks of `machine`. Collective. All ranks get nil if one of them finds no shared memory: a
  /// container may have little (`/dev/shm`).
  init?(machine: Communicator, count: Int, counters: Int) throws {
    let layout = Layout(ranks: machine.size, count: count, counters: counters)
    // Rank 0 creates the object and broadcasts its name, which is empty on failure.
    var (name, file) = ("", Int32(-1))
    if machine.rank == 0 {
      name = "/akuru-\(getpid())-\(UInt64.random(in: 0 ... .max))"
      file = akuru_shared_memory(name, 1)
      if file >= 0, !SharedSlabs.resize(file, to: layout.bytes) { file = SharedSlabs.closed(file) }
      if file < 0 { name = "" }
    }
    let shared = String(decoding: try machine.broadcast(Array(name.utf8)), as: UTF8.self)
    if machine.rank != 0 && !shared.isEmpty { file = akuru_shared_memory(shared, 0) }
    // Unlinked as soon as all have opened it, before anything slow: ranks that are killed later leave nothing behind.
    let isOpen = try machine.allreduceMax([Int64(file < 0 ? 1 : 0)])[0] == 0
    if machine.rank == 0 && !shared.isEmpty { shm_unlink(shared) }
    var address: UnsafeMutableRawPointer?
    // Each rank reserves its slab now: memory that is not reserved could be missing later, which would be fatal.
    let own = layout.bytes(of: machine.rank)
    if isOpen, SharedSlabs.reserve(own, in: file) {
      let mapped = mmap(nil, layout.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
      if mapped != MAP_FAILED { address = mapped }
    }
    _ = SharedSlabs.closed(file)
    let isMissing = try machine.allreduceMax([Int64(address == nil ? 1 : 0)])[0] == 1
    guard let address, !isMissing else {
      if let address { munmap(address, layout.bytes) }
      return nil
    }
    memory = UnsafeMutableRawBufferPointer(start: address, count: layout.bytes)
    (rank, size, isMapped) = (machine.rank, machine.size, true)
    (slabs, self.counters) = layout.places(in: address)
  }

  deinit {
    if isMapped { munmap(memory.baseAddress!, memory.count) } else { memory.deallocate() }
  }

  private static func resize(_ file: Int32, to bytes: Int) -> Bool {
    while ftruncate(file, off_t(bytes)) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }

  /// Reserves memory for part of the file. A call that a signal interrupts frees what it reserved, so the memory is
  /// reserved in small pieces, each of which is repeated.
  private static func reserve(_ bytes: Range<Int>, in file: Int32) -> Bool {
    for start in stride(from: bytes.lowerBound, to: bytes.upperBound, by: reservedBytes) {
      let count = min(reservedBytes, bytes.upperBound - start)
      while true {
        let code = posix_fallocate(file, off_t(start), off_t(count))
        if code == 0 { break }
        if code != EINTR { return false }
      }
    }
    return true
  }

  private static func closed(_ file: Int32) -> Int32 {
    if file >= 0 { close(file) }
    return -1
  }

  /// This rank's slab.
  var own: UnsafeMutablePointer<Double> { slabs[rank] }

  /// Adds 1 to a counter, with release order: a rank that sees it also sees this rank's earlier writes.
  func raise(_ counter: Int) { akuru_count(address(counter)) }

  func count(_ counter: Int) -> Int { Int(akuru_counted(address(counter))) }

  private func address(_ counter: Int) -> UnsafeMutablePointer<Int64> {
    counters + counter * (SharedSlabs.counterBytes / MemoryLayout<Int64>.stride)
  }

  /// Counters, then slabs, each in whole pages.
  private struct Layout {
    let ranks: Int
    let counterBytes: Int
    let slabBytes: Int

    init(ranks: Int, count: Int, counters: Int) {
      func pages(_ bytes: Int) -> Int { (bytes + SharedSlabs.pageBytes - 1) & -SharedSlabs.pageBytes }
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
