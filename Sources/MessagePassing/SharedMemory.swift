internal import CMPI
import Tensors

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Memory that the ranks of a machine read and write, all zero at first.
///
/// The memory is a POSIX object. Its name is removed as soon as all ranks have opened it, so the memory is freed when
/// the last of them ends, for whatever reason, and each rank unmaps it independently. (`MPI_Win_allocate_shared` would
/// have all ranks free it together, even those that fail, and leaves its file behind if ranks are killed.)
package final class SharedMemory {
  let bytes: UnsafeMutableRawBufferPointer
  /// The memory of a single process; nil if it is mapped.
  private let storage: Storage?

  static let pageBytes = 4096
  /// Bytes that one call reserves; it takes well below a millisecond.
  private static let reservedBytes = 1 << 20

  /// Memory of a single process.
  package init(count: Int) {
    let storage = Storage(count: (count + 3) / 4)
    bytes = UnsafeMutableRawBufferPointer(start: storage.base, count: count)
    self.storage = storage
  }

  /// Memory of all ranks of `machine`. Collective. All ranks get nil if one of them finds no shared memory: a container
  /// may have little (`/dev/shm`).
  ///
  /// - Parameter own: the bytes that this rank reserves. Those of all ranks together are all `count` bytes.
  package init?(machine: Communicator, count: Int, reserving own: Range<Int>) throws {
    // Rank 0 creates the object and broadcasts its name, which is empty on failure.
    var (name, file) = ("", Int32(-1))
    if machine.rank == 0 {
      name = "/akuru-\(getpid())-\(UInt64.random(in: 0 ... .max))"
      file = akuru_shared_memory(name, 1)
      if file >= 0, !SharedMemory.resize(file, to: count) { file = SharedMemory.closed(file) }
      if file < 0 { name = "" }
    }
    let shared = String(decoding: try machine.broadcast(Array(name.utf8)), as: UTF8.self)
    if machine.rank != 0 && !shared.isEmpty { file = akuru_shared_memory(shared, 0) }
    // Unlinked as soon as all have opened it, before anything slow: ranks that are killed later leave nothing behind.
    let isOpen = try machine.allreduceMax([Int64(file < 0 ? 1 : 0)])[0] == 0
    if machine.rank == 0 && !shared.isEmpty { shm_unlink(shared) }
    var address: UnsafeMutableRawPointer?
    // Each rank reserves its part now: memory that is not reserved could be missing later, which would be fatal.
    if isOpen, SharedMemory.reserve(own, in: file) {
      let mapped = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
      if mapped != MAP_FAILED { address = mapped }
    }
    _ = SharedMemory.closed(file)
    let isMissing = try machine.allreduceMax([Int64(address == nil ? 1 : 0)])[0] == 1
    guard let address, !isMissing else {
      if let address { munmap(address, count) }
      return nil
    }
    (bytes, storage) = (UnsafeMutableRawBufferPointer(start: address, count: count), nil)
  }

  deinit {
    if storage == nil { munmap(bytes.baseAddress!, bytes.count) }
  }

  /// A word of 64 bits; whoever reads a word also sees what its writer wrote before.
  package subscript(word: Int) -> Int64 {
    get { akuru_counted(address(word)) }
    set { akuru_set(address(word), newValue) }
  }

  private func address(_ word: Int) -> UnsafeMutablePointer<Int64> {
    precondition(0 <= word && word < bytes.count / 8)
    return bytes.baseAddress!.assumingMemoryBound(to: Int64.self) + word
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
}
