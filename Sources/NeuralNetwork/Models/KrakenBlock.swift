/// A layer of kraken's string: the name under which a file of kraken has its weights.
public struct KrakenBlock: Sendable, Equatable {
  /// The name in braces, or the one that kraken gives the layer, for example `C_0`; empty for a layer without weights.
  public internal(set) var name = ""
  /// Whether the weights are those of a transposed convolution.
  public internal(set) var isTransposed = false
  /// The names of the two convolutions of a residual block, below ``name``.
  public internal(set) var branch: [String] = []
  /// Of the layer in the string, from 0.
  private let number: Int

  init(number: Int) { self.number = number }

  /// Remembers what kraken calls the layer, and returns its name in braces.
  mutating func named(_ type: String, _ own: String) -> String {
    name = own.isEmpty ? "\(type)_\(number)" : own
    return own
  }
}

extension Architecture {
  /// Reads a network as kraken understands its string, with the layer of the string for each stage. Stages have Akuru's default
  /// names.
  public static func kraken(
    _ spec: String
  ) throws(NetworkSpecError) -> (architecture: Architecture, blocks: [KrakenBlock]) {
    let reader = try NetworkSpecReader(spec, dialect: .kraken)
    return (Architecture(name: "custom", inputHeight: reader.height, stages: reader.stages), reader.blocks)
  }
}
