import Tensors

/// Maximum over windows, each image for itself, as PyTorch's `MaxPool2d` without ceil mode.
///
/// An image of W columns keeps floor((W + 2 * padding.width - kernel.width) / stride.width) + 1; what the last window
/// does not reach is dropped and gets a zero gradient. Padding is minus infinity. Equal values: the gradient goes to the
/// first of them, line by line. Windows of 2x2 and 2x1 with strides alike run in vectors (``MaxPoolKernels.swift``).
public final class MaxPool: ImageLayer {
  private let kernel: (height: Int, width: Int)
  private let stride: (height: Int, width: Int)
  private let padding: (height: Int, width: Int)
  private let ownLayout: ColumnLayout
  private var outputWidths: [Int] = []
  private var plannedInput: Strip?
  private var plannedOutput: Strip?

  /// `gap` is what the layers that read the output need between images, see ``ColumnLayout``.
  public init(
    kernel: (height: Int, width: Int), stride: (height: Int, width: Int),
    padding: (height: Int, width: Int) = (0, 0), gap: Int = 1
  ) {
    precondition(
      kernel.height > 0 && kernel.width > 0 && stride.height > 0 && stride.width > 0, "sizes must be positive")
    precondition(
      2 * padding.height <= kernel.height && 2 * padding.width <= kernel.width, "padding wider than half a window")
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    ownLayout = ColumnLayout(gap: gap)
  }

  /// Windows one column wide keep the layout.
  private var keepsColumns: Bool { kernel.width == 1 && stride.width == 1 && padding.width == 0 }

  public func outputWidth(_ width: Int) -> Int {
    size(width, kernel.width, stride.width, padding.width)
  }

  public func outputHeight(_ height: Int) -> Int {
    size(height, kernel.height, stride.height, padding.height)
  }

  private func size(_ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
    size + 2 * padding < kernel ? 0 : (size + 2 * padding - kernel) / stride + 1
  }

  public func plan(_ input: Strip, in workspace: Workspace) -> Strip {
    if !keepsColumns {
      outputWidths.removeAll(keepingCapacity: true)
      for width in input.layout.widths { outputWidths.append(outputWidth(width)) }
      ownLayout.place(outputWidths)
    }
    let layout = keepsColumns ? input.layout : ownLayout
    let rows = input.channels * outputHeight(input.height)
    let output = Strip(
      layout: layout, channels: input.channels, height: outputHeight(input.height),
      value: workspace.activation(rows: rows, columns: layout.stride),
      gradient: workspace.gradient(rows: rows, columns: layout.stride))
    (plannedInput, plannedOutput) = (input, output)
    return output
  }

  /// Windows the vector code does: two lines by `columns`, strides alike, no padding.
  private func isVector(columns: Int) -> Bool {
    kernel == stride && padding == (0, 0) && kernel == (2, columns)
  }

  public func forward(_ mode: Mode) {
    guard let input = plannedInput, let output = plannedOutput else { return }
    let columns = input.layout.stride
    for channel in 0..<input.channels {
      for y in 0..<output.height {
        let target = output.value.row(channel * output.height + y)
        // Used by the vector code only, where two lines make one.
        let first = input.value.row(channel * input.height) + 2 * y * columns
        if isVector(columns: 1) {
          poolLines(first, first + columns, into: target, count: columns)
          continue
        }
        if isVector(columns: 2) {
          forEachImage { image in
            poolSquares(
              first + image.start, first + columns + image.start, into: target + image.outputStart,
              count: image.outputWidth)
          }
        } else {
          forEachImage { image in
            for x in 0..<image.outputWidth {
              let place = largest(image, in: input, channel: channel, y: y, x: x)
              target[image.outputStart + x] = input.value.pointer[place]
            }
          }
        }
        zeroGaps(target, output.layout) { $0 }
      }
    }
  }

  public func backward() {
    guard let input = plannedInput, let inputGradient = input.gradient,
      let output = plannedOutput, let outputGradient = output.gradient
    else { return }
    if isVector(columns: 1) || isVector(columns: 2) {
      vectorBackward(input, inputGradient, output, outputGradient)
      return
    }
    inputGradient.fill(0)
    for channel in 0..<input.channels {
      for y in 0..<output.height {
        let gradient = outputGradient.row(channel * output.height + y)
        forEachImage { image in
          for x in 0..<image.outputWidth {
            let place = largest(image, in: input, channel: channel, y: y, x: x)
            inputGradient.pointer[place] += gradient[image.outputStart + x]
          }
        }
      }
    }
  }

  private func vectorBackward(_ input: Strip, _ inputGradient: Matrix, _ output: Strip, _ outputGradient: Matrix) {
    let columns = input.layout.stride
    for channel in 0..<input.channels {
      for y in 0..<output.height {
        let gradient = outputGradient.row(channel * output.height + y)
        let row = channel * input.height + 2 * y
        let (first, second) = (input.value.row(row), input.value.row(row + 1))
        let (firstTarget, secondTarget) = (inputGradient.row(row), inputGradient.row(row + 1))
        if kernel.width == 1 {
          unpoolLines(first, second, gradient, into: firstTarget, secondTarget, count: columns)
          continue
        }
        forEachImage { image in
          unpoolSquares(
            first + image.start, second + image.start, gradient + image.outputStart, into: firstTarget + image.start,
            secondTarget + image.start, count: image.outputWidth)
        }
        zeroGaps(firstTarget, input.layout) { $0 & ~1 }
        zeroGaps(secondTarget, input.layout) { $0 & ~1 }
      }
      if input.height % 2 == 1 {
        inputGradient.row((channel + 1) * input.height - 1).update(repeating: 0, count: columns)
      }
    }
  }

  /// Where one image stands in the input and in the output.
  private struct Image {
    var start, width, outputStart, outputWidth: Int
  }

  @inline(__always)
  private func forEachImage(_ body: (Image) -> Void) {
    guard let layout = plannedInput?.layout, let outputLayout = plannedOutput?.layout else { return }
    let (starts, widths) = (layout.starts, layout.widths)
    let (outputStarts, outputWidths) = (outputLayout.starts, outputLayout.widths)
    for n in 0..<starts.count {
      body(Image(start: starts[n], width: widths[n], outputStart: outputStarts[n], outputWidth: outputWidths[n]))
    }
  }

  /// Index, in the input's value, of the first largest element under an image's window of output line y, column x.
  /// NaN counts as largest, as in PyTorch.
  @inline(__always)
  private func largest(_ image: Image, in input: Strip, channel: Int, y: Int, x: Int) -> Int {
    let (columns, value) = (input.layout.stride, input.value.pointer)
    let (top, left) = (y * stride.height - padding.height, x * stride.width - padding.width)
    var best = -1
    for line in max(0, top)..<min(input.height, top + kernel.height) {
      let row = (channel * input.height + line) * columns + image.start
      for column in max(0, left)..<min(image.width, left + kernel.width) {
        let place = row + column
        if best < 0 || value[place] > value[best] || value[place].isNaN { best = place }
      }
    }
    return best
  }
}
