import Tensors

// The pointwise part of a GRU step (PyTorch's gate order r, z, n), for rows of one time step, with x = W_ih x and y = W_hh h_prev:
//   r = sigmoid(x_r + b_r + y_r + c_r),  z = sigmoid(x_z + b_z + y_z + c_z),  n = tanh(x_n + b_n + r (y_n + c_n))
//   h = (1 - z) n + z h_prev
// H need not be a multiple of 16: the last columns go through partial vectors.

/// The memory of one forward step's rows; all pointers are to the first row.
struct GRUForwardRows {
  /// [rows, 3H]: in, x; out, the gates.
  let gates: UnsafeMutablePointer<Float>
  /// [rows, 3H]: in, y; out, y_n + c_n in the part of n.
  let hiddenGates: UnsafeMutablePointer<Float>
  /// [3H]: b and c.
  let bias: UnsafePointer<Float>
  let hiddenBias: UnsafePointer<Float>
  /// [rows, H]: h of the previous step.
  let previous: UnsafePointer<Float>
  /// Out, h, `outputStride` floats apart.
  let output: UnsafeMutablePointer<Float>
  let outputStride: Int
  /// [nextRows, H]: out, a copy of h for the rows that continue; the copies of the others go to `unused` [H].
  let next: UnsafeMutablePointer<Float>
  let nextRows: Int
  let unused: UnsafeMutablePointer<Float>
}

/// Activates the gates of the first `rows` and computes h.
func gruForward(_ step: GRUForwardRows, rows: Int, hidden: Int) {
  for row in 0..<rows {
    let gates = step.gates + row * 3 * hidden
    let hiddenGates = step.hiddenGates + row * 3 * hidden
    let previous = step.previous + row * hidden
    let output = step.output + row * step.outputStride
    let next = row < step.nextRows ? step.next + row * hidden : step.unused
    let (bias, hiddenBias) = (step.bias, step.hiddenBias)

    @inline(__always) func sum(_ j: Int) -> Vector {
      (Vector(gates + j) + Vector(bias + j)) + (Vector(hiddenGates + j) + Vector(hiddenBias + j))
    }
    @inline(__always) func columns(_ j: Int, _ lanes: Int) {
      let r = sigmoid(sum(j))
      let z = sigmoid(sum(hidden + j))
      let y = Vector(hiddenGates + (2 * hidden + j)) + Vector(hiddenBias + (2 * hidden + j))
      let n = tanh((Vector(gates + (2 * hidden + j)) + Vector(bias + (2 * hidden + j))).multiplyAdd(r, y))
      let h = n.multiplyAdd(z, Vector(previous + j) - n)
      put(r, gates + j, lanes)
      put(z, gates + (hidden + j), lanes)
      put(n, gates + (2 * hidden + j), lanes)
      put(y, hiddenGates + (2 * hidden + j), lanes)
      put(h, output + j, lanes)
      put(h, next + j, lanes)
    }

    var j = 0
    while j + Vector.width <= hidden {
      columns(j, Vector.width)
      j += Vector.width
    }
    if j < hidden { columns(j, hidden - j) }
  }
}

/// The memory of one backward step's rows; all pointers are to the first row.
struct GRUBackwardRows {
  /// [rows, 3H]: in, the gates; out, d loss / d x.
  let gates: UnsafeMutablePointer<Float>
  /// [rows, 3H]: in, y_n + c_n in the part of n; out, d loss / d y.
  let hiddenGates: UnsafeMutablePointer<Float>
  let previous: UnsafePointer<Float>
  /// d loss / d h from the layer above, `outputStride` floats apart.
  let outputGradient: UnsafePointer<Float>
  let outputStride: Int
  /// [rows, H]: in, d loss / d h through the recurrence; out, the part of d loss / d h_prev that does not go through y.
  let carried: UnsafeMutablePointer<Float>
  /// [3H]: the gradients of b and c are added into them.
  let biasGradient: UnsafeMutablePointer<Float>
  let hiddenBiasGradient: UnsafeMutablePointer<Float>
}

/// Replaces the gates of the first `rows` by their gradients.
func gruBackward(_ step: GRUBackwardRows, rows: Int, hidden: Int) {
  for row in 0..<rows {
    let gates = step.gates + row * 3 * hidden
    let hiddenGates = step.hiddenGates + row * 3 * hidden
    let previous = step.previous + row * hidden
    let outputGradient = step.outputGradient + row * step.outputStride
    let carried = step.carried + row * hidden
    let (bias, hiddenBias) = (step.biasGradient, step.hiddenBiasGradient)
    let one = Vector(repeating: 1)

    @inline(__always) func columns(_ j: Int, _ lanes: Int) {
      let r = Vector(gates + j)
      let z = Vector(gates + (hidden + j))
      let n = Vector(gates + (2 * hidden + j))
      let dh = Vector(outputGradient + j) + Vector(carried + j)
      let dn = dh * (one - z) * (one - n * n)
      let dz = dh * (Vector(previous + j) - n) * z * (one - z)
      let dr = dn * Vector(hiddenGates + (2 * hidden + j)) * r * (one - r)
      let dy = dn * r
      let sums = (
        Vector(bias + j) + dr, Vector(bias + (hidden + j)) + dz, Vector(bias + (2 * hidden + j)) + dn,
        Vector(hiddenBias + (2 * hidden + j)) + dy
      )
      put(dr, gates + j, lanes)
      put(dz, gates + (hidden + j), lanes)
      put(dn, gates + (2 * hidden + j), lanes)
      put(dr, hiddenGates + j, lanes)
      put(dz, hiddenGates + (hidden + j), lanes)
      put(dy, hiddenGates + (2 * hidden + j), lanes)
      put(dh * z, carried + j, lanes)
      put(sums.0, bias + j, lanes)
      put(sums.0, hiddenBias + j, lanes)
      put(sums.1, bias + (hidden + j), lanes)
      put(sums.1, hiddenBias + (hidden + j), lanes)
      put(sums.2, bias + (2 * hidden + j), lanes)
      put(sums.3, hiddenBias + (2 * hidden + j), lanes)
    }

    var j = 0
    while j + Vector.width <= hidden {
      columns(j, Vector.width)
      j += Vector.width
    }
    if j < hidden { columns(j, hidden - j) }
  }
}
