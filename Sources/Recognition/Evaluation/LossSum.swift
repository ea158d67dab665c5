/// The exact sum of the losses of many images, in units of 2^-30, as a number of 128 bits. It does not depend on the order
/// of the additions, nor on how the images are spread over ranks, and it cannot overflow: not even 2^32 images with the
/// largest loss do.
package struct LossSum: Equatable {
  /// The sum in units of 2^-30.
  package private(set) var units: Int128 = 0

  /// The number of ``limbs``.
  package static let limbCount = 4
  /// A larger loss counts as this one: there is none in practice, since it would be a probability of e^-(2^64).
  package static let largest = 0x1p64

  package init() {}

  /// Adds the loss of an image, rounded to a multiple of 2^-30.
  ///
  /// - Parameter loss: must not be NaN.
  package mutating func add(_ loss: Double) {
    let bounded = min(max(loss, -LossSum.largest), LossSum.largest)
    units += Int128((bounded * 0x1p30).rounded(.toNearestOrEven))
  }

  /// The sum, rounded once.
  package var value: Double { Double(units) * 0x1p-30 }

  // MARK: Over ranks

  /// The sum in four parts, the least significant first: each holds 32 bits, so that the parts of 2^20 ranks can be added up
  /// without a carry. The last one has the sign.
  package var limbs: [Int64] {
    (0..<LossSum.limbCount).map { i in
      let shifted = units >> (32 * i)
      return Int64(i == LossSum.limbCount - 1 ? shifted : shifted & 0xFFFF_FFFF)
    }
  }

  /// The sum from parts that were added up over ranks.
  package init(limbs: some Collection<Int64>) {
    for limb in limbs.reversed() { units = units << 32 + Int128(limb) }
  }
}
