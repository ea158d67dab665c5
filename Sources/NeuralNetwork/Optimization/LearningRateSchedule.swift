/// The learning rate over a run: a pure function of the step, the total steps and the reductions on a plateau, so that
/// a resumed run continues it.
public enum LearningRateSchedule: Codable, Sendable, Equatable {
  case constant
  /// One cycle (Smith and Topin 2017, arXiv 1708.07120) as PyTorch's `OneCycleLR` with its defaults (cosine annealing,
  /// `div_factor` 25, `final_div_factor` 1e4): from peak / 25 up to the peak in the first `risingShare` of the steps,
  /// then down to peak / 250,000 at the last step.
  case oneCycle(risingShare: Double = 0.15)

  /// Half a cosine wave from the peak at the first step to (almost) zero at the last (Loshchilov and Hutter 2017,
  /// arXiv 1608.03983, without restarts), as PyTorch's `CosineAnnealingLR`.
  case cosine
  /// The peak times `factor` after every `every` steps, as PyTorch's `StepLR`.
  case step(every: Int, factor: Double)
  /// The peak times `factor` for each reduction that a ``Plateau`` counted, as PyTorch's `ReduceLROnPlateau`.
  case plateau(factor: Double)

  /// The rate of update `step`, counted from 0, in a run of `totalSteps`. Steps before the first and past the last
  /// get the rate of the first and the last.
  ///
  /// - Parameters:
  ///   - warmUp: steps in which the rate rises linearly, from peak / warmUp at the first to the peak at the last of
  ///     them. The schedule begins after them; a step of a ``step(every:factor:)`` schedule counts from the run's
  ///     start. One cycle has its own rise and ignores it.
  ///   - reductions: the reductions counted by the ``Plateau``.
  public func rate(step: Int, totalSteps: Int, peak: Double, warmUp: Int = 0, reductions: Int = 0) -> Float {
    let step = max(0, step)
    if case .oneCycle(let risingShare) = self {
      return oneCycle(risingShare, step: step, totalSteps: totalSteps, peak: peak)
    }
    if step < warmUp { return Float(peak * Double(step + 1) / Double(warmUp)) }
    switch self {
    case .constant, .oneCycle: return Float(peak)
    case .cosine:
      let length = max(1, totalSteps - warmUp)
      let now = min(step - warmUp, length - 1)
      return Float(cosineAnneal(from: peak, to: 0, Double(now) / Double(length)))
    case .step(let every, let factor): return Float(peak * power(factor, step / max(1, every)))
    case .plateau(let factor): return Float(peak * power(factor, reductions))
    }
  }

  private func oneCycle(_ risingShare: Double, step: Int, totalSteps: Int, peak: Double) -> Float {
    let initial = peak / 25
    let last = Double(max(0, totalSteps - 1))
    let top = risingShare * Double(totalSteps) - 1  // PyTorch's peak can fall between two steps, or before the first
    let now = min(Double(step), last)
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
