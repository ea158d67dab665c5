/// How a network's string is understood.
enum NetworkSpecDialect {
  /// As written for Akuru: names in braces name the weights.
  case own
  /// As kraken understands its own: names in braces are those in kraken's file. Columns become time steps only by `S1(1x0)1,3`,
  /// `G` is an LSTM, and `Lrx` reads from left to right.
  case kraken
}

/// Reads the layers of a spec string, see ``Architecture/init(spec:name:)``. It may come from a command line or a file:
/// every number is checked before it is used.
struct NetworkSpecReader {
  private(set) var height = 0
  private(set) var stages: [LayerSpec] = []

  /// For each of ``stages``, the layer of the string that it was read from.
  private(set) var blocks: [KrakenBlock] = []

  let dialect: NetworkSpecDialect
  private var names = NetworkSpecNames()
  private(set) var shape: FeatureShape
  /// Whether the string has converted columns to time steps explicitly.
  private var isFlattened = false

  /// The limit of the string's length; no sensible network needs more.
  private static let maximumLength = 10_000

  init(_ spec: String, dialect: NetworkSpecDialect = .own) throws(NetworkSpecError) {
    self.dialect = dialect
    let scalars = Array(spec.unicodeScalars.prefix(NetworkSpecReader.maximumLength + 1))
    func fail(_ position: Int, _ message: String) -> NetworkSpecError {
      NetworkSpecError(position: position, message: message)
    }
    if scalars.count > NetworkSpecReader.maximumLength { throw fail(scalars.count, "the network's string is too long") }
    guard scalars.first == "[" else { throw fail(1, "a network begins with [, as in [1,40,0,1 Cr3,3,16 Lbx64 O1c]") }
    guard scalars.count > 1, scalars.last == "]" else { throw fail(scalars.count, "a network ends with ]") }
    var tokens: [NetworkSpecToken] = []
    var start = 1
    for place in 1..<scalars.count where scalars[place] == " " || place == scalars.count - 1 {
      if place > start { tokens.append(NetworkSpecToken(scalars[start..<place], position: start + 1)) }
      start = place + 1
    }
    guard var input = tokens.first else { throw fail(2, "the input is missing: \(NetworkSpecReader.input)") }
    let isColumns: Bool
    (height, isColumns) = try NetworkSpecReader.input(&input)
    shape = .maps(channels: 1, height: height)
    isFlattened = isColumns
    if tokens.count == 1 { throw fail(scalars.count, "the network has no layers; its last one is O1c") }
    var i = 1
    while i < tokens.count {
      if dialect == .kraken, tokens[i].text.hasPrefix("(") {
        try addParallel(tokens[i..<min(i + 4, tokens.count)], number: i - 1)
        i += 4
      } else {
        try add(tokens[i], number: i - 1, isLast: i == tokens.count - 1)
        i += 1
      }
    }
    // kraken's trainer takes strings without the output, and appends it.
    if case .linear = stages.last {
    } else {
      try add(
        NetworkSpecToken(Array("O1c".unicodeScalars)[...], position: scalars.count), number: tokens.count - 1,
        isLast: true)
    }
  }

  private static let input = "1,HEIGHT,0,1 (one gray image of any width)"

  /// The height, and whether lines are channels already: `1,1,0,48` is kraken's way to say that each column is a time step.
  private static func input(
    _ token: inout NetworkSpecToken
  ) throws(NetworkSpecError) -> (height: Int, isColumns: Bool) {
    func expect(_ text: String) throws(NetworkSpecError) {
      if !token.take(text) { throw token.failure("the input is \(input)") }
    }
    try expect("1,")
    func height(_ number: Int) throws(NetworkSpecError) -> Int {
      if !(1...1024).contains(number) { throw token.failure("the height must be 1 to 1024 lines") }
      return number
    }
    let lines = try height(try token.number("the height"))
    try expect(",0,")
    let channels = try token.number("the channels")
    let isColumns = lines == 1 && channels > 3
    if !isColumns && channels != 1 { throw token.failure("the input is \(input)") }
    let result = (isColumns ? try height(channels) : lines, isColumns)
    try token.requireEnd()
    return result
  }

  /// - Parameter number: of the layer in the string, from 0.
  private mutating func add(_ token: NetworkSpecToken, number: Int, isLast: Bool) throws(NetworkSpecError) {
    var token = token
    if token.take("S") {
      _ = try token.name()
      if !token.take("1(1x0)1,3") { throw token.failure("the only reshaping is S1(1x0)1,3: columns become time steps") }
      try token.requireEnd()
      isFlattened = true
      return
    }
    let start = token
    var block = KrakenBlock(number: number)
    let layers = try read(&token, &block)
    try token.requireEnd()
    for layer in layers { try append(layer, block, start, isLast: isLast) }
  }

  /// Appends a stage, with its default name if it has none yet.
  mutating func append(
    _ layer: LayerSpec, _ block: KrakenBlock, _ token: NetworkSpecToken, isLast: Bool
  ) throws(NetworkSpecError) {
    let stage = named(layer)
    try check(stage, token, isLast: isLast)
    shape = stage.shape(after: shape, classes: 2)
    stages.append(stage)
    blocks.append(block)
  }

  private func check(_ stage: LayerSpec, _ token: NetworkSpecToken, isLast: Bool) throws(NetworkSpecError) {
    func require(_ condition: Bool, _ message: String) throws(NetworkSpecError) {
      if !condition { throw NetworkSpecError(position: token.position, message: "\(token.text): \(message)") }
    }
    try require(stages.count < 256, "a network has at most 256 layers")
    switch stage {
    case .convolution, .stridedConvolution, .activation, .batchNormalization, .groupNormalization, .residual,
      .depthwise,
      .auxiliaryHead, .maxPool:
      try require(!isFlattened, "feature maps are gone after S1(1x0)1,3")
    case .recurrent, .linear:
      if dialect == .kraken, !isFlattened, case .maps(_, let height) = shape, height > 1 {
        try require(
          false, "it reads each of \(height) lines for itself without S1(1x0)1,3 before it, which is not possible")
      }
    case .dropout: break
    }
    var isOutput = false
    if case .linear = stage { isOutput = isLast }
    // An output that the string lacks follows its last layer.
    if let problem = stage.problem(after: shape, isLast: isOutput) { try require(false, problem) }
    try require(!stage.hasWeights || stages.allSatisfy { $0.name != stage.name }, "a second layer named \(stage.name)")
  }

  /// The stage with its default name, if it has none yet, and the number of an LSTM in its module.
  private mutating func named(_ stage: LayerSpec) -> LayerSpec {
    let standard = names.next(for: stage)
    func name(_ own: String) -> String { own.isEmpty || dialect == .kraken ? standard : own }
    switch stage {
    case .convolution(let own, let out, let kernel, let padding, let bias, let relu):
      return .convolution(name: name(own), out: out, kernel: kernel, padding: padding, bias: bias, relu: relu)
    case .stridedConvolution(let own, let out, let kernel, let stride, let dilation, let bias, let relu):
      return .stridedConvolution(
        name: name(own), out: out, kernel: kernel, stride: stride, dilation: dilation, bias: bias, relu: relu)
    case .groupNormalization(let own, let groups): return .groupNormalization(name: name(own), groups: groups)
    case .residual(let own, let kernel): return .residual(name: name(own), kernel: kernel)
    case .depthwise(let own, let kernel): return .depthwise(name: name(own), kernel: kernel)
    case .auxiliaryHead(let own, let weight): return .auxiliaryHead(name: name(own), weight: weight)
    case .batchNormalization(let own, let relu): return .batchNormalization(name: name(own), relu: relu)
    case .recurrent(let own, _, let hidden, let cell, let direction):
      let layer = stages.count { if case .recurrent(name(own), _, _, _, _) = $0 { true } else { false } }
      return .recurrent(name: name(own), layer: layer, hidden: hidden, cell: cell, direction: direction)
    case .linear(let own): return .linear(name: name(own))
    case .maxPool, .dropout, .activation: return stage
    }
  }
}
