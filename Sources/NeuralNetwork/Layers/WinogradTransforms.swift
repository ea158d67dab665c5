import Tensors

// The transformations of kernels of F(2 x 2, 3 x 3), sixteen kernels at a time; see `ConvolutionWinograd.swift`.

/// Four vectors: a line of sixteen 4 x 4 tiles.
private typealias Four = (Vector, Vector, Vector, Vector)

/// G of one line or column of a kernel.
@inline(__always)
private func kernelTransform(_ g: (Vector, Vector, Vector)) -> Four {
  let (half, sum) = (Vector(repeating: 0.5), g.0 + g.2)
  return (g.0, half * (sum + g.1), half * (sum - g.1), g.2)
}

/// G g G^T of up to 16 kernels that are `step` floats apart, optionally rotated by half a turn; position p of kernel i
/// is `target[p * pitch + i]`.
@inline(never)
func transformKernels16(
  _ kernels: UnsafePointer<Float>, step: Int, turned: Bool, count: Int, into target: UnsafeMutablePointer<Float>,
  pitch: Int
) {
  @inline(__always) func tap(_ i: Int) -> Vector {
    var v = Vector()
    let place = kernels + (turned ? 8 - i : i)
    withUnsafeMutablePointer(to: &v) {
      $0.withMemoryRebound(to: Float.self, capacity: 16) { lanes in
        for lane in 0..<count { lanes[lane] = place[lane * step] }
      }
    }
    return v
  }
  let lines = (
    kernelTransform((tap(0), tap(1), tap(2))), kernelTransform((tap(3), tap(4), tap(5))),
    kernelTransform((tap(6), tap(7), tap(8)))
  )
  @inline(__always) func write(_ v: Four, column: Int) {
    @inline(__always) func put(_ v: Vector, _ row: Int) {
      let place = target + (4 * row + column) * pitch
      if count == Vector.width { v.store(place) } else { v.store(place, first: count) }
    }
    put(v.0, 0)
    put(v.1, 1)
    put(v.2, 2)
    put(v.3, 3)
  }
  write(kernelTransform((lines.0.0, lines.1.0, lines.2.0)), column: 0)
  write(kernelTransform((lines.0.1, lines.1.1, lines.2.1)), column: 1)
  write(kernelTransform((lines.0.2, lines.1.2, lines.2.2)), column: 2)
  write(kernelTransform((lines.0.3, lines.1.3, lines.2.3)), column: 3)
}

/// Adds G^T u G of up to 16 kernels to their gradients, which are contiguous.
@inline(never)
func addKernelGradients(
  _ source: UnsafePointer<Float>, pitch: Int, into gradients: UnsafeMutablePointer<Float>, count: Int
) {
  /// G^T of one line or column.
  @inline(__always) func collect(_ u: Four) -> (Vector, Vector, Vector) {
    let half = Vector(repeating: 0.5)
    let (sum, difference) = (half * (u.1 + u.2), half * (u.1 - u.2))
    return (u.0 + sum, difference, sum + u.3)
  }
  @inline(__always) func row(_ i: Int) -> (Vector, Vector, Vector) {
    let place = source + 4 * i * pitch
    return collect((Vector(place), Vector(place + pitch), Vector(place + 2 * pitch), Vector(place + 3 * pitch)))
  }
  let rows = (row(0), row(1), row(2), row(3))
  @inline(__always) func add(_ v: (Vector, Vector, Vector), column: Int) {
    @inline(__always) func add(_ v: Vector, _ tap: Int) {
      withUnsafePointer(to: v) {
        $0.withMemoryRebound(to: Float.self, capacity: 16) { lanes in
          for lane in 0..<count { gradients[9 * lane + tap] += lanes[lane] }
        }
      }
    }
    add(v.0, column)
    add(v.1, 3 + column)
    add(v.2, 6 + column)
  }
  add(collect((rows.0.0, rows.1.0, rows.2.0, rows.3.0)), column: 0)
  add(collect((rows.0.1, rows.1.1, rows.2.1, rows.3.1)), column: 1)
  add(collect((rows.0.2, rows.1.2, rows.2.2, rows.3.2)), column: 2)
}
