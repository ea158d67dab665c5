import Checkpoints
import Foundation
import Messages
import TestSupport
import Testing

/// A checkpoint, and the file an independent program (Python's struct and hashlib) made of it.
private let golden = Checkpoint(
  tensors: [
    NamedTensor(name: "z.weight", shape: [2, 1, 3], values: [0.5, -1.25, 3, 1e-30, 0.1, -0.0]),
    NamedTensor(name: "optimizer.m.z", shape: [], values: [2]),
  ], metadata: ["alphabet": #"["ං","ක"]"#, "cursor": #"{"step":7}"#])
private let goldenChecksum = "205d42fff8bb326fe2e40748b46ff3d1b1098956c1b399d0a93c08eef554d781"
private let goldenFile = """
  OAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJhbHBoYWJldCI6IltcIuC2glwiLFwi4LaaXCJdIiwiY3Vyc29yIjoie1wic3RlcFwi
  Ojd9IiwiZm9ybWF0IjoiYWt1cnUtY2hlY2twb2ludC0xIiwic2hhMjU2IjoiMjA1ZDQyZmZmOGJiMzI2ZmUyZTQwNzQ4YjQ2ZmYz
  ZDFiMTA5ODk1NmMxYjM5OWQwYTkzYzA4ZWVmNTU0ZDc4MSJ9LCJ6LndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwx
  LDNdLCJkYXRhX29mZnNldHMiOlswLDI0XX0sIm9wdGltaXplci5tLnoiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6W10sImRhdGFf
  b2Zmc2V0cyI6WzI0LDI4XX19ICAAAAA/AACgvwAAQEBgQqINzczMPQAAAIAAAABA
  """
/// The same with the format "akuru-checkpoint-2" and a right checksum.
private let laterFile = """
  OAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJhbHBoYWJldCI6IltcIuC2glwiLFwi4LaaXCJdIiwiY3Vyc29yIjoie1wic3RlcFwi
  Ojd9IiwiZm9ybWF0IjoiYWt1cnUtY2hlY2twb2ludC0yIiwic2hhMjU2IjoiOTA0N2M5NGJiODU3YjU2MDZhY2JkOWE2OTA3NTE3
  MDYzODY1NTg1MDRmYzAxN2QyZTNlZDVjYjFlZjNlMTFiMyJ9LCJ6LndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwx
  LDNdLCJkYXRhX29mZnNldHMiOlswLDI0XX0sIm9wdGltaXplci5tLnoiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6W10sImRhdGFf
  b2Zmc2V0cyI6WzI0LDI4XX19ICAAAAA/AACgvwAAQEBgQqINzczMPQAAAIAAAABA
  """

private func decode(_ base64: String) throws -> [UInt8] {
  Array(try #require(Data(base64Encoded: base64, options: .ignoreUnknownCharacters)))
}

private func error(reading path: String) -> CheckpointError? {
  thrown { _ = try Checkpoint.read(path) }
}

@Suite struct CheckpointTests {
  let folder = try! TemporaryDirectory()

  @Test func writesTheGoldenFile() throws {
    let path = folder.path + "/step.safetensors"
    #expect(try golden.write(to: path) == goldenChecksum)
    #expect(try bytes(of: path) == decode(goldenFile))
    #expect(try folder.names() == ["step.safetensors"])
    #expect(try Checkpoint.read(path) == golden)
  }

  @Test func keepsEveryBitOfOddValues() throws {
    let odd: [Float] = [.nan, Float(bitPattern: 0xFFC0_0001), -.infinity, .leastNonzeroMagnitude, -0.0]
    var checkpoint = Checkpoint(
      tensors: [NamedTensor(name: "odd", shape: [5, 1], values: odd)], metadata: ["note": "ශ්‍රී \"\\\n\u{0}"])
    let path = folder.path + "/odd.safetensors"
    try checkpoint.write(to: path)
    let back = try Checkpoint.read(path)
    #expect(back.tensors[0].values.map(\.bitPattern) == odd.map(\.bitPattern))
    #expect(back.metadata == checkpoint.metadata)
    // Reserved keys do not come from the caller.
    let before = try bytes(of: path)
    (checkpoint.metadata["sha256"], checkpoint.metadata["format"]) = ("x", "y")
    try checkpoint.write(to: path)
    #expect(try bytes(of: path) == before)
  }

  /// The bytes as this code writes them, and proof that they are accepted as they are.
  private func goodBytes() throws -> [UInt8] {
    let path = folder.path + "/good.safetensors"
    try golden.write(to: path)
    #expect(try Checkpoint.read(path) == golden)
    return try bytes(of: path)
  }

  @Test func everyFlippedBitIsFound() throws {
    let whole = try goodBytes()
    for place in whole.indices {
      for bit in 0..<8 {
        var flipped = whole
        flipped[place] ^= 1 << bit
        let found = error(reading: try folder.write(flipped, "flipped.safetensors"))
        guard case .damaged = found else {
          Issue.record("bit \(bit) of byte \(place): \(found?.description ?? "accepted")")
          continue
        }
      }
    }
  }

  @Test func everyTruncationIsFound() throws {
    let whole = try goodBytes()
    for length in 0..<whole.count {
      let path = try folder.write(whole[..<length], "cut.safetensors")
      guard case .damaged(path, _) = error(reading: path) else {
        Issue.record("cut at \(length) was not found")
        continue
      }
    }
    guard case .damaged = error(reading: try folder.write(whole + [0], "long.safetensors")) else {
      Issue.record("an added byte was not found")
      return
    }
  }

  /// Swapped blocks keep the bytes but not their places.
  @Test func swappedTensorsAreFound() throws {
    var whole = try goodBytes()
    let payload = whole.count - 28
    for i in 0..<4 { whole.swapAt(payload + i, payload + 4 + i) }
    guard case .damaged = error(reading: try folder.write(whole, "swapped.safetensors")) else {
      Issue.record("swapped values were not found")
      return
    }
  }

  @Test func otherFilesAreNoCheckpoints() throws {
    try SafeTensors.write(golden.tensors, metadata: ["format": "pt"], to: folder.path + "/pt.safetensors")
    try SafeTensors.write(golden.tensors, to: folder.path + "/plain.safetensors")
    let later = try folder.write(decode(laterFile), "later.safetensors")
    guard case .notACheckpoint(_, let why) = error(reading: later), why.contains("akuru-checkpoint-2") else {
      Issue.record("a later format was not named")
      return
    }
    for name in ["plain.safetensors", "pt.safetensors"] {
      let found = error(reading: "\(folder.path)/\(name)")
      guard case .notACheckpoint = found else {
        Issue.record("\(name): \(found?.description ?? "accepted")")
        continue
      }
      #expect(found?.exitStatus == .badData)
    }
    let missing = error(reading: folder.path + "/missing.safetensors")
    #expect(missing?.exitStatus == .usage)
    #expect(missing?.description.contains("missing.safetensors") == true)
    #expect(error(reading: folder.path)?.exitStatus == .inputOutput)
  }

  @Test func copiesIntoTheModel() throws {
    var memory = [Float](repeating: 7, count: 8)
    try memory.withUnsafeMutableBufferPointer {
      try golden.copy("z.weight", shape: [2, 1, 3], into: $0.baseAddress! + 1)
    }
    expectClose(memory, [7, 0.5, -1.25, 3, 1e-30, 0.1, 0, 7], absolute: 0)
    for (name, shape) in [("z.weight", [2, 3]), ("z.weight", [6]), ("missing", [6])] {
      let error = thrown(CheckpointError.self) {
        try memory.withUnsafeMutableBufferPointer { try golden.copy(name, shape: shape, into: $0.baseAddress!) }
      }
      #expect(error?.description.contains(name) == true)
      #expect(error?.exitStatus == .badData)
    }
  }

  @Test func failedWritesLeaveNothing() throws {
    let double = Checkpoint(tensors: golden.tensors + golden.tensors, metadata: [:])
    guard case .unwritable = thrown(CheckpointError.self, { try double.write(to: folder.path + "/x") }) else {
      Issue.record("a name given twice was written")
      return
    }
    let missing = thrown(CheckpointError.self) { try golden.write(to: folder.path + "/no/such/x.safetensors") }
    #expect(missing?.exitStatus == .inputOutput)
    #expect(missing?.description.contains("No such file or directory") == true)
    #expect(missing?.description.contains("\(folder.path)/no/such/") == true)
    // The rename fails, because a folder has the name.
    try FileManager.default.createDirectory(atPath: folder.path + "/taken/in", withIntermediateDirectories: true)
    guard case .io = thrown(CheckpointError.self, { try golden.write(to: folder.path + "/taken") }) else {
      Issue.record("a folder was replaced")
      return
    }
    #expect(try folder.names() == ["taken"])
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that gets full"))
  func fullDiskKeepsTheOldCheckpoint() throws {
    let disk = try MemoryFileSystem(kilobytes: 64)
    let path = disk.path + "/best.safetensors"
    try golden.write(to: path)
    let large = Checkpoint(
      tensors: [NamedTensor(name: "w", shape: [50_000], values: [Float](repeating: 1, count: 50_000))], metadata: [:])
    let error = thrown(CheckpointError.self) { try large.write(to: path) }
    guard case .io(let cause) = error else {
      Issue.record("\(error?.description ?? "a full disk took it")")
      return
    }
    #expect(cause.code == ENOSPC && cause.description.contains(disk.path))
    #expect(error?.exitStatus == .inputOutput)
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["best.safetensors"])
    #expect(try Checkpoint.read(path) == golden)

    let directory = CheckpointDirectory(path: disk.path)
    try directory.requireSpace(bytes: 10_000)
    let space = thrown(CheckpointError.self) { try directory.requireSpace(bytes: 1_000_000) }
    #expect(space?.exitStatus == .inputOutput)
    #expect(space?.description.contains(disk.path) == true)

    #expect(disk.makeReadOnly())
    guard case .io(let cause) = thrown(CheckpointError.self, { try golden.write(to: path) }) else {
      Issue.record("a read-only disk took it")
      return
    }
    #expect(cause.code == EROFS)
    #expect(try Checkpoint.read(path) == golden)
  }
}
