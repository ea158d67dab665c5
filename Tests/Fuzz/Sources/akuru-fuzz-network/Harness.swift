import FuzzSupport
import NeuralNetwork

/// A network's string, of `--model` or a checkpoint.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let spec = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  do {
    let architecture = try Architecture(spec: spec, name: "x")
    let again = try Architecture(spec: architecture.spec, name: "x")
    require(again == architecture, "\(architecture.spec) is another network")
  } catch {
    requireOneLine(error)
    guard let error = error as? NetworkSpecError else { return 0 }
    require(error.position >= 1, "position \(error.position)")
  }
  return 0
}
