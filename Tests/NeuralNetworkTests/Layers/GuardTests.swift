import NeuralNetwork
import Tensors
import Testing

/// This module is built with `-Ounchecked`, where `precondition` checks nothing. These guards must end the process, with
/// their own message: a violated one that goes on may crash later, too.
@Suite struct GuardTests {
  private func says(_ message: String, _ result: ExitTest.Result?) -> Bool {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).contains(message)
  }

  private static func strip(channels: Int, gap: Int = 1) -> FeatureMaps {
    let layout = ColumnLayout(gap: gap)
    layout.place([7, 5])
    let matrix = Matrix(rows: channels * 3, columns: layout.stride)
    return FeatureMaps(layout: layout, channels: channels, height: 3, value: matrix, gradient: matrix)
  }

  private static func convolution(kernel: (height: Int, width: Int), padding: (height: Int, width: Int)) -> Convolution
  {
    Convolution(
      name: "c", in: 2, out: 3, kernel: kernel, padding: padding, bias: true, relu: true, parameters: Parameters())
  }

  @Test func aConvolutionDoesNotWiden() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GuardTests.convolution(kernel: (3, 3), padding: (1, 2))
    }
    #expect(says("a convolution must not widen its input", result))
  }

  @Test func aConvolutionHasAKernel() async {
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GuardTests.convolution(kernel: (0, 3), padding: (0, 1))
    }
    #expect(says("sizes must be positive", empty))
    let large = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GuardTests.convolution(kernel: (3, 17), padding: (1, 8))
    }
    #expect(says("unsupported kernel", large))
  }

  @Test func aConvolutionWantsItsChannels() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = GuardTests.convolution(kernel: (3, 3), padding: (1, 1))
      _ = layer.plan(GuardTests.strip(channels: 3), in: Workspace())
    }
    #expect(says("3 channels for a convolution of 2", result))
  }

  @Test func aConvolutionWantsAGap() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = GuardTests.convolution(kernel: (3, 5), padding: (1, 2))
      _ = layer.plan(GuardTests.strip(channels: 2), in: Workspace())
    }
    #expect(says("images would see each other", result))
  }

  @Test func aConvolutionIsPlannedFirst() async {
    let forward = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      GuardTests.convolution(kernel: (3, 3), padding: (1, 1)).forward(.training)
    }
    #expect(says("planned before it computes", forward))
    let backward = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      GuardTests.convolution(kernel: (3, 3), padding: (1, 1)).backward()
    }
    #expect(says("planned before it computes", backward))
  }

  @Test func batchNormalizationWantsItsChannels() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = BatchNormalization(name: "b", channels: 2, relu: false, parameters: Parameters())
      _ = layer.plan(GuardTests.strip(channels: 3), in: Workspace())
    }
    #expect(says("3 channels for a normalization of 2", result))
  }

  @Test func aJoinedLayerIsPlannedBeforeItComputes() async {
    let forward = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parameters = Parameters()
      let convolution = Convolution(
        name: "c", in: 1, out: 2, kernel: (3, 3), padding: (1, 1), bias: false, relu: false, parameters: parameters,
        inputNeedsGradient: false)
      let normalization = BatchNormalization(
        name: "b", channels: 2, relu: true, pool: MaxPool.Shape(kernel: (2, 2), stride: (2, 2)),
        parameters: parameters)
      NormalizedConvolution(convolution, normalization)?.forward(.training)
    }
    #expect(says("planned before it computes", forward))
  }

  @Test func notEveryPoolIsPartOfALayer() async {
    let normalization = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let pool = MaxPool.Shape(kernel: (3, 3), stride: (3, 3))
      _ = BatchNormalization(name: "b", channels: 2, relu: false, pool: pool, parameters: Parameters())
    }
    #expect(says("unsupported pool", normalization))
    let convolution = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let pool = MaxPool.Shape(kernel: (2, 2), stride: (2, 1), padding: (0, 1))
      _ = Convolution(
        name: "c", in: 2, out: 3, kernel: (3, 3), padding: (1, 1), bias: true, relu: true, pool: pool,
        parameters: Parameters())
    }
    #expect(says("unsupported pool", convolution))
  }

  @Test func aPoolHasAWindow() async {
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaxPool(.init(kernel: (2, 0), stride: (2, 2)))
    }
    #expect(says("sizes must be positive", empty))
    let padded = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaxPool(.init(kernel: (2, 3), stride: (2, 2), padding: (0, 2)))
    }
    #expect(says("padding wider than half a window", padded))
  }

  @Test func dropoutKeepsSomething() async {
    let all = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dropout(rate: 1, wholeFeatures: false, index: 0, key: DropoutKey())
    }
    #expect(says("a dropout of 1.0", all))
    let nan = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dropout(rate: .nan, wholeFeatures: false, index: 0, key: DropoutKey())
    }
    #expect(says("a dropout of nan", nan))
  }

  @Test func dropoutKnowsItsSamples() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (key, workspace) = (DropoutKey(), Workspace())
      key.set(seed: 1, step: 0, samples: [5])
      let layer = Dropout(rate: 0.5, wholeFeatures: true, index: 0, key: key)
      _ = layer.plan(GuardTests.strip(channels: 2), in: workspace)
      workspace.commit()
      layer.forward(.training)
    }
    #expect(says("2 images, but the samples of 1", result))
  }

  @Test func layoutsGoFromWideToNarrow() async {
    let columns = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      ColumnLayout().place([5, 7])
    }
    #expect(says("widths must be positive and non-increasing", columns))
    let steps = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      SequenceLayout().place([5, 0])
    }
    #expect(says("lengths must be positive and non-increasing", steps))
  }

  private static func network() throws -> CRNN {
    let network = try CRNN(architecture: Architecture(spec: "[1,8,0,1 Cr3,3,2 Mp2,2 Lbx3 O1c]"), classes: 4)
    try network.plan(widths: [20, 9])
    network.clearInput()
    return network
  }

  @Test func anImageHasTheWidthItWasPlannedWith() async {
    let wide = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try GuardTests.network().load(image: 1, pixels: [UInt8](repeating: 0, count: 8 * 20), width: 20)
    }
    #expect(says("image 1 was not planned with a width of 20", wide))
    let beyond = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try GuardTests.network().load(image: 2, pixels: [UInt8](repeating: 0, count: 8 * 9), width: 9)
    }
    #expect(says("image 2 was not planned with a width of 9", beyond))
  }

  @Test func runningStatisticsStayInTheirSlab() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = try CRNN(architecture: Architecture(spec: "[1,8,0,1 Cr3,3,2 Bn Lbx3 O1c]"), classes: 4)
      network.parameters.updateRunningStatistics(in: [0..<network.parameters.bufferCount + 1]) { _ in 0 }
    }
    #expect(says("of 32", result))
  }

  @Test func lossWantsALabelForEachSequence() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = try GuardTests.network()
      CTCLoss(classes: 4).plan(network.logits, targets: LabelBatch([[1]]), in: network.workspace)
    }
    #expect(says("1 labels for 2 sequences", result))
  }

  @Test func decodersHaveASize() async {
    let beam = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var settings = PrefixBeamSearch.Settings()
      settings.width = 0
      _ = PrefixBeamSearch(settings)
    }
    #expect(says("a beam of 0", beam))
    let model = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = NGramModel([[1]], classes: 3, order: 0)
    }
    #expect(says("0-grams of 3 classes", model))
  }
}
