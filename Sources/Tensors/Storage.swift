#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One allocation of floats on a 64-byte boundary, the owner of all memory that numerical code uses.
///
/// Views (``Matrix``) keep their storage alive and read its address at each use, so a storage may grow while views
/// exist.
public final class Storage {
  /// The first float; 64-byte aligned. Changes when ``ensure(_:)`` grows the storage.
  public private(set) var base: UnsafeMutablePointer<Float>
  /// Floats that fit.
  public private(set) var capacity: Int

  /// Floats added after every storage, so that a vector load that starts inside a row never leaves the allocation.
  private static let slack = 64
  /// A large storage asks for pages of this size, and has a multiple of them. The usual pages of 4 KiB cost 5 % of a step, since the
  /// processor knows the addresses of a few thousand pages only.
  private static let hugePageBytes = 1 << 21
  /// Floats added before every storage, for loads that start one column to the left.
  private static let head = 16

  /// `count` rounded up to whole cache lines of 16 floats.
  @inlinable @inline(__always)
  public static func padded(_ count: Int) -> Int { (count + 15) & ~15 }

  /// A storage of `count` zeros.
  public init(count: Int) {
    (base, capacity) = (Storage.allocate(count), count)
  }

  deinit {
    free(base - Storage.head)
  }

  /// Reserves memory for `count` floats. If the storage grows, the contents become zeros.
  public func ensure(_ count: Int) {
    guard count > capacity else { return }
    free(base - Storage.head)
    (base, capacity) = (Storage.allocate(count), count)
  }

  /// Sets every float, including the slack. Tests poison memory with NaN through it.
  public func fill(_ value: Float) {
    (base - Storage.head).update(repeating: value, count: Storage.head + capacity + Storage.slack)
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    let all = head + count + slack
    var memory: UnsafeMutableRawPointer?
    let bytes = all * MemoryLayout<Float>.stride
    let isLarge = bytes >= hugePageBytes / 2
    let allocated = isLarge ? (bytes + hugePageBytes - 1) & ~(hugePageBytes - 1) : bytes
    guard posix_memalign(&memory, isLarge ? hugePageBytes : 64, allocated) == 0, let memory else { refuse(allocated) }
    #if os(Linux)
      if isLarge { madvise(memory, allocated, MADV_HUGEPAGE) }
    #endif
    let floats = memory.bindMemory(to: Float.self, capacity: all)
    floats.initialize(repeating: 0, count: all)
    return floats + head
  }

  /// Ends the process with the exit status of a machine that refuses, instead of a trap: no code can go on without memory.
  private static func refuse(_ bytes: Int) -> Never {
    let text = Array(
      """
      akuru: memory: \((bytes + 999_999) / 1_000_000) MB are refused; use a smaller --micro-batch or --max-width, or raise the \
      limit (ulimit -v, the memory of the job)

      """.utf8)
    _ = write(STDERR_FILENO, text, text.count)
    _exit(4)
  }
}
