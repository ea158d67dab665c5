import Testing

/// Records an issue unless `actual` has the length of `expected` and max|actual - expected| <= tolerance * max|expected|.
/// NaN anywhere fails. The message names the worst element.
public func expectClose(
  _ actual: [Float], _ expected: [Float], relativeToMaximum tolerance: Float = 1e-4, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let scale = expected.reduce(Float(0)) { max($0, abs($1)) }
  expectClose(actual, expected, absolute: tolerance * max(scale, 1e-30), what, sourceLocation: sourceLocation)
}

/// Records an issue unless `actual` has the length of `expected` and every |actual - expected| <= tolerance.
public func expectClose(
  _ actual: [Float], _ expected: [Float], absolute tolerance: Float, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record("\(what): \(actual.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  var (worst, worstError) = (-1, Float(-1))
  for i in actual.indices {
    let error = abs(actual[i] - expected[i])
    if !(error <= tolerance) && (worst < 0 || !(error <= worstError)) { (worst, worstError) = (i, error) }
  }
  if worst >= 0 {
    Issue.record(
      "\(what)[\(worst)]: \(actual[worst]), expected \(expected[worst]), error \(worstError), allowed \(tolerance)",
      sourceLocation: sourceLocation)
  }
}
