/// The cell of a recurrent layer.
public enum RecurrentCell: String, Codable, Sendable {
  case lstm
  case gru

  /// Matrices of each weight: PyTorch stacks them.
  var gates: Int { self == .lstm ? 4 : 3 }
  var title: String { self == .lstm ? "LSTM" : "GRU" }
  /// The letter in a spec string.
  var letter: String { self == .lstm ? "L" : "G" }
}

/// The direction in which a recurrent layer reads a line.
public enum RecurrentDirection: String, Codable, Sendable {
  case both
  case forward
  case reverse

  var count: Int { self == .both ? 2 : 1 }
  var title: String {
    switch self {
    case .both: "bidirectional"
    case .forward: "forward"
    case .reverse: "reverse"
    }
  }
  /// The letter in a spec string.
  var letter: String {
    switch self {
    case .both: "b"
    case .forward: "f"
    case .reverse: "r"
    }
  }
}

extension LayerSpec {
  /// A bidirectional LSTM.
  public static func lstm(name: String, layer: Int, hidden: Int) -> LayerSpec {
    .recurrent(name: name, layer: layer, hidden: hidden)
  }
}
