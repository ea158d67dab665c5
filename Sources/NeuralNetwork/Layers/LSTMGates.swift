import Tensors

// The pointwise part of an LSTM step (Hochreiter and Schmidhuber 1997, with forget gates; PyTorch's gate order i, f, g,
// o):
//   c = f * c_prev + i * g,  h = o * tanh c
// for rows of one time step. H need not be a multiple of 16: the last columns go through partial vectors.

/// The memory of one forward step's rows; all pointers are to the first row.
struct LSTMForwardRows {
  /// [rows, 4H]: in, W_ih x + W_hh h_prev; out, the activated gates.
  let gates: UnsafeMutablePointer<Float>
  /// [4H]: b_ih + b_hh.
  let bias: UnsafePointer<Float>
  /// c of the previous step, `previousStride` floats apart: 0 repeats one row of zeros.
  let previousCells: UnsafePointer<Float>
  let previousStride: Int
  /// [rows, H]: out, c.
  let cells: UnsafeMutablePointer<Float>
  /// [rows, H]: out, tanh c.
  let tanhCells: UnsafeMutablePointer<Float>
  /// Out, h, `outputStride` floats apart.
  let output: UnsafeMutablePointer<Float>
  let outputStride: Int
  /// [nextRows, H]: out, a copy of h for the rows that continue; the copies of the others go to `unused` [H].
  let next: UnsafeMutablePointer<Float>
  let nextRows: Int
  let unused: UnsafeMutablePointer<Float>
}

/// Activates the gates of rows `range` and computes c, tanh c and h. Rows are counted from the pointers in `step`.
func lstmForward(_ step: LSTMForwardRows, rows range: Range<Int>, hidden: Int) {
  for row in range {
    let gates = step.gates + row * 4 * hidden
    let previous = step.previousCells + row * step.previousStride
    let cells = step.cells + row * hidden
    let tanhCells = step.tanhCells + row * hidden
    let output = step.output + row * step.outputStride
    let next = row < step.nextRows ? step.next + row * hidden : step.unused

    @inline(__always) func columns(_ j: Int, _ lanes: Int) {
      let i = sigmoid(Vector(gates + j) + Vector(step.bias + j))
      let f = sigmoid(Vector(gates + (hidden + j)) + Vector(step.bias + (hidden + j)))
      let g = tanh(Vector(gates + (2 * hidden + j)) + Vector(step.bias + (2 * hidden + j)))
      let o = sigmoid(Vector(gates + (3 * hidden + j)) + Vector(step.bias + (3 * hidden + j)))
      let c = (i * g).multiplyAdd(f, Vector(previous + j))
      let tanhC = tanh(c)
      let h = o * tanhC
      put(i, gates + j, lanes)
      put(f, gates + (hidden + j), lanes)
      put(g, gates + (2 * hidden + j), lanes)
      put(o, gates + (3 * hidden + j), lanes)
      put(c, cells + j, lanes)
      put(tanhC, tanhCells + j, lanes)
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
struct LSTMBackwardRows {
  /// [rows, 4H]: in, activated gates; out, d loss / d pre-activation.
  let gates: UnsafeMutablePointer<Float>
  let previousCells: UnsafePointer<Float>
  let previousStride: Int
  /// [rows, H]
  let tanhCells: UnsafePointer<Float>
  /// d loss / d h from the layer above, `outputStride` floats apart.
  let outputGradient: UnsafePointer<Float>
  let outputStride: Int
  /// [rows, H]: d loss / d h through the recurrence.
  let carriedOutput: UnsafePointer<Float>
  /// [rows, H]: in, d loss / d c through the recurrence; out, d loss / d c_prev.
  let carriedCell: UnsafeMutablePointer<Float>
  /// [4H]: the gates' gradients are added into it.
  let biasGradient: UnsafeMutablePointer<Float>
}

/// Replaces the gates of rows `range` by their gradients. Rows are counted from the pointers in `step`.
func lstmBackward(_ step: LSTMBackwardRows, rows range: Range<Int>, hidden: Int) {
  for row in range {
    let gates = step.gates + row * 4 * hidden
    let previous = step.previousCells + row * step.previousStride
    let tanhCells = step.tanhCells + row * hidden
    let outputGradient = step.outputGradient + row * step.outputStride
    let carriedOutput = step.carriedOutput + row * hidden
    let carriedCell = step.carriedCell + row * hidden
    let bias = step.biasGradient
    let one = Vector(repeating: 1)

    @inline(__always) func columns(_ j: Int, _ lanes: Int) {
      let i = Vector(gates + j)
      let f = Vector(gates + (hidden + j))
      let g = Vector(gates + (2 * hidden + j))
      let o = Vector(gates + (3 * hidden + j))
      let tanhC = Vector(tanhCells + j)
      let dh = Vector(outputGradient + j) + Vector(carriedOutput + j)
      let dc = Vector(carriedCell + j).multiplyAdd(dh * o, one - tanhC * tanhC)
      let di = dc * g * i * (one - i)
      let df = dc * Vector(previous + j) * f * (one - f)
      let dg = dc * i * (one - g * g)
      let `do` = dh * tanhC * o * (one - o)
      let sums = (
        Vector(bias + j) + di, Vector(bias + (hidden + j)) + df, Vector(bias + (2 * hidden + j)) + dg,
        Vector(bias + (3 * hidden + j)) + `do`
      )
      put(di, gates + j, lanes)
      put(df, gates + (hidden + j), lanes)
      put(dg, gates + (2 * hidden + j), lanes)
      put(`do`, gates + (3 * hidden + j), lanes)
      put(dc * f, carriedCell + j, lanes)
      put(sums.0, bias + j, lanes)
      put(sums.1, bias + (hidden + j), lanes)
      put(sums.2, bias + (2 * hidden + j), lanes)
      put(sums.3, bias + (3 * hidden + j), lanes)
    }

    var j = 0
    while j + Vector.width <= hidden {
      columns(j, Vector.width)
      j += Vector.width
    }
    if j < hidden { columns(j, hidden - j) }
  }
}

/// Writes all lanes, or the first `lanes`.
@inline(__always)
func put(_ vector: Vector, _ address: UnsafeMutablePointer<Float>, _ lanes: Int) {
  if lanes == Vector.width { vector.store(address) } else { vector.store(address, first: lanes) }
}
