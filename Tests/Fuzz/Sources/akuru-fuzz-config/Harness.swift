import FuzzSupport
@testable import Messages
@testable import Settings
@testable import Training

private let scratch = Scratch()

/// A JSON file of options for `--config`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = scratch.write(UnsafeRawBufferPointer(start: start, count: count), to: "config.json")
  do {
    let flags = Overrides(["train": .text("train"), "validation": .text("validation"), "runDir": .text("run")])
    let options = try TrainingConfiguration.options(flags, file: path)
    let configuration = try TrainingConfiguration(options)
    require(
      try RunJSON.decode(TrainingConfiguration.self, from: RunJSON.line(configuration)) == configuration, "differs")
  } catch {
    requireOneLine(error)
  }
  return 0
}
