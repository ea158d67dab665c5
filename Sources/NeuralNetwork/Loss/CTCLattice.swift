import Tensors

/// Forward and backward variables of one image's label (Graves et al. 2006, "Connectionist temporal classification",
/// section 4.1), as probabilities of a very wide exponent range (``ExtendedRangeVector``).
///
/// The label l_0 ... l_{L-1} with blanks around has states b_0 l_0 b_1 l_1 ... b_L. Blanks and letters are kept in
/// separate arrays, so that neighbors are contiguous:
///
///     alpha_b[j] = (alpha_b'[j] + alpha_l'[j-1]) y_blank
///     alpha_l[j] = (alpha_l'[j] + alpha_b'[j] + alpha_l'[j-1] where l_j != l_{j-1}) y[j]
///
/// where ' is the previous step. A virtual step 0 with probability 1 in b_0 precedes the first.
struct CTCLattice {
  let length: Int
  private let padded: Int
  private let base: UnsafeMutablePointer<Float>
  private let labels: UnsafePointer<Int32>

  /// Floats the lattice takes for `steps` time steps and a label of `length`.
  static func floats(steps: Int, length: Int) -> Int {
    let padded = paddedCount(length)
    return (steps + 1) * stepFloats(padded) + tailFloats(padded)
  }

  private static func paddedCount(_ length: Int) -> Int { Storage.padded(length + 1) }
  /// Per step: blanks [P], letters [1 + P, rounded], emissions of letters [P].
  private static func stepFloats(_ padded: Int) -> Int { WideArray.floats(3 * padded + 16) }
  /// Once per lattice: skip mask [P + 16], backward blanks and letters [P + 16], products of blanks and letters [P].
  private static func tailFloats(_ padded: Int) -> Int {
    padded + 16 + 2 * WideArray.floats(padded + 16) + 2 * WideArray.floats(padded)
  }

  // The once-only arrays come first, so that their offsets do not depend on the number of steps.
  private var skip: UnsafeMutablePointer<Float> { base }
  private var backwardBlanks: WideArray { WideArray(base: base + (padded + 16), count: padded + 16) }
  private var backwardLetters: WideArray { WideArray(base: base + 3 * (padded + 16), count: padded + 16) }
  private var productBlanks: WideArray { WideArray(base: base + 5 * (padded + 16), count: padded) }
  private var productLetters: WideArray { WideArray(base: base + (7 * padded + 80), count: padded) }
  private func step(_ t: Int) -> UnsafeMutablePointer<Float> {
    base + (CTCLattice.tailFloats(padded) + t * CTCLattice.stepFloats(padded))
  }
  private func blanks(_ t: Int) -> WideArray { WideArray(base: step(t), count: padded) }
  /// Letter j is at index j + 1; index 0 is a zero, letter -1.
  private func letters(_ t: Int) -> WideArray { WideArray(base: step(t) + 2 * padded, count: padded + 16) }
  private func emissions(_ t: Int) -> WideArray { WideArray(base: step(t) + (4 * padded + 32), count: padded) }

  /// A lattice in `memory`, of ``floats(steps:length:)`` floats, for `length` classes at `labels`.
  init(memory: UnsafeMutablePointer<Float>, labels: UnsafePointer<Int32>, length: Int) {
    (base, self.labels, self.length) = (memory, labels, length)
    padded = CTCLattice.paddedCount(length)
    skip.update(repeating: 0, count: padded + 16)
    for j in 0..<length where j > 0 && labels[j] != labels[j - 1] { skip[j] = 1 }
    blanks(0).clear()
    blanks(0).setOne(0)
    letters(0).clear()
  }

  @inline(__always)
  private func blankEmission(_ row: UnsafePointer<Float>, _ softmax: LogSoftmax) -> ExtendedRangeVector {
    ExtendedRangeVector(exponentialOf: Vector(repeating: row[0] - softmax.maximum - softmax.logAddExp))
  }

  /// Computes alpha at time step `t` (from 0 on) from the previous step, for the logits at `row`.
  func forwardStep(_ t: Int, row: UnsafePointer<Float>, _ softmax: LogSoftmax) {
    let (oldBlanks, oldLetters) = (blanks(t), letters(t))
    let (newBlanks, newLetters, y) = (blanks(t + 1), letters(t + 1), emissions(t + 1))
    let blank = blankEmission(row, softmax)
    for j in 0..<length { y.base[j] = row[Int(labels[j])] - softmax.maximum - softmax.logAddExp }
    newLetters[0] = ExtendedRangeVector(m: Vector(repeating: 0), e: SIMD16(repeating: ExtendedRangeVector.zeroExponent))
    var j = 0
    while j < padded {
      let emission = ExtendedRangeVector(exponentialOf: Vector(y.base + j))
        .masked(Vector(repeating: 0).replacing(with: 1, where: Vector.lanes .< Float(length - j)))
      y[j] = emission
      let (b, before, l) = (oldBlanks[j], oldLetters[j], oldLetters[j + 1])
      newBlanks[j] = ((b + before) * blank).normalized
      newLetters[j + 1] = ((l + b + before.masked(Vector(skip + j))) * emission).normalized
      j += Vector.width
    }
  }

  /// p(label) after the last of `steps` forward steps, as m * 2^e; m is 0 if no alignment exists.
  func probability(steps: Int) -> (m: Float, e: Int) {
    let (b, l) = (blanks(steps), letters(steps))
    let (mb, ml) = (b.mantissa(length), l.mantissa(length))
    let (eb, el) = (Int(b.exponent(length)), Int(l.exponent(length)))
    let e = max(eb, el)
    func share(_ m: Float, _ own: Int) -> Float {
      own - e < -60 ? 0 : Float(sign: .plus, exponent: own - e, significand: m)
    }
    return (share(mb, eb) + share(ml, el), e)
  }

  /// Prepares the backward pass: after the last step, only the last blank is reached.
  func beginBackward() {
    backwardBlanks.clear()
    backwardLetters.clear()
    backwardBlanks.setOne(length)
  }

  /// For time step `t`, computes beta from the next step, and from alpha beta the probability of each state;
  /// subtracts `scale` times these from the gradient of the states' classes.
  ///
  ///     beta_b[j] = beta_b'[j] + beta_l'[j]
  ///     beta_l[j] = beta_l'[j] + beta_b'[j+1] + beta_l'[j+1] where l_{j+1} != l_j
  ///
  /// where ' is beta times the emission at the next step. At each step alpha beta is divided by its own sum, which is
  /// p(label) up to rounding, so the state probabilities sum to one.
  func backwardStep(
    _ t: Int, row: UnsafePointer<Float>, _ softmax: LogSoftmax, scale: Float, gradient: UnsafeMutablePointer<Float>
  ) {
    let (afterBlanks, afterLetters) = (backwardBlanks, backwardLetters)
    let (alphaBlanks, alphaLetters, y) = (blanks(t + 1), letters(t + 1), emissions(t + 1))
    let (atBlanks, atLetters) = (productBlanks, productLetters)
    let blank = blankEmission(row, softmax)
    var highest = SIMD16<Int32>(repeating: .min)
    var j = 0
    while j < padded {
      let letter = afterLetters[j]
      let betaBlank = afterBlanks[j] + letter
      let betaLetter = letter + afterBlanks[j + 1] + afterLetters[j + 1].masked(Vector(skip + (j + 1)))
      let (pb, pl) = (alphaBlanks[j] * betaBlank, alphaLetters[j + 1] * betaLetter)
      highest.replace(with: pb.e, where: highest .< pb.e)
      highest.replace(with: pl.e, where: highest .< pl.e)
      atBlanks[j] = pb
      atLetters[j] = pl
      afterBlanks[j] = (betaBlank * blank).normalized
      afterLetters[j] = (betaLetter * y[j]).normalized
      j += Vector.width
    }
    let top = SIMD16<Int32>(repeating: highest.max())
    var (blankSum, letterSum) = (Vector(repeating: 0), Vector(repeating: 0))
    j = 0
    while j < padded {
      let (pb, pl) = (atBlanks[j], atLetters[j])
      let weight = pl.m * ExtendedRangeVector.power(pl.e &- top)
      blankSum += pb.m * ExtendedRangeVector.power(pb.e &- top)
      letterSum += weight
      weight.store(atLetters.base + j)
      j += Vector.width
    }
    let atBlank = horizontalSum(blankSum)
    let share = scale / (atBlank + horizontalSum(letterSum))
    gradient[0] -= share * atBlank
    for j in 0..<length { gradient[Int(labels[j])] -= share * atLetters.base[j] }
  }
}
