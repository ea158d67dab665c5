import Tensors

/// Reads the layers of a spec string, see ``Architecture/init(spec:name:)``. It may come from a command line or a file:
/// every number is checked before it is used.
struct NetworkSpecReader {
  private(set) var height = 0
  private(set) var stages: [LayerSpec] = []

  private var names = NetworkSpecNames()
  private var shape: FeatureShape
  /// Whether the string has converted columns to time steps explicitly.
  private var isFlattened = false

  /// The limit of the string's length; no sensible network needs more.
  private static let maximumLength = 10_000

  init(_ spec: String) throws(NetworkSpecError) {
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
    height = try NetworkSpecReader.inputHeight(&input)
    shape = .maps(channels: 1, height: height)
    if tokens.count == 1 { throw fail(scalars.count, "the network has no layers; its last one is O1c") }
    for (i, token) in tokens.enumerated().dropFirst() { try add(token, isLast: i == tokens.count - 1) }
  }

  private static let input = "1,HEIGHT,0,1 (one gray image of any width)"

  private static func inputHeight(_ token: inout NetworkSpecToken) throws(NetworkSpecError) -> Int {
    func expect(_ text: String) throws(NetworkSpecError) {
      if !token.take(text) { throw token.failure("the input is \(input)") }
    }
    try expect("1,")
    let height = try token.number("the height")
    if !(1...1024).contains(height) { throw token.failure("the height must be 1 to 1024 lines") }
    try expect(",0,1")
    try token.requireEnd()
    return height
  }

  private mutating func add(_ token: NetworkSpecToken, isLast: Bool) throws(NetworkSpecError) {
    var token = token
    if token.take("S") {
      if !token.take("1(1x0)1,3") { throw token.failure("the only reshaping is S1(1x0)1,3: columns become time steps") }
      try token.requireEnd()
      if isLast { throw token.failure("the last layer must be the output, O1c") }
      isFlattened = true
      return
    }
    let stage = named(try read(&token))
    try token.requireEnd()
    func require(_ condition: Bool, _ message: String) throws(NetworkSpecError) {
      if !condition { throw NetworkSpecError(position: token.position, message: "\(token.text): \(message)") }
    }
    try require(stages.count < 256, "a network has at most 256 layers")
    if case .linear = stage {} else { try require(!isLast, "the last layer must be the output, O1c") }
    switch stage {
    case .convolution, .batchNormalization, .residual, .depthwise, .auxiliaryHead, .maxPool:
      try require(!isFlattened, "feature maps are gone after S1(1x0)1,3")
    case .dropout, .recurrent, .linear: break
    }
    if let problem = stage.problem(after: shape, isLast: isLast) { try require(false, problem) }
    try require(!stage.hasWeights || stages.allSatisfy { $0.name != stage.name }, "a second layer named \(stage.name)")
    shape = stage.shape(after: shape, classes: 2)
    stages.append(stage)
  }

  /// The stage with its default name, if it has none yet, and the number of an LSTM in its module.
  private mutating func named(_ stage: LayerSpec) -> LayerSpec {
    let standard = names.next(for: stage)
    func name(_ own: String) -> String { own.isEmpty ? standard : own }
    switch stage {
    case .convolution(let own, let out, let kernel, let padding, let bias, let relu):
      return .convolution(name: name(own), out: out, kernel: kernel, padding: padding, bias: bias, relu: relu)
    case .residual(let own, let kernel): return .residual(name: name(own), kernel: kernel)
    case .depthwise(let own, let kernel): return .depthwise(name: name(own), kernel: kernel)
    case .auxiliaryHead(let own, let weight): return .auxiliaryHead(name: name(own), weight: weight)
    case .batchNormalization(let own, let relu): return .batchNormalization(name: name(own), relu: relu)
    case .recurrent(let own, _, let hidden, let cell, let direction):
      let layer = stages.count { if case .recurrent(name(own), _, _, _, _) = $0 { true } else { false } }
      return .recurrent(name: name(own), layer: layer, hidden: hidden, cell: cell, direction: direction)
    case .linear(let own): return .linear(name: name(own))
    case .maxPool, .dropout: return stage
    }
  }

  /// A layer with its own name, or an empty one.
  private func read(_ token: inout NetworkSpecToken) throws(NetworkSpecError) -> LayerSpec {
    if token.take("C") { return try convolution(&token) }
    if token.take("Bn") {
      let name = try token.name()
      return .batchNormalization(name: name, relu: token.take("r"))
    }
    if token.take("R") {
      let name = try token.name()
      return .residual(name: name, kernel: try token.extent("LINES,COLUMNS, as in R3,3"))
    }
    if token.take("Dw") {
      let name = try token.name()
      return .depthwise(name: name, kernel: try token.extent("LINES,COLUMNS, as in Dw3,3"))
    }
    if token.take("Hc") {
      let name = try token.name()
      return .auxiliaryHead(name: name, weight: try token.fraction("the share of the loss, as in Hc0.1"))
    }
    if token.take("Mp") { return try pool(&token) }
    if token.take("Do") {
      let rate = try token.fraction("the rate of dropout, as in Do0.2")
      if !token.take(",") { return .dropout(rate: rate, wholeFeatures: false) }
      let dimensions = try token.number("1 or 2")
      if !(1...2).contains(dimensions) { throw token.failure("1 drops single values, 2 whole features") }
      return .dropout(rate: rate, wholeFeatures: dimensions == 2)
    }
    if token.take("L") { return try recurrent(nil, &token) }
    if token.take("G") { return try recurrent(.gru, &token) }
    if token.take("O") {
      let name = try token.name()
      if !token.take("1c") { throw token.failure("the output is O1c") }
      if !token.isAtEnd { throw token.failure("the alphabet decides how many letters there are; write O1c") }
      return .linear(name: name)
    }
    throw token.failure("unknown layer; Cr, Cl, R, Dw, Bn, Bnr, Mp, Do, Hc, Lbx, Gbx, S1(1x0)1,3 and O1c are known")
  }

  private func convolution(_ token: inout NetworkSpecToken) throws(NetworkSpecError) -> LayerSpec {
    let name = try token.name()
    let relu = token.take("r")
    if !relu && !token.take("l") {
      throw token.failure("Cr is a convolution with ReLU, Cl one without; no other is known")
    }
    let kernel = try token.extent("LINES,COLUMNS,CHANNELS, as in Cr3,3,32")
    try token.require(",", "LINES,COLUMNS,CHANNELS, as in Cr3,3,32")
    let out = try token.number("the channels, as in Cr3,3,32")
    if token.take(",") { throw token.failure("convolutions have a stride of 1; shrink by Mp") }
    var (padding, bias) = (LayerSpec.usualPadding(kernel), true)
    if token.take("p") { padding = try token.extent("the padding, as in p1,1") }
    if token.take("b") {
      if !token.take("0") { throw token.failure("b0 leaves the bias out") }
      bias = false
    }
    return .convolution(name: name, out: out, kernel: kernel, padding: padding, bias: bias, relu: relu)
  }

  private func recurrent(
    _ cell: RecurrentCell?, _ token: inout NetworkSpecToken
  ) throws(NetworkSpecError) -> LayerSpec {
    let letter = (cell ?? .lstm).letter
    let directions: [(letter: String, direction: RecurrentDirection?)] = [("b", nil), ("f", .forward), ("r", .reverse)]
    guard let found = directions.first(where: { token.take($0.letter) }), token.take("x") else {
      throw token.failure(
        "recurrent layers read along the line: \(letter)bx in both directions, \(letter)fx, \(letter)rx")
    }
    if token.take("s") { throw token.failure("layers that summarize a line are not possible") }
    let name = try token.name()
    return .recurrent(
      name: name, layer: 0, hidden: try token.number("the features of each direction, as in Lbx128"), cell: cell,
      direction: found.direction)
  }

  private func pool(_ token: inout NetworkSpecToken) throws(NetworkSpecError) -> LayerSpec {
    let kernel = try token.extent("the window, as in Mp2,2")
    let stride = token.take(",") ? try token.extent("the stride, as in Mp2,2,2,1") : kernel
    let padding = token.take("p") ? try token.extent("the padding, as in p0,1") : Extent(0, 0)
    return .maxPool(kernel: kernel, stride: stride, padding: padding)
  }
}

/// One layer of a spec string, read from left to right.
struct NetworkSpecToken {
  /// Position of the layer in the string, from 1.
  let position: Int
  private let scalars: [Unicode.Scalar]
  private var index = 0

  init(_ scalars: ArraySlice<Unicode.Scalar>, position: Int) {
    (self.scalars, self.position) = (Array(scalars), position)
  }

  var isAtEnd: Bool { index == scalars.count }

  /// The layer, for messages, with unprintable characters replaced.
  var text: String {
    String(String.UnicodeScalarView(scalars.prefix(60).map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }

  /// An error at the current position.
  func failure(_ message: String) -> NetworkSpecError {
    NetworkSpecError(position: position + index, message: "\(text): \(message)")
  }

  /// Whether `word` is next; if so, reads it.
  mutating func take(_ word: String) -> Bool {
    let wanted = Array(word.unicodeScalars)
    guard scalars[index...].starts(with: wanted) else { return false }
    index += wanted.count
    return true
  }

  mutating func require(_ word: String, _ what: String) throws(NetworkSpecError) {
    if !take(word) { throw failure("expected \(what)") }
  }

  func requireEnd() throws(NetworkSpecError) {
    if !isAtEnd { throw failure("nothing more is expected here") }
  }

  /// A whole number of up to nine digits.
  mutating func number(_ what: String) throws(NetworkSpecError) -> Int {
    let digits = scalars[index...].prefix { ("0"..."9").contains($0) }
    guard (1...9).contains(digits.count), let value = Int(String(String.UnicodeScalarView(digits))) else {
      throw failure(digits.isEmpty ? "expected \(what)" : "the number is too large")
    }
    index += digits.count
    return value
  }

  /// A number such as 0.25.
  mutating func fraction(_ what: String) throws(NetworkSpecError) -> Double {
    let digits = scalars[index...].prefix { ("0"..."9").contains($0) || $0 == "." }
    guard let value = Double(String(String.UnicodeScalarView(digits))) else { throw failure("expected \(what)") }
    index += digits.count
    return value
  }

  /// Two numbers: lines, columns.
  mutating func extent(_ what: String) throws(NetworkSpecError) -> Extent {
    let height = try number(what)
    try require(",", what)
    return Extent(height, try number(what))
  }

  /// A name in braces; empty if there is none.
  mutating func name() throws(NetworkSpecError) -> String {
    guard take("{") else { return "" }
    let name = scalars[index...].prefix { $0 != "}" }
    if name.isEmpty { throw failure("a name in braces must not be empty") }
    index += name.count
    try require("}", "} after the name")
    return String(String.UnicodeScalarView(name))
  }
}
