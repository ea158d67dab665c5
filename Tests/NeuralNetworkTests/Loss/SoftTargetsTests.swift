import Foundation
import NeuralNetwork
import TestSupport
import Testing

/// What teachers say, mixed into the gradient of CTC.
@Suite struct SoftTargetsTests {
  private static let student = try! Architecture(spec: "[1,16,0,1 Cl3,3,4b0 Bnr Mp2,2 Mp2,2 Lbx4 O1c]")
  private static let teacher = try! Architecture(spec: "[1,16,0,1 Cl3,5,5 Mp4,4 Do0.5 Lbx6 O1c]")
  private static let images = [23, 20, 17].enumerated().map { n, width in
    TestImage(
      width: width,
      pixels: numbers(seed: 40 + n, count: 16 * width, scale: 1).map { UInt8(127 + 120 * max(-1, min(1, $0))) },
      label: [[1, 3], [2], [4, 4]][n])
  }

  /// A student of four letters, planned and loaded, and two teachers, of which the second lacks letter 2 and has two more.
  private final class Bench {
    let model: CRNN
    let loss = CTCLoss(classes: 5)
    let targets = LabelBatch(SoftTargetsTests.images.map(\.label))
    let teachers: [SoftTargets.Teacher]
    let networks: [CRNN]
    static let classes: [[Int32]] = [[0, 1, 2, 3, 4], [0, 5, -1, 2, 1]]

    init(count: Int) throws {
      model = try CRNN(architecture: SoftTargetsTests.student, classes: 5)
      model.initialize(seed: 1)
      networks = try [5, 6].prefix(count).enumerated().map { n, classes in
        let network = try CRNN(architecture: SoftTargetsTests.teacher, classes: classes)
        network.initialize(seed: UInt64(2 + n))
        // Far from uniform.
        for i in 0..<network.parameters.count { network.parameters.values.base[i] *= 3 }
        // The second knows what the student does not, and seldom says it.
        let bias = try #require(network.parameters.tensors.first { $0.name == "fc.bias" })
        if classes == 6 { for k in 3...4 { bias.value.pointer[k] = -3 } }
        return network
      }
      teachers = zip(networks, Bench.classes).map { SoftTargets.Teacher(network: $0, classes: $1) }
      let images = SoftTargetsTests.images
      try model.plan(widths: images.map(\.width))
      model.plan(loss, targets: targets)
      model.clearInput()
      for (n, image) in images.enumerated() { model.load(image: n, pixels: image.pixels, width: image.width) }
      model.forward(.training)
    }

    func gradient(share: Float) throws -> [Float] {
      _ = model.run(loss, scale: 0.5)
      try SoftTargets(teachers, share: share, student: model, targets: targets).mix(scale: 0.5)
      return model.logits.gradient.elements
    }

    var plain: [Float] {
      _ = model.run(loss, scale: 0.5)
      return model.logits.gradient.elements
    }

    /// Probabilities of a row of logits, in Double.
    static func probabilities(_ network: CRNN, _ row: Int) -> [Double] {
      let x = (0..<network.classes).map { Double(network.logits.value.row(row)[$0]) }
      let e = x.map { Foundation.exp($0 - x.max()!) }
      return e.map { $0 / e.reduce(0, +) }
    }

    /// 0.5 ((1 - share) CTC + share (cross entropy with the mean of the teachers) / max(1, L)), summed over the images.
    func value(share: Double) -> Double {
      _ = loss.run(gradient: false)
      let layout = model.logits.layout
      var sum = 0.0
      for n in 0..<layout.count {
        let label = SoftTargetsTests.images[n].label
        guard zip(teachers, Bench.classes).allSatisfy({ _, classes in label.allSatisfy { classes[Int($0)] >= 0 } })
        else {
          sum += loss.losses[n]
          continue
        }
        var entropy = 0.0
        for t in 0..<layout.lengths[n] {
          let row = layout.offsets[t] + n
          var mean = [Double](repeating: 0, count: 5)
          for (network, classes) in zip(networks, Bench.classes) {
            let p = Bench.probabilities(network, row)
            let q = classes.map { $0 < 0 ? 0 : p[Int($0)] }
            for k in 0..<5 { mean[k] += q[k] / q.reduce(0, +) / Double(networks.count) }
          }
          let own = Bench.probabilities(model, row)
          for k in 0..<5 { entropy -= mean[k] * Foundation.log(own[k]) }
        }
        sum += (1 - share) * loss.losses[n] + share * entropy / Double(max(1, label.count))
      }
      return 0.5 * sum
    }
  }

  @Test(arguments: [1, 2], [0.3, 1] as [Float]) func agreesWithFiniteDifferences(teachers: Int, share: Float) throws {
    let bench = try Bench(count: teachers)
    let gradient = try bench.gradient(share: share)
    #expect(gradient.count == bench.model.logits.layout.rows * bench.model.logits.value.columns)
    #expect(gradient.allSatisfy { $0.isFinite })
    expectSequenceGradient(
      gradient, of: { bench.value(share: Double(share)) }, at: bench.model.logits.value.pointer, tolerance: 1e-3,
      samples: 200, "logits")
  }

  /// The second teacher lacks letter 2, the label of image 1.
  @Test func aLabelThatATeacherDoesNotKnowKeepsItsGradient() throws {
    let bench = try Bench(count: 2)
    let (plain, mixed, layout) = (bench.plain, try bench.gradient(share: 0.7), bench.model.logits.layout)
    for n in 0..<3 {
      let (before, after) = (rows(of: n, in: layout, plain, features: 5), rows(of: n, in: layout, mixed, features: 5))
      #expect((before == after) == (n == 1), "image \(n)")
    }
  }

  /// A teacher that is sure of letter 3 of its own, which the student does not have, says nothing.
  @Test func aTeacherThatReadsAnotherLetterSaysNothing() throws {
    let bench = try Bench(count: 2)
    let bias = try #require(bench.networks[1].parameters.tensors.first { $0.name == "fc.bias" })
    bias.value.pointer[3] = 1000
    #expect(try bench.gradient(share: 0.7) == bench.plain)
  }

  @Test func aShareOfNothingChangesNothingAndAnImageWithoutAlignmentIsLeftOut() throws {
    let bench = try Bench(count: 1)
    #expect(try bench.gradient(share: 0) == bench.plain)
    bench.targets.removeAll()
    for label in [[1, 3], [2], [4, 4, 4, 4, 4, 4]] as [[Int32]] { bench.targets.append(label) }
    bench.model.plan(bench.loss, targets: bench.targets)
    let gradient = rows(of: 2, in: bench.model.logits.layout, try bench.gradient(share: 0.5), features: 5)
    #expect(!gradient.isEmpty && gradient.allSatisfy { $0 == 0 })
  }
}
