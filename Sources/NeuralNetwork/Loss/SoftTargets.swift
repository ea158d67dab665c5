import Tensors

/// Distillation (Hinton, Vinyals and Dean 2015, arXiv 1503.02531) with CTC: at each time step, the mean of the teachers' probabilities is
/// a target beside the alignments of the label.
///
/// The gradient of CTC is s (p - gamma), with the network's probabilities p, the probabilities gamma of the label's states, and
/// s = scale / max(1, L_n); that of the cross entropy with the teachers' mean q is s (p - q). With the share w of the teachers:
///
///     gradient = (1 - w) s (p - gamma) + w s (p - q)
///
/// The teachers see the images of the student, and have as many time steps. What they say depends on no other micro-batch. Not thread-safe.
public final class SoftTargets {
  /// A teacher, and its class for each class of the student; -1 where it has none.
  public struct Teacher {
    let network: CRNN
    let classes: [Int32]

    public init(network: CRNN, classes: [Int32]) {
      require(classes.allSatisfy { $0 < network.classes }, "a teacher has fewer classes")
      (self.network, self.classes) = (network, classes)
    }
  }

  private let teachers: [Teacher]
  private let share: Float
  private let student: CRNN
  private let targets: LabelBatch
  /// One row: a teacher's probabilities, the mean of all teachers, and the student's probabilities.
  private let (one, mean, own): (Storage, Storage, Storage)

  /// - Parameters:
  ///   - share: the weight of the teachers, 0...1.
  ///   - targets: the labels of the student's images.
  public init(_ teachers: [Teacher], share: Float, student: CRNN, targets: LabelBatch) {
    require(teachers.allSatisfy { $0.classes.count == student.classes }, "a teacher for another student")
    (self.teachers, self.share, self.student, self.targets) = (teachers, share, student, targets)
    one = Storage(count: Storage.padded(teachers.map(\.network.classes).max() ?? 0))
    (mean, own) = (Storage(count: Storage.padded(student.classes)), Storage(count: Storage.padded(student.classes)))
  }

  /// Reserves memory for micro-batches, see `CRNN.reserve(images:width:)`.
  public func reserve(images: Int, width: Int) throws(ArchitectureError) {
    for teacher in teachers { try teacher.network.reserve(images: images, width: width) }
  }

  /// After the student's forward pass and loss: mixes what the teachers say into the gradient of its logits. An image keeps the gradient of
  /// its label where a teacher lacks one of the letters, and where the label has no alignment.
  ///
  /// - Parameter scale: that of the loss.
  public func mix(scale: Float) throws(ArchitectureError) {
    for teacher in teachers {
      try teacher.network.loadImages(of: student)
      teacher.network.forward(.evaluation)
    }
    let layout = student.logits.layout
    for n in 0..<layout.count {
      let label = targets.labels[targets.offsets[n]..<targets.offsets[n + 1]]
      guard targets.requiredSteps(n) <= layout.lengths[n], teachers.allSatisfy({ $0.knows(label) }) else { continue }
      let scale = scale / Float(max(1, label.count))
      for t in 0..<layout.lengths[n] { mix(row: layout.offsets[t] + n, scale: scale) }
    }
  }

  /// A row keeps the gradient of its label where a teacher is sure of a letter that the student does not have.
  private func mix(row: Int, scale: Float) {
    let (classes, logits) = (student.classes, student.logits)
    mean.base.update(repeating: 0, count: classes)
    for teacher in teachers where !teacher.add(row, by: one, to: mean, weight: 1 / Float(teachers.count)) { return }
    let (x, gradient) = (logits.value.row(row), logits.gradient.row(row))
    LogSoftmax(x, classes: classes).writeSoftmax(x, classes: classes, scale: 1, to: own.base)
    for k in 0..<classes {
      gradient[k] = (1 - share) * gradient[k] + share * scale * (own.base[k] - mean.base[k])
    }
  }
}

extension SoftTargets.Teacher {
  fileprivate func knows(_ label: ArraySlice<Int32>) -> Bool { label.allSatisfy { classes[Int($0)] >= 0 } }

  /// Adds `weight` times the probabilities of the student's classes in a row of logits, enlarged to a sum of 1.
  /// - Returns: whether the student has the classes of at least half of the probability; else nothing is added.
  fileprivate func add(_ row: Int, by memory: Storage, to sum: Storage, weight: Float) -> Bool {
    let x = network.logits.value.row(row)
    LogSoftmax(x, classes: network.classes).writeSoftmax(x, classes: network.classes, scale: 1, to: memory.base)
    var known: Float = 0
    for k in classes where k >= 0 { known += memory.base[Int(k)] }
    guard known >= 0.5 else { return false }
    let scale = weight / known
    for (k, own) in classes.enumerated() where own >= 0 { sum.base[k] += scale * memory.base[Int(own)] }
    return true
  }
}
