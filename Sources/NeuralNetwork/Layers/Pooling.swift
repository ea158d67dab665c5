import Tensors

/// The windows with vectorized pooling, two lines at a time.
enum PoolWindow {
  /// 2x1: two lines become one line of the same width.
  case lines
  /// 2x2, without overlap.
  case squares
  /// 2x2, one column apart, with a column of padding on both sides: one column more.
  case neighbors

  /// nil for any other window.
  init?(_ shape: MaxPool.Shape) {
    guard shape.kernel.height == 2 && shape.stride.height == 2 && shape.padding.height == 0 else { return nil }
    switch (shape.kernel.width, shape.stride.width, shape.padding.width) {
    case (1, 1, 0): self = .lines
    case (2, 2, 0): self = .squares
    case (2, 1, 1): self = .neighbors
    default: return nil
    }
  }

  func outputWidth(_ width: Int) -> Int {
    switch self {
    case .lines: width
    case .squares: width / 2
    case .neighbors: width > 0 ? width + 1 : 0
    }
  }
}

/// Max pooling as the last part of another layer, which passes the lines that it computes in pairs and need not keep
/// them.
///
/// The object keeps the maxima, and one byte for each: its position in the window, which is all that the backward pass
/// needs. An odd last line is dropped. Calls work on the columns selected by ``select(_:)``.
final class Pooling {
  let window: PoolWindow
  private let ownLayout: ColumnLayout
  private var widths: [Int] = []
  private var plannedInput: ColumnLayout?
  private var plannedOutput: FeatureMaps?
  /// A ``Place`` for each of the output's values.
  private var places = Matrix(rows: 0, columns: 0)
  private var segments: [Segment] = []
  private var selected = 0..<0
  private var addresses: Addresses?

  /// The addresses of the output, valid within one pass. Asking the matrices for them at each line would retain and release their
  /// storage.
  private struct Addresses {
    let value, gradient: UnsafeMutablePointer<Float>
    let places: UnsafeMutablePointer<UInt8>
    let mask: UnsafePointer<Float>
    let stride, height: Int

    init(_ output: FeatureMaps, _ places: Matrix) {
      (value, gradient, self.places) = (output.value.pointer, output.gradient!.pointer, places.bytes)
      (mask, stride, height) = (UnsafePointer(output.layout.mask.base), output.layout.stride, output.height)
    }

    /// Floats before a line of a channel.
    func row(_ channel: Int, _ y: Int) -> Int { (channel * height + y) * stride }
  }

  /// Part of one image within the selected columns.
  private struct Segment {
    /// First column, relative to the first selected one.
    var source: Int
    /// First column of the output, and the number of columns.
    var target: Int
    var count: Int
  }

  /// `gap` is the number of columns between images that the layers after this one need, see ``ColumnLayout``.
  init(_ window: PoolWindow, gap: Int) {
    self.window = window
    ownLayout = ColumnLayout(gap: gap)
  }

  /// Lays out the output for lines with the layout `layout`, `height` of them in each channel.
  func plan(_ layout: ColumnLayout, channels: Int, height: Int, in workspace: Workspace) -> FeatureMaps {
    if case .lines = window {
      plannedOutput = strip(layout, channels: channels, height: height / 2, in: workspace)
    } else {
      widths.removeAll(keepingCapacity: true)
      for width in layout.widths { widths.append(window.outputWidth(width)) }
      ownLayout.place(widths)
      plannedOutput = strip(ownLayout, channels: channels, height: height / 2, in: workspace)
    }
    (plannedInput, addresses) = (layout, nil)
    places = workspace.activation(rows: 1, columns: (output.value.count + 3) / 4)
    return output
  }

  private func strip(_ layout: ColumnLayout, channels: Int, height: Int, in workspace: Workspace) -> FeatureMaps {
    let (rows, columns) = (channels * height, layout.stride)
    return FeatureMaps(
      layout: layout, channels: channels, height: height,
      value: workspace.activation(rows: rows, columns: columns),
      gradient: workspace.gradient(rows: rows, columns: columns))
  }

  var output: FeatureMaps { plannedOutput! }

  /// The last column at or before `column` where the input may be cut.
  func cut(at column: Int) -> Int {
    guard let layout = plannedInput, column < layout.stride else { return column }
    guard case .squares = window else { return column & ~15 }
    for n in 0..<layout.count where column > layout.starts[n] && column < layout.starts[n] + layout.widths[n] {
      return column - (column - layout.starts[n]) % 2
    }
    return column
  }

  /// Selects columns of the input, from cut to cut, or all; in each pass, before the first line.
  func select(_ columns: Range<Int>) {
    segments.removeAll(keepingCapacity: true)
    selected = columns
    addresses = Addresses(output, places)
    guard let layout = plannedInput else { return }
    for n in 0..<layout.count {
      let (start, end) = (layout.starts[n], layout.starts[n] + layout.widths[n])
      let (from, to) = (max(start, columns.lowerBound), min(end, columns.upperBound))
      guard from < to else { continue }
      switch window {
      case .lines: continue
      case .squares:
        segments.append(
          Segment(
            source: from - columns.lowerBound, target: ownLayout.starts[n] + (from - start) / 2, count: (to - from) / 2)
        )
      case .neighbors:
        require(from == start && to == end, "windows that overlap cannot be cut")
        segments.append(
          Segment(source: from - columns.lowerBound, target: ownLayout.starts[n], count: layout.widths[n]))
      }
    }
  }

  @inline(__always)
  private func known() -> Addresses {
    require(addresses != nil, "columns are selected before lines are pooled")
    return addresses!
  }

  /// Computes line `y` of the output's channel from two lines; `first` and `second` are their first selected columns.
  func pool(
    _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ map: PoolMap, channel: Int, y: Int
  ) {
    let addresses = known()
    let row = addresses.row(channel, y)
    let (target, places) = (addresses.value + row, addresses.places + row)
    if case .lines = window {
      let x = selected.lowerBound
      poolLines(first, second, map, mask: addresses.mask + x, into: target + x, places + x, count: selected.count)
      return
    }
    for i in segments.indices {
      let segment = segments[i]
      let (first, second) = (first + segment.source, second + segment.source)
      let (target, places) = (target + segment.target, places + segment.target)
      if case .squares = window {
        poolSquares(first, second, map, into: target, places, count: segment.count)
      } else {
        poolNeighbors(first, second, map, into: target, places, width: segment.count)
      }
    }
  }

  /// Zeroes the output's columns between images; after all lines are computed.
  func finishForward() {
    addresses = nil
    if case .lines = window { return }
    let (value, layout) = (output.value, output.layout)
    for row in 0..<value.rows { zeroGaps(value.row(row), layout) { $0 } }
  }

  /// Writes the gradients of the two lines from which line `y` of the output's channel was computed: all selected
  /// columns, and zeros up to the next multiple of 16.
  func unpool(
    channel: Int, y: Int, into first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>
  ) {
    let addresses = known()
    let row = addresses.row(channel, y)
    let (gradient, places) = (addresses.gradient + row, addresses.places + row)
    if case .lines = window {
      let x = selected.lowerBound
      unpoolLines(gradient + x, places + x, into: first, second, count: selected.count)
      return
    }
    let filled = Storage.padded(selected.count)
    first.update(repeating: 0, count: filled)
    second.update(repeating: 0, count: filled)
    for i in segments.indices {
      let segment = segments[i]
      let (first, second) = (first + segment.source, second + segment.source)
      let (gradient, places) = (gradient + segment.target, places + segment.target)
      if case .squares = window {
        unpoolSquares(gradient, places, into: first, second, count: segment.count)
      } else {
        unpoolNeighbors(gradient, places, into: first, second, width: segment.count)
      }
    }
  }
}
