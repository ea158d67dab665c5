/// Ends the process with `message` unless `condition` holds, in every build.
///
/// `precondition` is no check in the modules that are built with `-Ounchecked`: the compiler assumes its condition and
/// removes the check. Call this once per layer or image, never for each element.
@inline(__always)
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { fail(message(), file: file, line: line) }
}

/// Never inlined: the failure path stays out of the callers' code.
@inline(never)
private func fail(_ message: String, file: StaticString, line: UInt) -> Never {
  fatalError(message, file: file, line: line)
}
