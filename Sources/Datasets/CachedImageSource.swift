import Foundation

/// Keeps the images of another source in memory after their first use, as long as they fit into a budget; the others come
/// from the source each time. What is cached never changes what is loaded.
///
/// Unchecked: `images` and `usedBytes` are touched only while `lock` is held; the arrays in `images` are never changed.
public final class CachedImageSource: ImageSource, @unchecked Sendable {
  /// Bytes of pixels that are kept at most.
  public let byteBudget: Int
  private let source: any ImageSource
  private let lock = NSLock()
  /// The pixels of each sample; empty where it is not cached.
  private var images: [[UInt8]]
  private var heights: [Int32]
  private var usedBytes = 0

  public init(_ source: any ImageSource, count: Int, byteBudget: Int) {
    self.source = source
    self.byteBudget = byteBudget
    images = [[UInt8]](repeating: [], count: count)
    heights = [Int32](repeating: 0, count: count)
  }

  /// Bytes of pixels in the cache.
  public var cachedBytes: Int { lock.withLock { usedBytes } }

  public func load(_ sample: Int, into image: ImageBuffer) throws {
    let (pixels, height) = lock.withLock { (images[sample], Int(heights[sample])) }
    if !pixels.isEmpty {
      image.reserve(width: pixels.count / height, height: height)
      pixels.withUnsafeBufferPointer { image.view.pixels.update(from: $0.baseAddress!, count: $0.count) }
      return
    }
    try source.load(sample, into: image)
    let view = image.view
    let fits = lock.withLock {
      guard images[sample].isEmpty, usedBytes + view.count <= byteBudget else { return false }
      usedBytes += view.count
      return true
    }
    guard fits else { return }
    let copy = Array(UnsafeBufferPointer(start: view.pixels, count: view.count))
    lock.withLock {
      if images[sample].isEmpty {
        images[sample] = copy
        heights[sample] = Int32(view.height)
      } else {
        usedBytes -= copy.count
      }
    }
  }
}
