/// Runs `work` as a phase of a step, nested in another phase: the heartbeat reports it, faults strike in it, and a
/// timeline shows it.
@inline(__always)
package func during<Value>(_ phase: Phase, step: Int, _ work: () throws -> Value) rethrows -> Value {
  let outer = Heartbeat.now.place
  Heartbeat.enter(phase, step: step)
  defer { Heartbeat.goBack(to: outer) }
  guard let span = phase.span else { return try work() }
  return try Trace.span(span, work)
}

/// The same; adds the duration to `total`.
@inline(__always)
package func during<Value>(
  _ phase: Phase, step: Int, adding total: inout Duration, _ work: () throws -> Value
) rethrows -> Value {
  let start = ContinuousClock.now
  defer { total += start.duration(to: .now) }
  return try during(phase, step: step, work)
}
