import FuzzSupport
@testable import NeuralNetwork

/// A network's string, of `--model`: what it gives is written alike, and its sizes are checked before they are used.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let spec = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  do {
    let architecture = try Architecture(spec: spec, name: "x")
    let again = try Architecture(spec: architecture.spec, name: "x")
    require(again == architecture, "\(architecture.spec) is another network")
    _ = try architecture.table(classes: 70)
  } catch {
    requireOneLine(error)
    guard let error = error as? NetworkSpecError else { return 0 }
    require((1...spec.unicodeScalars.count + 1).contains(error.position), "position \(error.position)")
  }
  return 0
}
