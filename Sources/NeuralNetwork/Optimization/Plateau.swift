/// When a run stands still: counts evaluations without an improvement, and lowers the learning rate by them as PyTorch's
/// `ReduceLROnPlateau` with a threshold of 0.
public struct Plateau: Codable, Sendable, Equatable {
  /// Evaluations in a row that were not better than the best before.
  public private(set) var sinceBest = 0
  /// The same, counted from the last reduction on.
  public private(set) var sinceReduction = 0
  /// How often the learning rate was reduced.
  public private(set) var reductions = 0

  public init() {}

  /// Whether a run can have come here; a checkpoint may say anything.
  public var isSensible: Bool { sinceBest >= 0 && sinceReduction >= 0 && (0...1_000_000) ~= reductions }

  /// Takes an evaluation in. The rate is reduced after more than `patience` evaluations without improvement.
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
