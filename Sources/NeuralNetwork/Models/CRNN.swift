import Tensors

/// A convolutional recurrent network for text lines (Shi, Bai and Yao 2015, arXiv 1507.05717): feature maps, then
/// sequences of the same images' columns, then one row of class scores for each time step.
///
/// For each micro-batch, call `plan`, `clearInput` and `load` for each image, `forward`, and in training the loss (which writes
/// `logits.gradient`) and `backward(overwriting: true)`, or `parameters.zeroGradients` and `backward`. Not thread-safe.
public final class CRNN {
  public let architecture: Architecture
  /// Classes, including the CTC blank (class 0).
  public let classes: Int
  /// The weights, in the order of the stages.
  public let parameters = Parameters()
  /// The memory of the activations.
  public let workspace = Workspace()
  /// The images of the current micro-batch: one channel, `architecture.inputHeight` lines. Writers of its
  /// value must leave zeros in columns that belong to no image.
  public private(set) var input: FeatureMaps
  /// Class scores before softmax; rows are packed time steps, see ``SequenceLayout``.
  public private(set) var logits: PackedSequence

  /// The random key of the dropout layers' masks. Every ``plan(widths:)`` sets it to seed 0, step 0 and the images'
  /// positions; a trainer then sets the sample numbers.
  public let dropoutKey = DropoutKey()

  private let inputLayout: ColumnLayout
  private let inputGradient: Bool
  private let minimumWidth: Int
  private var imageLayers: [any ImageLayer] = []
  private let mapToSequence = MapToSequence()
  private var sequenceLayers: [any SequenceLayer] = []
  /// The offset in the slab of each layer's parameters; image layers first, then sequence layers.
  private var firstWeights: [Int] = []
  /// The name of each layer's first stage, in the same order.
  private var layerNames: [String] = []
  private var dropouts = 0
  private var heads: [AuxiliaryHead] = []
  /// For each of `parameters.tensors`, its stage and the inputs of one output.
  private var origins: [(stage: LayerSpec, inputs: Int)] = []
  /// The network's input for each of the 256 gray levels.
  private let ink: [Float]

  /// The index of the first layer with trained weights, over image and sequence layers.
  private var firstTrained = 0

  /// Builds the network with all weights zero. With `inputGradient`, `backward` also computes `input.gradient`.
  public init(architecture: Architecture, classes: Int, inputGradient: Bool = false) throws(ArchitectureError) {
    try architecture.validate(classes: classes)
    self.architecture = architecture
    self.classes = classes
    self.inputGradient = inputGradient
    minimumWidth = architecture.minimumWidth
    ink = (0...255).map { Float(architecture.inkIsPositive ? 255 - $0 : $0) / 255 }
    inputLayout = ColumnLayout(gap: architecture.gap)
    input = FeatureMaps(
      layout: inputLayout, channels: 1, height: architecture.inputHeight, value: Matrix(rows: 0, columns: 0),
      gradient: nil)
    logits = PackedSequence(
      layout: SequenceLayout(), features: classes, value: Matrix(rows: 0, columns: 0),
      gradient: Matrix(rows: 0, columns: 0))
    var shape = FeatureShape.maps(channels: 1, height: architecture.inputHeight)
    var stages = Array(zip(architecture.stages, architecture.stageNames))[...]
    while let (stage, name) = stages.popFirst() {
      let pool = pool(after: stage, stages.first?.0)
      layerNames.append(name)
      append(stage, pool, after: shape)
      joinLast()
      shape = stage.shape(after: shape, classes: classes)
      if pool != nil, let (pool, _) = stages.popFirst() { shape = pool.shape(after: shape, classes: classes) }
    }
    parameters.commit()
  }

  /// Replaces the last two layers by one layer that does the same, where they can be joined.
  private func joinLast() {
    let images = imageLayers.suffix(2)
    guard sequenceLayers.isEmpty, images.count == 2,
      let joined = NormalizedConvolution(images[images.startIndex], images[images.startIndex + 1])
    else { return }
    imageLayers.replaceSubrange(images.indices, with: [joined])
    layerNames.removeLast()
    firstWeights.removeLast()
  }

  /// The next stage if it is a pool that can be part of this stage's layer.
  private func pool(after stage: LayerSpec, _ next: LayerSpec?) -> MaxPool.Shape? {
    guard case .maxPool(let kernel, let stride, let padding) = next else { return nil }
    let shape = MaxPool.Shape(kernel: kernel.pair, stride: stride.pair, padding: padding.pair)
    switch stage {
    case .convolution: return Convolution.canPool(shape) ? shape : nil
    case .batchNormalization: return BatchNormalization.canPool(shape) ? shape : nil
    case .stridedConvolution, .activation, .groupNormalization, .residual, .depthwise, .auxiliaryHead, .maxPool,
      .dropout,
      .recurrent, .linear:
      return nil
    }
  }

  private func append(_ stage: LayerSpec, _ pool: MaxPool.Shape?, after shape: FeatureShape) {
    let features = shape.features
    var channels = 1
    if case .maps(let count, _) = shape { channels = count }
    firstWeights.append(parameters.count)
    switch stage {
    case .convolution(let name, let out, let kernel, let padding, let bias, let relu):
      imageLayers.append(
        Convolution(
          name: name, in: channels, out: out, kernel: kernel.pair, padding: padding.pair, bias: bias, relu: relu,
          pool: pool, gap: architecture.gap, parameters: parameters,
          inputNeedsGradient: !imageLayers.isEmpty || inputGradient))
    case .stridedConvolution(let name, let out, let kernel, let stride, let dilation, let bias, let relu):
      imageLayers.append(
        StridedConvolution(
          name: name, in: channels, out: out, .init(kernel, stride, dilation), bias: bias, relu: relu,
          gap: architecture.gap, parameters: parameters, inputNeedsGradient: !imageLayers.isEmpty || inputGradient))
    case .activation(let function): imageLayers.append(Activation(function))
    case .groupNormalization(let name, let groups):
      imageLayers.append(GroupNormalization(name: name, channels: channels, groups: groups, parameters: parameters))
    case .batchNormalization(let name, let relu):
      imageLayers.append(
        BatchNormalization(
          name: name, channels: channels, relu: relu, pool: pool, gap: architecture.gap, parameters: parameters))
    case .residual(let name, let kernel):
      imageLayers.append(
        ResidualBlock(
          name: name, channels: channels, kernel: kernel.pair, gap: architecture.gap, parameters: parameters))
    case .depthwise(let name, let kernel):
      imageLayers.append(
        DepthwiseConvolution(name: name, channels: channels, kernel: kernel.pair, parameters: parameters))
    case .auxiliaryHead(let name, let weight):
      let head = AuxiliaryHead(
        name: name, weight: weight, channels: channels, height: shape.features / channels, classes: classes,
        gap: architecture.gap, parameters: parameters)
      imageLayers.append(head)
      heads.append(head)
    case .maxPool(let kernel, let stride, let padding):
      imageLayers.append(
        MaxPool(.init(kernel: kernel.pair, stride: stride.pair, padding: padding.pair), gap: architecture.gap))
    case .dropout(let rate, let wholeFeatures):
      let dropout = Dropout(rate: rate, wholeFeatures: wholeFeatures, index: dropouts, key: dropoutKey)
      dropouts += 1
      if case .maps = shape { imageLayers.append(dropout) } else { sequenceLayers.append(dropout) }
    case .recurrent(let name, let layer, let hidden, let cell, let direction):
      sequenceLayers.append(
        RecurrentLayer(
          name: name, layer: layer, in: features, hidden: hidden, cell: cell ?? .lstm, direction: direction ?? .both,
          parameters: parameters))
    case .linear(let name):
      sequenceLayers.append(Linear(name: name, in: features, out: classes, parameters: parameters))
    }
    let added = parameters.tensors[origins.count...]
    let inputs = added.first?.value.columns ?? 0
    origins += added.map { _ in (stage, inputs) }
  }

  /// Draws all weights, sets running averages to their initial values and gradients to zero. Parameter i gets the stream of
  /// (seed, .weights, sample: i).
  public func initialize(seed: UInt64, _ start: StartWeights = .pytorch) {
    for (i, (parameter, origin)) in zip(parameters.tensors, origins).enumerated() {
      let initializer = WeightInitializer(of: parameter, in: origin.stage, inputs: origin.inputs, by: start)
      initializer.fill(parameter, seed: seed, index: UInt32(i))
    }
    for buffer in parameters.buffers { buffer.value.fill(buffer.initial) }
    parameters.zeroGradients()
  }

  /// A network with the same weights and memory of its own, for another thread.
  public func copy() throws(ArchitectureError) -> CRNN {
    let copy = try CRNN(architecture: architecture, classes: classes, inputGradient: inputGradient)
    copy.parameters.values.base.update(from: parameters.values.base, count: parameters.count)
    copy.parameters.bufferValues.base.update(from: parameters.bufferValues.base, count: parameters.bufferCount)
    return copy
  }

  /// Sets which weights are never trained. Frozen batch normalizations use running averages, and no gradient is
  /// computed below the first trained layer.
  public func freeze(where isFrozen: (_ name: String) -> Bool) {
    for layer in imageLayers {
      let normalization =
        layer as? BatchNormalization ?? (layer as? ResidualBlock)?.normalization
        ?? (layer as? NormalizedConvolution)?.normalization
      if let normalization { normalization.isFrozen = isFrozen(normalization.runningMean.name) }
      if let joined = layer as? NormalizedConvolution { joined.kernelsAreFrozen = isFrozen(joined.kernelName) }
    }
    let last = parameters.tensors.first { !isFrozen($0.name) }?.value.offset ?? 0
    firstTrained = firstWeights.lastIndex { $0 <= last } ?? 0
    for (i, layer) in sequenceLayers.enumerated() {
      (layer as? RecurrentLayer)?.inputNeedsGradient = firstTrained < imageLayers.count + i
    }
  }

  /// Lays out a micro-batch of images of these widths, which must be non-increasing and at least
  /// `architecture.minimumWidth`. Allocates only if the micro-batch needs more memory than all earlier ones.
  public func plan(widths: [Int]) throws(ArchitectureError) {
    try check(widths)
    workspace.reset()
    dropoutKey.set(seed: 0, step: 0, count: widths.count)
    inputLayout.place(widths)
    let (height, columns) = (architecture.inputHeight, inputLayout.stride)
    input = FeatureMaps(
      layout: inputLayout, channels: 1, height: height, value: workspace.activation(rows: height, columns: columns),
      gradient: inputGradient ? workspace.gradient(rows: height, columns: columns) : nil)
    var maps = input
    for layer in imageLayers { maps = layer.plan(maps, in: workspace) }
    logits = mapToSequence.plan(maps, in: workspace)
    for layer in sequenceLayers { logits = layer.plan(logits, in: workspace) }
    workspace.commit()
  }

  private func check(_ widths: [Int]) throws(ArchitectureError) {
    var previous = Int.max
    for width in widths {
      if width < minimumWidth {
        throw ArchitectureError(
          model: architecture.name, "an image \(width) columns wide is too narrow, it needs at least \(minimumWidth)")
      }
      if width > previous {
        throw ArchitectureError(model: architecture.name, "the images of a micro-batch must stand from wide to narrow")
      }
      previous = width
    }
    if widths.isEmpty { throw ArchitectureError(model: architecture.name, "a micro-batch has at least one image") }
  }

  /// Plans the losses of the micro-batch that was planned: `loss` on the logits, and those of auxiliary heads. The labels must be
  /// final.
  public func plan(_ loss: CTCLoss, targets: LabelBatch) {
    loss.plan(logits, targets: targets, in: workspace)
    for head in heads { head.plan(targets: targets) }
    workspace.commit()
  }

  /// After `forward(.training)`: writes the gradient of `scale` times the loss to `logits.gradient`, and lets ``backward()`` add those
  /// of auxiliary heads. The outcome is that of the logits alone.
  public func run(_ loss: CTCLoss, scale: Float) -> CTCLoss.Outcome {
    for head in heads { head.scale(by: scale) }
    return loss.run(scale: scale)
  }

  /// Reserves memory for micro-batches of up to `images` images of up to `width` columns each, so that planning one of
  /// them allocates nothing.
  public func reserve(images: Int, width: Int) throws(ArchitectureError) {
    try plan(widths: Array(repeating: width, count: images))
  }

  /// Reserves memory for the losses of micro-batches that ``reserve(images:width:)`` was told, of up to `images` images with labels of at
  /// most `length` letters, `rows` time steps in all and `steps` in one image.
  public func reserve(_ loss: CTCLoss, images: Int, rows: Int, steps: Int, length: Int) {
    loss.reserve(images: images, rows: rows, steps: steps, length: length, in: workspace)
    for head in heads { head.reserve(images: images, length: length) }
  }

  /// Sets the whole input to zero, which is paper if ink is positive.
  public func clearInput() {
    input.value.fill(0)
  }

  /// Writes image n of the micro-batch from 8-bit gray lines of `width` pixels (0 is black), without gaps between
  /// lines. `width` must be the planned width of the image.
  public func load(image n: Int, pixels: UnsafePointer<UInt8>, width: Int) {
    require(
      input.layout.widths.indices.contains(n) && input.layout.widths[n] == width,
      "image \(n) was not planned with a width of \(width)")
    let start = input.layout.starts[n]
    ink.withUnsafeBufferPointer { ink in
      for y in 0..<input.height {
        let (row, line) = (input.value.row(y) + start, pixels + y * width)
        for x in 0..<width { row[x] = ink[Int(line[x])] }
      }
    }
  }

  /// Computes `logits` from `input`.
  public func forward(_ mode: Mode) {
    for layer in imageLayers { layer.forward(mode) }
    mapToSequence.forward(mode)
    for layer in sequenceLayers { layer.forward(mode) }
  }

  /// Adds d loss / d weights to the gradients of `parameters`, from `logits.gradient`, after `forward(.training)`. Only
  /// one backward pass per forward pass.
  public func backward() {
    backward { _ in }
  }

  /// The same, calling `finished` after each layer, and sometimes within one, when all gradients of the slab from that
  /// place on are complete. The places never increase; the last is 0.
  ///
  /// - Parameter overwriting: whether to write all gradients in place of adding to them, whatever they hold: the same as
  ///   `parameters.zeroGradients` before, but faster.
  public func backward(overwriting: Bool = false, finished: (_ from: Int) throws -> Void) rethrows {
    let images = imageLayers.count
    for i in sequenceLayers.indices.reversed() where images + i >= firstTrained {
      prepareBackward(images + i, overwriting: overwriting)
      try sequenceLayers[i].backward(finished: finished)
      try finished(firstWeights[images + i])
    }
    if firstTrained < images { mapToSequence.backward() }
    for i in imageLayers.indices.reversed() where i >= firstTrained {
      prepareBackward(i, overwriting: overwriting)
      imageLayers[i].backward()
      try finished(firstWeights[i])
    }
    if firstTrained > 0 {
      if overwriting { parameters.zeroGradients(0..<firstWeights[firstTrained]) }
      try finished(0)
    }
  }

  /// Zeroes the gradients of a layer that is to overwrite them, or tells it to write them. Layers are counted over image and sequence layers.
  private func prepareBackward(_ layer: Int, overwriting: Bool) {
    let recurrent =
      layer < imageLayers.count ? nil : sequenceLayers[layer - imageLayers.count] as? RecurrentLayer
    recurrent?.overwritesGradients = overwriting
    guard overwriting else { return }
    let end = layer + 1 < firstWeights.count ? firstWeights[layer + 1] : parameters.count
    let range = firstWeights[layer]..<end
    if recurrent == nil { parameters.zeroGradients(range) } else { parameters.zeroGradientsBetweenTensors(range) }
  }

  /// The layers in order, by name, for timing; their backward passes overwrite gradients. What is part of the layer before it, as a pool,
  /// has no name.
  var parts: [(name: String, forward: (Mode) -> Void, backward: () -> Void)] {
    let images = imageLayers.count
    let maps = imageLayers.enumerated().map { i, layer in
      (
        layerNames[i], layer.forward,
        { [self] in
          prepareBackward(i, overwriting: true)
          layer.backward()
        }
      )
    }
    let sequences = sequenceLayers.enumerated().map { i, layer in
      (
        layerNames[images + i], layer.forward,
        { [self] in
          prepareBackward(images + i, overwriting: true)
          layer.backward()
        }
      )
    }
    return maps
      + [("columns", { [mapToSequence] in mapToSequence.forward($0) }, { [mapToSequence] in mapToSequence.backward() })]
      + sequences
  }
}
