import Messages

/// Seconds a layer took.
public struct LayerTime: Sendable {
  public let name: String
  public var forward: Double
  public var backward: Double

  public init(name: String, forward: Double, backward: Double) {
    (self.name, self.forward, self.backward) = (name, forward, backward)
  }
}

extension CRNN {
  /// ``forward(_:)``, with the time of each layer.
  public func forwardTimed(_ mode: Mode) -> [LayerTime] {
    parts.map { part in
      LayerTime(name: part.name, forward: seconds { part.forward(mode) }, backward: 0)
    }
  }

  /// ``backward(overwriting:finished:)``, overwriting; adds the time of each layer to the result of ``forwardTimed(_:)``.
  public func backwardTimed(_ times: inout [LayerTime]) {
    for (i, part) in parts.enumerated().reversed() {
      times[i].backward = seconds { part.backward() }
    }
  }

  private func seconds(_ work: () -> Void) -> Double {
    let duration = ContinuousClock().measure(work)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}
