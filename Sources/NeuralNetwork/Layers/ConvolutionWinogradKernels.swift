import Tensors

// The kernels of Winograd's method: groups of 3 x 3 taps, transformed, and their gradients on the way back.
//
// A kernel of 3 lines and an odd number of columns stands in a frame of 3 x (3 * groups), with as many columns of zeros on its left as on
// its right, and is cut into an odd number of groups. Turned by half, it is cut in the same way: its groups are the turned ones, in the
// reverse order. A kernel of 2 x 3 is framed by a third line of zeros.

extension Convolution {
  /// [positions, out, groups, in], positions ``WinogradLayout/kernelPitch`` floats apart.
  var transformedKernels: UnsafeMutablePointer<Float> { scratch.pointer }

  /// Calls `body` for each tap, with its place in the framed kernels, [out, groups, in, 3, 3].
  @inline(__always)
  private func forEachFramedTap(_ groups: Int, _ body: (_ tap: Int, _ place: Int) -> Void) {
    let left = (3 * groups - kernel.width) / 2
    for pair in 0..<outputs * inputs {
      let first = pair / inputs * groups * inputs + pair % inputs
      for y in 0..<kernel.height {
        for x in 0..<kernel.width {
          let column = left + x
          body(
            (pair * kernel.height + y) * kernel.width + x, 9 * (first + column / 3 * inputs) + 3 * y + column % 3)
        }
      }
    }
  }

  /// The kernels, [out, groups, in, 3, 3].
  private func framedKernels(_ tiling: WinogradLayout) -> UnsafePointer<Float> {
    let kernels = weight.value.pointer
    guard tiling.framesKernels else { return UnsafePointer(kernels) }
    let framed = scratch.pointer + tiling.framedStart
    framed.update(repeating: 0, count: 9 * outputs * tiling.groups * inputs)
    forEachFramedTap(tiling.groups) { framed[$1] = kernels[$0] }
    return UnsafePointer(framed)
  }

  /// G g G^T of all kernels; for the input's gradient, of the turned kernels.
  func transformKernels(_ tiling: WinogradLayout, forGradient: Bool) {
    let kernels = framedKernels(tiling)
    let count = outputs * tiling.groups * inputs
    for first in stride(from: 0, to: count, by: Vector.width) {
      tiling.kernels.transformKernels(
        kernels + 9 * first, turned: forGradient, count: min(Vector.width, count - first),
        into: transformedKernels + first, pitch: tiling.kernelPitch)
    }
  }

  /// Adds the kernels' gradients from their transforms, [positions, out, groups, in], rows of channels ``WinogradLayout/sumPitch`` floats
  /// apart.
  func addKernelGradients(_ tiling: WinogradLayout) {
    let framed = tiling.framesKernels ? scratch.pointer + tiling.framedStart : nil
    let rows = outputs * tiling.groups
    framed?.update(repeating: 0, count: 9 * rows * inputs)
    let target = framed ?? weight.gradient.pointer
    for row in 0..<rows {
      for channel in stride(from: 0, to: inputs, by: Vector.width) {
        tiling.kernels.addKernelGradients(
          transformedKernels + row * tiling.sumPitch + channel, pitch: tiling.kernelPitch,
          into: target + 9 * (row * inputs + channel), count: min(Vector.width, inputs - channel))
      }
    }
    guard let framed else { return }
    let gradient = weight.gradient.pointer
    forEachFramedTap(tiling.groups) { gradient[$0] += framed[$1] }
  }
}
