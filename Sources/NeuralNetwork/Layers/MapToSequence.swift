import Tensors

/// Converts feature maps to sequences: column t of an image becomes time step t, with its channels * height values as
/// features in channel-major order (feature c * height + y), as PyTorch's `permute(0, 3, 1, 2).view`. Lengths are the
/// widths.
///
/// This is a transposition of [channels * height, columns] to packed rows, done in squares of 16 so that both sides
/// stay in the first-level cache.
public final class MapToSequence {
  private let layout = SequenceLayout()
  private var plannedInput: FeatureMaps?
  private var plannedOutput: PackedSequence?

  public init() {}

  /// Every image must have at least one column.
  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> PackedSequence {
    layout.place(input.layout.widths)
    let features = input.channels * input.height
    let output = PackedSequence(
      layout: layout, features: features, value: workspace.activation(rows: layout.rows, columns: features),
      gradient: workspace.gradient(rows: layout.rows, columns: features))
    (plannedInput, plannedOutput) = (input, output)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput, let output = plannedOutput else { return }
    let (columns, features) = (input.layout.stride, output.features)
    forEachSquare(input, output) { column, firstRow, rowOffsets, steps, feature, count in
      let source = input.value.pointer + feature * columns + column
      let target = output.value.pointer + firstRow * features + feature
      for t in 0..<steps {
        let row = target + rowOffsets[t] * features
        for f in 0..<count { row[f] = source[f * columns + t] }
      }
    }
  }

  public func backward() {
    guard let input = plannedInput, let inputGradient = input.gradient, let output = plannedOutput else { return }
    let (columns, features) = (input.layout.stride, output.features)
    for row in 0..<inputGradient.rows { zeroGaps(inputGradient.row(row), input.layout) { $0 } }
    forEachSquare(input, output) { column, firstRow, rowOffsets, steps, feature, count in
      let target = inputGradient.pointer + feature * columns + column
      let source = output.gradient.pointer + firstRow * features + feature
      for t in 0..<steps {
        let row = source + rowOffsets[t] * features
        for f in 0..<count { target[f * columns + t] = row[f] }
      }
    }
  }

  /// Calls `body` for squares of up to 16 time steps of one image and 16 features: the strip's column of the first
  /// step, the sequence's row of step 0 relative to `rowOffsets`, those steps' offsets, and the square's extent.
  @inline(__always)
  private func forEachSquare(
    _ input: FeatureMaps, _ output: PackedSequence,
    _ body: (
      _ column: Int, _ firstRow: Int, _ rowOffsets: UnsafePointer<Int>, _ steps: Int, _ feature: Int, _ count: Int
    ) -> Void
  ) {
    let layout = input.layout
    output.layout.offsets.withUnsafeBufferPointer { offsets in
      for n in 0..<layout.count {
        let (start, width) = (layout.starts[n], layout.widths[n])
        for t in stride(from: 0, to: width, by: 16) {
          for feature in stride(from: 0, to: output.features, by: 16) {
            body(
              start + t, n, offsets.baseAddress! + t, min(16, width - t), feature, min(16, output.features - feature))
          }
        }
      }
    }
  }
}
