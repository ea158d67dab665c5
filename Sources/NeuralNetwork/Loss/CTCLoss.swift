import Tensors

/// Connectionist temporal classification (Graves et al. 2006) on logits; class 0 is the blank.
///
/// loss_n = -ln p(label n | logits of image n over its own steps) / max(1, L_n), as PyTorch's `ctc_loss` averages. The
/// log softmax is part of it. A run costs O(T * L) for each image.
public final class CTCLoss {
  /// The result of a run. `sum` is not finite exactly if one of the counts is positive.
  public struct Outcome: Sendable, Equatable {
    /// Sum of the images' losses.
    public var sum = 0.0
    /// Images whose label has no alignment: too long for its steps, or with a class outside 1 ..< classes. Their
    /// loss is +infinity and their logits' gradient is 0.
    public var infeasible = 0
    /// Images with a NaN or infinite logit: their loss and their logits' gradient are NaN. Also images whose label has
    /// a probability below 2^(-2^29).
    public var nonFinite = 0
  }

  /// loss_n of the last run, in image order, not scaled.
  public private(set) var losses: [Double] = []

  private let classes: Int
  private var logits: PackedSequence?
  private var targets: LabelBatch?
  private var scratch = Matrix(rows: 0, columns: 0)

  public init(classes: Int) {
    self.classes = classes
  }

  /// Requests the memory to run on `logits` with `targets`, whose label n belongs to sequence n. The labels must be
  /// final: memory depends on their lengths.
  public func plan(_ logits: PackedSequence, targets: LabelBatch, in workspace: Workspace) {
    let layout = logits.layout
    require(
      targets.count == layout.count && logits.features == classes,
      "CTC loss: \(targets.count) labels for \(layout.count) sequences, \(logits.features) features for \(classes)")
    var lattice = 0
    for n in 0..<layout.count where isFeasible(n, layout, targets) {
      let length = targets.offsets[n + 1] - targets.offsets[n]
      lattice = max(lattice, CTCLattice.floats(steps: layout.lengths[n], length: length))
    }
    scratch = workspace.scratch(count: scratchCount(rows: layout.rows, lattice: lattice))
    (self.logits, self.targets) = (logits, targets)
  }

  /// Reserves memory for `images` images of `rows` time steps in total, none with more than `steps` or with a label
  /// longer than `length`, so that planning and running them allocates nothing.
  public func reserve(images: Int, rows: Int, steps: Int, length: Int, in workspace: Workspace) {
    losses.reserveCapacity(images)
    scratch = workspace.scratch(
      count: scratchCount(rows: rows, lattice: CTCLattice.floats(steps: steps, length: length)))
    workspace.commit()
  }

  /// Two floats of the softmax per row, and the lattice.
  private func scratchCount(rows: Int, lattice: Int) -> Int { 2 * Storage.padded(rows) + lattice }

  /// Computes ``losses`` and, with `gradient`, overwrites the logits' gradient with d(scale * sum of losses) / d
  /// logits.
  public func run(scale: Float = 1, gradient: Bool = true) -> Outcome {
    guard let logits, let targets else { return Outcome() }
    let layout = logits.layout
    let maxima = scratch.pointer
    let logSums = maxima + Storage.padded(layout.rows)
    for row in 0..<layout.rows {
      let softmax = LogSoftmax(logits.value.row(row), classes: classes)
      (maxima[row], logSums[row]) = (softmax.maximum, softmax.logAddExp)
    }
    var outcome = Outcome()
    losses.removeAll(keepingCapacity: true)
    for n in 0..<layout.count {
      let loss = run(n, logits, targets, maxima, logSums, scale: scale, gradient: gradient, &outcome)
      losses.append(loss)
      outcome.sum += loss
    }
    return outcome
  }

  private func isFeasible(_ n: Int, _ layout: SequenceLayout, _ targets: LabelBatch) -> Bool {
    for i in targets.offsets[n]..<targets.offsets[n + 1] {
      let label = targets.labels[i]
      if label < 1 || label >= classes { return false }
    }
    return targets.requiredSteps(n) <= layout.lengths[n]
  }

  private func run(
    _ n: Int, _ logits: PackedSequence, _ targets: LabelBatch, _ maxima: UnsafePointer<Float>,
    _ logSums: UnsafePointer<Float>, scale: Float, gradient: Bool, _ outcome: inout Outcome
  ) -> Double {
    let (layout, steps) = (logits.layout, logits.layout.lengths[n])
    var finite = Float(0)
    for t in 0..<steps { finite += logSums[layout.offsets[t] + n] * 0 }
    guard finite == 0 else {
      outcome.nonFinite += 1
      if gradient { fillGradient(n, logits, .nan) }
      return .nan
    }
    guard isFeasible(n, layout, targets) else {
      outcome.infeasible += 1
      if gradient { fillGradient(n, logits, 0) }
      return .infinity
    }
    let (start, length) = (targets.offsets[n], targets.offsets[n + 1] - targets.offsets[n])
    let share = 1 / Double(max(1, length))
    return targets.labels.withUnsafeBufferPointer { labels in
      let memory = scratch.pointer + 2 * Storage.padded(layout.rows)
      // An empty array has no address; an empty label is never read, so any address works.
      let first = labels.baseAddress.map { $0 + start } ?? UnsafePointer(bitPattern: MemoryLayout<Int32>.alignment)!
      let lattice = CTCLattice(memory: memory, labels: first, length: length)
      for t in 0..<steps {
        let row = layout.offsets[t] + n
        let softmax = LogSoftmax(maximum: maxima[row], logAddExp: logSums[row])
        lattice.forwardStep(t, row: logits.value.row(row), softmax)
      }
      let p = lattice.probability(steps: steps)
      guard p.m > 0 else {
        outcome.nonFinite += 1
        if gradient { fillGradient(n, logits, .nan) }
        return .infinity
      }
      if gradient {
        lattice.beginBackward()
        let imageScale = scale * Float(share)
        for t in stride(from: steps - 1, through: 0, by: -1) {
          let row = layout.offsets[t] + n
          let softmax = LogSoftmax(maximum: maxima[row], logAddExp: logSums[row])
          let (x, dx) = (logits.value.row(row), logits.gradient.row(row))
          softmax.writeSoftmax(x, classes: classes, scale: imageScale, to: dx)
          lattice.backwardStep(t, row: x, softmax, scale: imageScale, gradient: dx)
        }
      }
      let logarithm = Double(p.e) * 0.693_147_180_559_945_3 + Double(log(Vector(repeating: p.m))[0])
      return max(0, -logarithm) * share
    }
  }

  private func fillGradient(_ n: Int, _ logits: PackedSequence, _ value: Float) {
    for t in 0..<logits.layout.lengths[n] {
      logits.gradient.row(logits.layout.offsets[t] + n).update(repeating: value, count: classes)
    }
  }
}
