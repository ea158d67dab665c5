#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Resizes gray images with a filter that is widened by the shrink factor (antialiasing). The arithmetic is that of Pillow's
/// `Image.resize(size, Image.BILINEAR)` or `Image.LANCZOS`: weights in Double, normalized, then integers of 22 bits;
/// first along rows, then along columns, each result rounded to 8 bits. The results equal Pillow's, on every CPU
/// (within one level for versions of Pillow that process the columns first).
///
/// It keeps its tables and scratch memory between calls: one per thread. Nothing is allocated once sizes stop growing.
public final class Resampler {
  /// What each result takes of the pixels around it.
  public enum Filter: Sendable {
    /// A triangle: what is near counts more.
    case bilinear
    /// Lanczos' windowed sinc over three pixels to either side: sharper, with weights below zero (Duchon 1979).
    case lanczos

    /// Pixels to either side, without shrinking.
    var support: Double { self == .bilinear ? 1 : 3 }

    func weight(at x: Double) -> Double {
      switch self {
      case .bilinear: max(0, 1 - abs(x))
      case .lanczos: -3 <= x && x < 3 ? Filter.sinc(x) * Filter.sinc(x / 3) : 0
      }
    }

    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
  }

  private var horizontal = ResamplingAxis()
  private var vertical = ResamplingAxis()
  /// The image after the pass along rows.
  private var middle: [UInt8] = []
  /// One row of sums.
  private var sums: [Int32] = []

  public init() {}

  /// Reserves memory for images of up to this size, made smaller or larger again.
  func reserve(width: Int, height: Int) {
    horizontal.reserve(size: width)
    vertical.reserve(size: height)
    if middle.count < width * height { middle = [UInt8](repeating: 0, count: width * height) }
    if sums.count < width { sums = [Int32](repeating: 0, count: width) }
  }

  /// Resizes `source` (only read) to the size of `destination`; they must not overlap.
  public func resize(_ source: GrayView, into destination: GrayView, filter: Filter = .bilinear) {
    let rowsDone = source.width == destination.width
    let columnsDone = source.height == destination.height
    if !rowsDone { horizontal.prepare(from: source.width, to: destination.width, filter: filter) }
    if !columnsDone { vertical.prepare(from: source.height, to: destination.height, filter: filter) }
    switch (rowsDone, columnsDone) {
    case (true, true):
      destination.pixels.update(from: source.pixels, count: source.count)
    case (false, true):
      horizontal.resizeRows(of: source, into: destination)
    case (true, false):
      resizeColumns(of: source, into: destination)
    case (false, false):
      let count = destination.width * source.height
      if middle.count < count { middle = [UInt8](repeating: 0, count: count) }
      middle.withUnsafeMutableBufferPointer {
        let view = GrayView(width: destination.width, height: source.height, pixels: $0.baseAddress!)
        horizontal.resizeRows(of: source, into: view)
        resizeColumns(of: view, into: destination)
      }
    }
  }

  /// Resizes `source` (only read) to width * height pixels at the start of `destination`, which must have room for
  /// them.
  public func resize(_ source: GrayView, into destination: UnsafeMutableBufferPointer<UInt8>, width: Int, height: Int) {
    precondition(width > 0 && height > 0 && destination.count >= width * height)
    resize(source, into: GrayView(width: width, height: height, pixels: destination.baseAddress!))
  }

  private func resizeColumns(of source: GrayView, into destination: GrayView) {
    if sums.count < source.width { sums = [Int32](repeating: 0, count: source.width) }
    sums.withUnsafeMutableBufferPointer { vertical.resizeColumns(of: source, into: destination, sums: $0.baseAddress!) }
  }
}

extension GrayImage {
  /// The image, resized.
  public func resized(
    width: Int, height: Int, by resampler: Resampler = Resampler(), filter: Resampler.Filter = .bilinear
  ) -> GrayImage {
    withReadOnlyView { source in
      .filled(width: width, height: height) { resampler.resize(source, into: $0, filter: filter) }
    }
  }

  /// The image, resized to a height with its aspect ratio kept.
  public func resized(toHeight height: Int) -> GrayImage {
    resized(width: GrayImage.width(forHeight: height, of: (width, self.height)), height: height)
  }

  /// max(4, H * w / h rounded, halves up): the width of an image of w x h after resizing to height H.
  public static func width(forHeight height: Int, of size: (width: Int, height: Int)) -> Int {
    max(4, (2 * height * size.width + size.height) / (2 * size.height))
  }
}
