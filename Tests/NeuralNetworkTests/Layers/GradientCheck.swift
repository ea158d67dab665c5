import Tensors
import Testing

/// The scalar of a finite-difference check: the sum of output * weights, in Double.
func weightedSum(_ output: [Float], _ weights: [Float]) -> Double {
  precondition(output.count == weights.count)
  return zip(output, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

/// `weights` with zero in place of those whose output stands within `margin` of ReLU's kink, where differences say
/// nothing; `before` is the output before ReLU. Fails if that leaves less than half of the weights.
func withoutKinks(
  _ weights: [Float], before: [Float], margin: Float, sourceLocation: SourceLocation = #_sourceLocation
) -> [Float] {
  let kept = zip(weights, before).map { abs($1) > margin ? $0 : 0 }
  #expect(kept.count { $0 != 0 } * 2 > weights.count, sourceLocation: sourceLocation)
  return kept
}

/// Compares `analytic`, d loss / d matrix, with central differences of `loss` at `positions` (by default everywhere).
/// Fails where the two differ by more than `tolerance` * max|analytic|, or where anything is NaN.
func expectGradient(
  of matrix: Matrix, analytic: [Float], positions: [Int]? = nil, step: Float = 0.02, tolerance: Double = 1e-3,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation, loss: () -> Double
) {
  let positions = positions ?? Array(0..<matrix.count)
  if let i = analytic.firstIndex(where: { !$0.isFinite }) {
    Issue.record("\(what)[\(i)]: gradient \(analytic[i])", sourceLocation: sourceLocation)
  }
  let allowed = tolerance * positions.reduce(1e-6) { max($0, abs(Double(analytic[$1]))) }
  for i in positions {
    let original = matrix.pointer[i]
    let (above, below) = (original + step, original - step)
    matrix.pointer[i] = above
    let high = loss()
    matrix.pointer[i] = below
    let low = loss()
    matrix.pointer[i] = original
    let quotient = (high - low) / (Double(above) - Double(below))
    if !(abs(quotient - Double(analytic[i])) <= allowed) {
      Issue.record(
        "\(what)[\(i)]: gradient \(analytic[i]), difference quotient \(quotient), allowed \(allowed)",
        sourceLocation: sourceLocation)
      return
    }
  }
}
