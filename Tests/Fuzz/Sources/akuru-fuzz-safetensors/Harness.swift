@testable import Checkpoints
import FuzzSupport

private let scratch = Scratch()

/// A safetensors file. What is accepted fills the file without overlap or hole, and can be read and written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = scratch.write(UnsafeRawBufferPointer(start: start, count: count), to: "x.safetensors")
  do {
    let file = try SafeTensorsFile(path)
    var end = 0
    var tensors: [NamedTensor] = []
    for entry in file.entries {
      require(entry.bytes.lowerBound == end && entry.bytes.upperBound <= count, "\(entry)")
      end = entry.bytes.upperBound
      require(entry.shape.reduce(entry.dataType.size, *) == entry.bytes.count, "\(entry)")
      if entry.dataType == .i64 { _ = try file.integers(entry.name) }
      if entry.dataType == .f32 {
        tensors.append(NamedTensor(name: entry.name, shape: entry.shape, values: try file.floats(entry.name)))
      }
    }
    let copy = scratch.file("copy.safetensors")
    try SafeTensors.write(tensors, metadata: file.metadata, to: copy)
    let again = try SafeTensorsFile(copy)
    require(again.metadata == file.metadata && again.entries.count == tensors.count, "a copy differs")
  } catch {
    requireOneLine(error)
  }
  return 0
}
