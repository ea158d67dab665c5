import NeuralNetwork
import Tensors
import Testing

@Suite struct DropoutTests {
  private let widths = [41, 33, 17, 3]

  private func make(_ share: Double, whole: Bool, index: Int = 0, samples: [Int32] = [7, 900, 3, 12], step: Int = 5)
    -> (Dropout, DropoutKey)
  {
    let key = DropoutKey()
    key.set(seed: 11, step: step, samples: samples)
    return (Dropout(rate: share, wholeFeatures: whole, index: index, key: key), key)
  }

  /// Images of ones, so that the output is the mask.
  private func masks(_ layer: Dropout, widths: [Int], poison: Float = .nan) -> [[Float]] {
    let fixture = FeatureMapsFixture(layer, channels: 3, height: 4, widths: widths, poison: poison)
    FeatureMapsFixture.write(
      widths.map { Array(repeating: 1, count: 12 * $0) }, to: fixture.input.value, fixture.input.layout)
    fixture.layer.forward(.training)
    expectZeroGaps(fixture.output.value, fixture.output.layout, "output")
    return FeatureMapsFixture.images(fixture.output.value, fixture.output.layout)
  }

  @Test(arguments: [0.2, 0.5, 0.9])
  func dropsItsShareAndKeepsTheMean(share: Double) {
    let values = masks(make(share, whole: false, samples: Array(0..<40)).0, widths: Array(repeating: 40, count: 40))
      .flatMap(\.self)
    let scale = Float(1 / (1 - share))
    #expect(values.allSatisfy { $0 == 0 || $0 == scale })
    let dropped = Double(values.count { $0 == 0 }) / Double(values.count)
    #expect(abs(dropped - share) < 0.02, "\(dropped)")
  }

  @Test func anImageHasItsMaskInAnyMicroBatch() {
    for whole in [false, true] {
      let together = masks(make(0.4, whole: whole).0, widths: widths)
      let alone = masks(make(0.4, whole: whole, samples: [900]).0, widths: [33], poison: 0)
      #expect(alone[0] == together[1])
      let others = [
        make(0.4, whole: whole, index: 1), make(0.4, whole: whole, step: 6),
        make(0.4, whole: whole, samples: [8, 901, 4, 13]),
      ].map { masks($0.0, widths: widths) }
      for other in others { #expect(other[0] != together[0]) }
    }
  }

  @Test func wholeMapsAreDropped() {
    let images = masks(make(0.5, whole: true, samples: Array(0..<90)).0, widths: Array(repeating: 20, count: 90))
    var kinds = Set<[Float]>()
    for image in images {
      let maps = (0..<3).map { Array(image[$0 * 80..<($0 + 1) * 80]) }
      #expect(maps.allSatisfy { Set($0).count == 1 })
      kinds.insert(maps.map { $0[0] })
    }
    #expect(kinds.count == 8, "all combinations of three maps")
  }

  @Test func evaluationChangesNothing() {
    let fixture = FeatureMapsFixture(make(0.7, whole: false).0, channels: 2, height: 3, widths: widths)
    let images = FeatureMapsFixture.randomImages(rows: 6, fixture.input.layout, sample: 4)
    FeatureMapsFixture.write(images, to: fixture.input.value, fixture.input.layout)
    fixture.layer.forward(.evaluation)
    #expect(FeatureMapsFixture.images(fixture.output.value, fixture.output.layout) == images)
    expectZeroGaps(fixture.output.value, fixture.output.layout, "output")
  }

  @Test(arguments: [false, true], [0, 0.3])
  func finiteDifferences(whole: Bool, share: Double) {
    let fixture = FeatureMapsFixture(make(share, whole: whole).0, channels: 3, height: 2, widths: widths)
    FeatureMapsFixture.write(
      FeatureMapsFixture.randomImages(rows: 6, fixture.input.layout, sample: 1), to: fixture.input.value,
      fixture.input.layout
    )
    let weights = FeatureMapsFixture.randomImages(rows: 6, fixture.input.layout, sample: 2).flatMap(\.self)
    fixture.checkGradients(weights: weights, parameters: [], "dropout")
    expectZeroGaps(fixture.input.gradient!, fixture.input.layout, "input gradient")
  }

  /// A feature of a sequence is dropped at all of its steps; single values are not.
  @Test func sequences() {
    let lengths = [9, 6, 6, 1]
    for whole in [false, true] {
      let layout = SequenceLayout()
      layout.place(lengths)
      let (layer, workspace) = (make(0.5, whole: whole).0, Workspace())
      let value = workspace.activation(rows: layout.rows, columns: 21)
      let gradient = workspace.gradient(rows: layout.rows, columns: 21)
      let output = layer.plan(
        NeuralNetwork.PackedSequence(layout: layout, features: 21, value: value, gradient: gradient), in: workspace)
      workspace.commit()
      workspace.poison(.nan)
      value.fill(2)
      layer.forward(.training)
      let masks = (0..<4).map { rows(of: $0, in: layout, output.value.elements, features: 21) }
      #expect(masks.joined().allSatisfy { $0 == 0 || $0 == 4 } && Set(masks.joined()).count == 2)
      let steps = (0..<9).map { Array(masks[0][$0 * 21..<($0 + 1) * 21]) }
      #expect(Set(steps).count == (whole ? 1 : 9))
      #expect(steps[0] != Array(masks[1].prefix(21)))
      output.gradient.fill(3)
      layer.backward()
      expectSameBits(gradient.elements, output.value.elements.map { $0 * 1.5 }, "gradient")
    }
  }
}
