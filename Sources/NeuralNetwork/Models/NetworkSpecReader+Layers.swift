extension NetworkSpecReader {
  /// The stages of one layer of a string, with its own name or an empty one. `block` learns what kraken calls the layer.
  func read(_ token: inout NetworkSpecToken, _ block: inout KrakenBlock) throws(NetworkSpecError) -> [LayerSpec] {
    if token.take("C") { return try convolution(&token, &block) }
    if token.take("Bn") {
      let name = try token.name()
      return [.batchNormalization(name: name, relu: token.take("r"))]
    }
    if token.take("R") {
      let name = try token.name()
      return [.residual(name: name, kernel: try token.extent("LINES,COLUMNS, as in R3,3"))]
    }
    if token.take("Dw") {
      let name = try token.name()
      return [.depthwise(name: name, kernel: try token.extent("LINES,COLUMNS, as in Dw3,3"))]
    }
    if token.take("Hc") {
      let name = try token.name()
      return [.auxiliaryHead(name: name, weight: try token.fraction("the share of the loss, as in Hc0.1"))]
    }
    if token.take("Mp") { return [try pool(&token)] }
    if token.take("Do") { return [try dropout(&token)] }
    if token.take("Gn") {
      let name = try block.named("Gn", token.name())
      return [.groupNormalization(name: name, groups: try token.number("the groups, as in Gn32"))]
    }
    if token.take("N") {
      for (letter, function) in NetworkSpecReader.functions where token.take(letter) {
        return [.activation(function: function)]
      }
      throw token.failure("Nt is tanh, Nlr leaky ReLU, Nm softmax over the channels")
    }
    if dialect == .kraken, token.take("I") {
      // kraken's layer that does nothing.
      _ = try token.name()
      return []
    }
    if token.take("L") { return [try recurrent(nil, &token, &block)] }
    if token.take("G") { return [try recurrent(.gru, &token, &block)] }
    if token.take("O") {
      let name = try block.named("O", token.name())
      if !token.take("1c") { throw token.failure("the output is O1c") }
      // How many letters there are is known from the alphabet.
      if !token.isAtEnd { _ = try token.number("nothing or the number of classes, as in O1c47") }
      return [.linear(name: name)]
    }
    throw token.failure(
      "unknown layer; Cr, Cl, R, Dw, Bn, Bnr, Gn, Mp, Do, Nt, Hc, Lbx, Gbx, S1(1x0)1,3 and O1c are known")
  }

  /// The functions beside the ReLU, by their letters; a letter comes before its beginning.
  static let functions: [(String, Activation.Function)] = [("t", .tanh), ("lr", .leakyReLU), ("m", .softmax)]

  private func convolution(
    _ token: inout NetworkSpecToken, _ block: inout KrakenBlock
  ) throws(NetworkSpecError) -> [LayerSpec] {
    var name = try token.name()
    block.isTransposed = token.take("T")
    var relu = false
    let function = NetworkSpecReader.functions.first { token.take($0.0) }?.1
    if function == nil {
      relu = token.take("r")
      // What kraken computes for Cs is the argument of the sigmoid.
      if !relu && !token.take("l") && !token.take("s") {
        throw token.failure("Cr is a convolution with ReLU, Cl one without; Ct, Clr, Cm and Cs are known too")
      }
    }
    if name.isEmpty { name = try token.name() }
    name = block.named("C", name)
    let kernel = try token.extent("LINES,COLUMNS,CHANNELS, as in Cr3,3,32")
    try token.require(",", "LINES,COLUMNS,CHANNELS, as in Cr3,3,32")
    let out = try token.number("the channels, as in Cr3,3,32")
    var (stride, dilation) = (Extent(1, 1), Extent(1, 1))
    if token.take(",") { stride = try token.extent("the stride, as in Cr3,3,32,2,2") }
    if token.take(",") { dilation = try token.extent("the dilation, as in Cr3,3,32,1,1,2,2") }
    let isPlain = stride == Extent(1, 1) && dilation == Extent(1, 1)
    var (padding, bias) = (LayerSpec.usualPadding(kernel), true)
    if block.isTransposed {
      if !isPlain { throw token.failure("a transposed convolution with strides is not possible") }
      // It is a convolution with its filters turned by half, and the other padding.
      padding = Extent(kernel.height - 1 - padding.height, kernel.width - 1 - padding.width)
    } else if token.take("p") {
      if !isPlain { throw token.failure("convolutions with strides have the usual padding") }
      padding = try token.extent("the padding, as in p1,1")
    }
    if token.take("b") {
      if !token.take("0") { throw token.failure("b0 leaves the bias out") }
      bias = false
    }
    let convolution: LayerSpec =
      isPlain
      ? .convolution(name: name, out: out, kernel: kernel, padding: padding, bias: bias, relu: relu)
      : .stridedConvolution(
        name: name, out: out, kernel: kernel, stride: stride, dilation: dilation, bias: bias, relu: relu)
    return [convolution] + (function.map { [.activation(function: $0)] } ?? [])
  }

  private func recurrent(
    _ cell: RecurrentCell?, _ token: inout NetworkSpecToken, _ block: inout KrakenBlock
  ) throws(NetworkSpecError) -> LayerSpec {
    let letter = (cell ?? .lstm).letter
    let directions: [(letter: String, direction: RecurrentDirection?)] = [("b", nil), ("f", .forward), ("r", .reverse)]
    guard let found = directions.first(where: { token.take($0.letter) }), token.take("x") else {
      throw token.failure(
        "recurrent layers read along the line: \(letter)bx in both directions, \(letter)fx, \(letter)rx")
    }
    if token.take("s") { throw token.failure("layers that summarize a line are not possible") }
    let name = try block.named(letter, token.name())
    let hidden = try token.number("the features of each direction, as in Lbx128")
    let isKraken = dialect == .kraken
    return .recurrent(
      name: name, layer: 0, hidden: hidden, cell: isKraken ? nil : cell,
      direction: isKraken && found.direction == .reverse ? .forward : found.direction)
  }

  private func dropout(_ token: inout NetworkSpecToken) throws(NetworkSpecError) -> LayerSpec {
    _ = try token.name()
    let rate = token.isAtEnd ? 0.5 : try token.fraction("the rate of dropout, as in Do0.2")
    if !token.take(",") { return .dropout(rate: rate, wholeFeatures: false) }
    let dimensions = try token.number("1 or 2")
    if !(1...2).contains(dimensions) { throw token.failure("1 drops single values, 2 whole features") }
    return .dropout(rate: rate, wholeFeatures: dimensions == 2)
  }

  private func pool(_ token: inout NetworkSpecToken) throws(NetworkSpecError) -> LayerSpec {
    _ = try token.name()
    let kernel = try token.extent("the window, as in Mp2,2")
    let stride = token.take(",") ? try token.extent("the stride, as in Mp2,2,2,1") : kernel
    let padding = token.take("p") ? try token.extent("the padding, as in p0,1") : Extent(0, 0)
    return .maxPool(kernel: kernel, stride: stride, padding: padding)
  }
}
