import FuzzSupport
@testable import Reporting

private let scratch = Scratch()

/// `metrics.jsonl` of a run that is resumed: cut back to a step, nothing is left to cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = scratch.write(UnsafeRawBufferPointer(start: start, count: count), to: "metrics.jsonl")
  do {
    try MetricsLog.truncate(path, afterStep: 5)
    require(try MetricsLog.truncate(path, afterStep: 5) == MetricsLog.Cut(), "a second cut cuts more")
  } catch {
    requireOneLine(error)
  }
  return 0
}
