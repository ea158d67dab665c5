@testable import Checkpoints
import FuzzSupport
@testable import Recognition
@testable import Training

private let scratch = Scratch()

/// A checkpoint, also with the right checksum, which mutations never hit: then the model and the state of the run are read too.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = scratch.write(UnsafeRawBufferPointer(start: start, count: count), to: "x.safetensors")
  do {
    _ = try Checkpoint.read(path)
  } catch {
    requireOneLine(error)
  }
  do {
    let file = try SafeTensorsFile(path)
    let tensors = try file.entries.map {
      NamedTensor(name: $0.name, shape: $0.shape, values: try file.floats($0.name))
    }
    let metadata = file.metadata.filter { !Checkpoint.reservedKeys.contains($0.key) }
    let repaired = scratch.file("repaired.safetensors")
    try Checkpoint(tensors: tensors, metadata: metadata).write(to: repaired)
    let checkpoint = try Checkpoint.read(repaired)
    require(checkpoint.tensors.count == tensors.count && checkpoint.metadata == metadata, "a copy differs")
    let loaded = CheckpointDirectory.LoadedCheckpoint(path: repaired, checkpoint: checkpoint)
    _ = try ModelDescription(of: loaded)
    _ = try TrainingState(restoring: loaded)
  } catch {
    requireOneLine(error)
  }
  return 0
}
