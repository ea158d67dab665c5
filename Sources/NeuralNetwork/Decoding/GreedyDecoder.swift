/// Decodes class scores to labels.
public protocol LabelDecoder {
  /// Replaces the contents of `labels` by one label for each sequence, in image order. A time step whose logits contain
  /// a NaN reads as blank.
  func decode(_ logits: PackedSequence, into labels: LabelBatch)
}

/// Best-path decoding of CTC logits: the most probable class of each step, the lowest on ties. Repeats are
/// collapsed, then blanks (class 0) dropped (Graves et al. 2006, section 3.2).
public struct GreedyDecoder: LabelDecoder, Sendable {
  public init() {}

  public func decode(_ logits: PackedSequence, into labels: LabelBatch) {
    let layout = logits.layout
    labels.removeAll()
    for n in 0..<layout.count {
      var before = 0
      for t in 0..<layout.lengths[n] {
        let best = bestClass(logits.value.row(layout.offsets[t] + n), classes: logits.features)
        if best != before && best != 0 { labels.extend(Int32(truncatingIfNeeded: best)) }
        before = best
      }
      labels.endLabel()
    }
  }

  /// The lowest class among those with the largest logit; 0 for a row with a NaN.
  private func bestClass(_ row: UnsafePointer<Float>, classes: Int) -> Int {
    var (best, largest, hasNaN) = (0, row[0], row[0].isNaN)
    for k in 1..<max(1, classes) {
      hasNaN = hasNaN || row[k].isNaN
      if row[k] > largest { (best, largest) = (k, row[k]) }
    }
    return hasNaN ? 0 : best
  }
}
