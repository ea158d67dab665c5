import Synchronization

/// Lines of pages at the network's height, which an audit had to cut anyway and a cache will hold: so that each page is decoded once.
/// At most 256 MiB; lines beyond are cut again. Threads may share it.
package final class PreparedLines: Sendable {
  private struct State {
    var pixels: [Int: [UInt8]] = [:]
    var bytes = 0
  }

  private let state = Mutex(State())
  private static let mostBytes = 256 << 20

  package init() {}

  /// Keeps the image of a record, given by its index in the audited data set.
  func keep(_ index: Int, _ image: ImageBuffer) {
    let view = image.view
    state.withLock { state in
      guard state.bytes + view.count <= PreparedLines.mostBytes else { return }
      state.bytes += view.count
      state.pixels[index] = Array(UnsafeBufferPointer(start: view.pixels, count: view.count))
    }
  }

  /// The pixels of a record's image, row by row, once.
  func take(_ index: Int) -> [UInt8]? {
    state.withLock { state in
      guard let pixels = state.pixels.removeValue(forKey: index) else { return nil }
      state.bytes -= pixels.count
      return pixels
    }
  }
}
