import Settings

/// How the learning rate follows a batch that grows.
package enum LearningRateScaling: String, OptionChoice {
  /// As the square root of the batch size: what keeps the noise of Adam's updates (Malladi et al. 2022, arXiv 2205.10287).
  case sqrt
  /// In proportion (Goyal et al. 2017, arXiv 1706.02677), for SGD.
  case linear
  case none

  /// The factor of the rate for a batch that is `growth` times as large.
  package func factor(_ growth: Double) -> Double {
    switch self {
    case .sqrt: growth.squareRoot()
    case .linear: growth
    case .none: 1
    }
  }
}
