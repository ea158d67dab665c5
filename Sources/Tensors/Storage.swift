/// One allocation of floats on a 64-byte boundary, the owner of all memory the numerical code works on.
///
/// Views (``Matrix``) keep their storage alive and read its address at each use, so a storage may grow under them.
public final class Storage {
  /// The first float; 64-byte aligned. Changes when ``ensure(_:)`` grows the storage.
  public private(set) var base: UnsafeMutablePointer<Float>
  /// Floats that fit.
  public private(set) var capacity: Int

  /// Floats added behind every storage, so that a vector load that starts inside a row never leaves the allocation.
  private static let slack = 64

  /// A storage of `count` zeros.
  public init(count: Int) {
    (base, capacity) = (Storage.allocate(count), count)
  }

  deinit {
    base.deallocate()
  }

  /// Makes room for `count` floats. When it has to grow, the contents become zeros.
  public func ensure(_ count: Int) {
    guard count > capacity else { return }
    base.deallocate()
    (base, capacity) = (Storage.allocate(count), count)
  }

  /// Sets every float, slack included. Tests poison memory with NaN through it.
  public func fill(_ value: Float) {
    base.update(repeating: value, count: capacity + Storage.slack)
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = (count + slack) * MemoryLayout<Float>.stride
    let floats = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).bindMemory(
      to: Float.self, capacity: count + slack)
    floats.initialize(repeating: 0, count: count + slack)
    return floats
  }
}
