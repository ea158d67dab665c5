/// Detects a plateau: counts evaluations without an improvement, and reduces the learning rate like PyTorch's
/// `ReduceLROnPlateau` with a threshold of 0.
public struct Plateau: Codable, Sendable, Equatable {
  /// Consecutive evaluations without a new best.
  public private(set) var sinceBest = 0
  /// The same, counted from the last reduction.
  public private(set) var sinceReduction = 0
  /// The number of reductions of the learning rate.
  public private(set) var reductions = 0

  public init() {}

  /// Whether a run can reach these counts; a damaged checkpoint may contain any values.
  public var isSensible: Bool { sinceBest >= 0 && sinceReduction >= 0 && (0...1_000_000) ~= reductions }

  /// Records an evaluation. The rate is reduced after more than `patience` evaluations without improvement.
  public mutating func record(isBest: Bool, patience: Int) {
    if isBest {
      (sinceBest, sinceReduction) = (0, 0)
      return
    }
    sinceBest += 1
    sinceReduction += 1
    if sinceReduction > patience { (sinceReduction, reductions) = (0, reductions + 1) }
  }
}
