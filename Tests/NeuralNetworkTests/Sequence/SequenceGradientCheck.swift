import Testing

/// Compares `gradient` with central differences of `loss` with respect to the numbers at `address`, which it moves by
/// +-`step` one at a time: |analytic - numeric| <= tolerance * max|gradient|. At most `samples` of them, evenly spread.
func expectSequenceGradient(
  _ gradient: [Float], of loss: () -> Double, at address: UnsafeMutablePointer<Float>, step: Float = 0x1p-7,
  tolerance: Double = 3e-3, samples: Int = 60, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(gradient.allSatisfy { $0.isFinite }, "\(what): not finite", sourceLocation: sourceLocation)
  let scale = gradient.reduce(0) { max($0, Double(abs($1))) }
  #expect(scale > 0, "\(what): no gradient at all", sourceLocation: sourceLocation)
  for i in stride(from: 0, to: gradient.count, by: max(1, gradient.count / samples)) {
    let old = address[i]
    address[i] = old + step
    let above = loss()
    address[i] = old - step
    let below = loss()
    address[i] = old
    let numeric = (above - below) / Double((old + step) - (old - step))
    let error = abs(numeric - Double(gradient[i]))
    #expect(
      error <= tolerance * scale, "\(what)[\(i)]: \(gradient[i]), numeric \(numeric)", sourceLocation: sourceLocation)
  }
}
