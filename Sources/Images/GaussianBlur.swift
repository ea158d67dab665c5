import Foundation
import Tensors

/// The pixels that a filter uses beyond the border of an image.
public enum BorderRule: Sendable {
  /// The nearest pixel of the border.
  case clamp
  /// White, 255.
  case paper
}

/// Blurs gray images with a Gaussian: along rows, then along columns, with a radius of 3 sigma. Weights are integers
/// that sum to 2^16 exactly, and the value between the passes keeps 8 fractional bits, so a uniform area keeps its
/// value.
///
/// It keeps its scratch memory between calls: one per thread.
public final class GaussianBlur {
  /// The largest sigma that is accepted.
  public static let largestSigma: Float = 64

  /// The weight at distance i from the center.
  private var weights: [UInt32] = []
  /// The same, before rounding and normalization.
  private var bell: [Double] = []
  private var sigma: Float = -1
  /// One row, extended by `radius` pixels on both sides.
  private var padded: [UInt8] = []
  /// The image after the first pass in 1/256, and one row of paper.
  private var middle: [UInt16] = []
  private var sums: [UInt32] = []

  public init() {}

  /// Reserves memory for images of up to that size and blurs of up to that sigma.
  public func reserve(width: Int, height: Int, sigma: Float) {
    let radius = radius(sigma)
    weights.reserveCapacity(radius + 1)
    bell.reserveCapacity(radius + 1)
    makeRoom(width: width, height: height, radius: radius)
  }

  /// Blurs in place. `sigma` is in pixels, 0...64; below 0.05 nothing changes.
  public func apply(to view: GrayView, sigma: Float, border: BorderRule = .clamp) {
    precondition(sigma >= 0 && sigma <= GaussianBlur.largestSigma)
    if sigma < 0.05 { return }
    prepare(sigma, view)
    let radius = weights.count - 1
    let (paper, clamps) = (view.height, border == .clamp)
    weights.withUnsafeBufferPointer { weights in
      sums.withUnsafeMutableBufferPointer { sums in
        middle.withUnsafeMutableBufferPointer { middle in
          let (width, height) = (view.width, view.height)
          let middle = middle.baseAddress!
          let kernel = Kernel(weights: weights.baseAddress!, radius: radius, sums: sums.baseAddress!, width: width)
          padded.withUnsafeMutableBufferPointer { padded in
            let row = padded.baseAddress!
            for y in 0..<height {
              let source = view.pixels + y &* width
              row.update(repeating: clamps ? source[0] : 255, count: radius)
              (row + radius).update(from: source, count: width)
              (row + radius + width).update(repeating: clamps ? source[width - 1] : 255, count: radius)
              kernel.blurRow(row + radius, into: middle + y &* width)
            }
          }
          (middle + paper &* width).update(repeating: 255 << 8, count: width)
          for y in 0..<height {
            kernel.blurColumns(of: middle, row: y, rows: height, clamps: clamps, into: view.pixels + y &* width)
          }
        }
      }
    }
  }

  private func radius(_ sigma: Float) -> Int { Int((3 * sigma).rounded(.up)) }

  private func prepare(_ sigma: Float, _ view: GrayView) {
    let radius = radius(sigma)
    if sigma != self.sigma {
      self.sigma = sigma
      let s = Double(sigma)
      bell.removeAll(keepingCapacity: true)
      weights.removeAll(keepingCapacity: true)
      for i in 0...radius { bell.append(exp(-Double(i * i) / (2 * s * s))) }
      let sum = bell[0] + 2 * bell.dropFirst().reduce(0, +)
      for value in bell { weights.append(UInt32((value / sum * 65_536).rounded())) }
      weights[0] = 65_536 - 2 * weights.dropFirst().reduce(0, +)
    }
    makeRoom(width: view.width, height: view.height, radius: radius)
  }

  private func makeRoom(width: Int, height: Int, radius: Int) {
    let paddedCount = width + 2 * radius
    if padded.count < paddedCount { padded = [UInt8](repeating: 0, count: paddedCount) }
    let middleCount = width * (height + 1)
    if middle.count < middleCount { middle = [UInt16](repeating: 0, count: middleCount) }
    if sums.count < width { sums = [UInt32](repeating: 0, count: width) }
  }

  /// The two passes on one row of `width` values, with `sums` as scratch.
  private struct Kernel {
    let weights: UnsafePointer<UInt32>
    let radius: Int
    let sums: UnsafeMutablePointer<UInt32>
    let width: Int

    /// `row` may be read `radius` values before its start and after its end.
    func blurRow(_ row: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt16>) {
      let center = weights[0]
      for x in 0..<width { sums[x] = 128 &+ center &* UInt32(row[x]) }
      for t in 1..<radius &+ 1 {
        let weight = weights[t]
        let (left, right) = (row - t, row + t)
        for x in 0..<width { sums[x] = sums[x] &+ weight &* (UInt32(left[x]) &+ UInt32(right[x])) }
      }
      for x in 0..<width { target[x] = UInt16(truncatingIfNeeded: sums[x] &>> 8) }
    }

    /// `middle` has a row of paper after its `rows` rows.
    func blurColumns(
      of middle: UnsafePointer<UInt16>, row y: Int, rows: Int, clamps: Bool, into target: UnsafeMutablePointer<UInt8>
    ) {
      let center = weights[0]
      let same = middle + y &* width
      for x in 0..<width { sums[x] = 0x80_0000 &+ center &* UInt32(same[x]) }
      for t in 1..<radius &+ 1 {
        let weight = weights[t]
        let upper = middle + (y >= t ? y &- t : clamps ? 0 : rows) &* width
        let lower = middle + (y &+ t < rows ? y &+ t : clamps ? rows &- 1 : rows) &* width
        for x in 0..<width { sums[x] = sums[x] &+ weight &* (UInt32(upper[x]) &+ UInt32(lower[x])) }
      }
      for x in 0..<width { target[x] = UInt8(truncatingIfNeeded: sums[x] &>> 24) }
    }
  }
}

extension GrayImage {
  /// Blurs in place: see `GaussianBlur.apply`, also for the bounds.
  public mutating func gaussianBlur(sigma: Float, border: BorderRule = .clamp) {
    withView { GaussianBlur().apply(to: $0, sigma: sigma, border: border) }
  }
}
