/// Ends the process with `message` unless `condition` holds, in every build.
///
/// `precondition` does not do that in the modules that are built with `-Ounchecked`: there the compiler takes its condition
/// for granted and removes the check. Call this once per layer or image, never for each element.
@inline(__always)
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { fail(message(), file: file, line: line) }
}

/// Never inlined: the path that is not taken stays out of the callers' code.
@inline(never)
private func fail(_ message: String, file: StaticString, line: UInt) -> Never {
  fatalError(message, file: file, line: line)
}
