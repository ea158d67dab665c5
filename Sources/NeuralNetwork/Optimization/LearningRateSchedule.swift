/// How the learning rate goes over a run: a pure function of step / total steps, so a resumed run continues it.
public enum LearningRateSchedule: Codable, Sendable, Equatable {
  case constant
  /// One cycle (Smith and Topin 2017, arXiv 1708.07120) as PyTorch's `OneCycleLR` with its defaults (cosine annealing,
  /// `div_factor` 25, `final_div_factor` 1e4): from peak / 25 up to the peak in the first `risingShare` of the steps, then
  /// down to peak / 250,000 at the last step.
  case oneCycle(risingShare: Double = 0.15)

  /// The name on the command line.
  public var name: String {
    switch self {
    case .constant: "constant"
    case .oneCycle: "one-cycle"
    }
  }

  /// The schedule of that name with default settings; nil for an unknown name.
  public init?(name: String) {
    switch name {
    case "constant": self = .constant
    case "one-cycle": self = .oneCycle()
    default: return nil
    }
  }

  /// The rate of update `step`, counted from 0, in a run of `totalSteps`. Steps before the first and past the last
  /// get the rate of the first and the last.
  public func rate(step: Int, totalSteps: Int, peak: Double) -> Float {
    guard case .oneCycle(let risingShare) = self else { return Float(peak) }
    let initial = peak / 25
    let last = Double(max(0, totalSteps - 1))
    let top = risingShare * Double(totalSteps) - 1  // PyTorch lets the peak fall between two steps, or before the first
    let now = min(max(Double(step), 0), last)
    if now < top { return Float(cosineAnneal(from: initial, to: peak, now / top)) }
    return Float(cosineAnneal(from: peak, to: initial / 1e4, last > top ? (now - top) / (last - top) : 0))
  }
}

/// Half a cosine wave from `start` at share 0 to `end` at share 1.
private func cosineAnneal(from start: Double, to end: Double, _ share: Double) -> Double {
  end + (start - end) / 2 * (1 + cosineOfHalfTurns(share))
}

/// cos(pi * x) for x in [0, 1] by its Taylor series on [0, 1/2], within 1e-15. Unlike libm's `cos`, it
/// has the same bits everywhere.
private func cosineOfHalfTurns(_ x: Double) -> Double {
  if x > 0.5 { return -cosineOfHalfTurns(1 - x) }
  let square = (Double.pi * x) * (Double.pi * x)
  var sum = 1.0
  for k in stride(from: 24, through: 2, by: -2) { sum = 1 - sum * square / Double(k * (k - 1)) }
  return sum
}
