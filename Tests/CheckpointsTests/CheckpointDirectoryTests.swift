import Files
import Checkpoints
import Foundation
import Messages
import TestSupport
import Testing

private func checkpoint(_ step: Int) -> Checkpoint {
  Checkpoint(
    tensors: [NamedTensor(name: "w", shape: [3], values: [Float(step), 1, 2])], metadata: ["step": "\(step)"])
}

/// Changes one byte in the middle of the payload.
private func damage(_ path: String) throws {
  var all = try bytes(of: path)
  all[all.count - 5] ^= 0x10
  try Data(all).write(to: URL(fileURLWithPath: path))
}

@Suite struct CheckpointDirectoryTests {
  let folder = try! TemporaryDirectory()
  let directory: CheckpointDirectory

  init() throws {
    directory = CheckpointDirectory(path: folder.path + "/checkpoints")
    try createFolder(directory.path)
  }

  private func newest() throws -> (name: String?, log: [String]) {
    var log: [String] = []
    let found = try directory.newestGood(restoring: { $0 }, log: { log.append($0) })
    if let found { #expect(try Checkpoint.read(found.path) == found.checkpoint) }
    return (found.map { String($0.path.dropFirst(directory.path.count + 1)) }, log)
  }

  @Test func namesHaveEightDigits() throws {
    #expect(directory.path(step: 1200).hasSuffix("/checkpoints/step-00001200.safetensors"))
    #expect(directory.path(step: 1_234_567_890).hasSuffix("/step-1234567890.safetensors"))
    for name in [
      "step-1200.safetensors", "step-000001200.safetensors", "step-0000120x.safetensors", "step--0000001.safetensors",
      "step-00001200.safetensors.damaged", "step-99999999999999999999.safetensors", "step-.safetensors", "note.txt",
    ] {
      _ = try folder.write("", "checkpoints/\(name)")
    }
    #expect(try directory.steps() == [])
    for step in [90_000_000, 7, 1_000_000_000] { try checkpoint(step).write(to: directory.path(step: step)) }
    #expect(try directory.steps() == [7, 90_000_000, 1_000_000_000])
    #expect(try CheckpointDirectory(path: folder.path + "/none").steps() == [])
  }

  @Test func keepsTheLastAndTheBest() throws {
    try directory.saveBest(checkpoint(10))
    var deleted: [[String]] = []
    for step in stride(from: 10, through: 50, by: 10) {
      deleted.append(try directory.save(checkpoint(step), step: step, keep: 3))
    }
    #expect(deleted == [[], [], [], ["step-00000010.safetensors"], ["step-00000020.safetensors"]])
    #expect(try directory.steps() == [30, 40, 50])
    #expect(try Checkpoint.read(directory.bestPath) == checkpoint(10))
    // A smaller --keep deletes more at once; 0 keeps the one just written.
    #expect(try directory.save(checkpoint(60), step: 60, keep: 0).count == 3)
    #expect(try directory.steps() == [60])
    // Writing a step again replaces it.
    #expect(try directory.save(checkpoint(60), step: 60, keep: 1) == [])
    #expect(try folder.names("checkpoints") == ["best.safetensors", "step-00000060.safetensors"])
  }

  /// Later steps exist when they did not verify: what was just written must not fall to them.
  @Test func damagedLaterStepsDoNotPushOutGoodOnes() throws {
    for step in [10, 20, 30] { try directory.save(checkpoint(step), step: step, keep: 5) }
    try damage(directory.path(step: 30))
    try directory.save(checkpoint(25), step: 25, keep: 1)
    #expect(try directory.steps() == [25, 30])
    #expect(try newest().name == "step-00000025.safetensors")
    try directory.save(checkpoint(30), step: 30, keep: 1)
    #expect(try directory.steps() == [30])
    #expect(try newest().name == "step-00000030.safetensors")
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that gets full"))
  func nothingIsDeletedBeforeTheNextIsComplete() throws {
    let disk = try MemoryFileSystem(kilobytes: 64)
    let directory = CheckpointDirectory(path: disk.path)
    for step in [1, 2] { try directory.save(checkpoint(step), step: step, keep: 2) }
    let large = Checkpoint(
      tensors: [NamedTensor(name: "w", shape: [40_000], values: [Float](repeating: 1, count: 40_000))], metadata: [:])
    #expect(thrown(CheckpointError.self) { try directory.save(large, step: 3, keep: 1) } != nil)
    #expect(try directory.steps() == [1, 2])
    for step in [1, 2] { #expect(try Checkpoint.read(directory.path(step: step)) == checkpoint(step)) }
    #expect(try directory.save(checkpoint(3), step: 3, keep: 1).count == 2)
  }

  @Test func newestGoodFallsBack() throws {
    #expect(try newest() == (nil, []))
    for step in [5, 10, 15] { try directory.save(checkpoint(step), step: step, keep: 9) }
    #expect(try newest() == ("step-00000015.safetensors", []))
    try damage(directory.path(step: 15))
    var (name, log) = try newest()
    #expect(name == "step-00000010.safetensors")
    #expect(log.count == 1 && log[0].contains("step-00000015.safetensors is damaged"))
    // A folder in place of a file, and an empty file.
    try FileManager.default.removeItem(atPath: directory.path(step: 10))
    try FileManager.default.createDirectory(atPath: directory.path(step: 10), withIntermediateDirectories: false)
    try Data().write(to: URL(fileURLWithPath: directory.path(step: 5)))
    let error = thrown(CheckpointError.self) { _ = try newest() }
    #expect(error?.exitStatus == .noGoodCheckpoint)
    #expect(error?.description.contains("none of the 3 checkpoints in \(directory.path)") == true)
    // The best one is a whole checkpoint too.
    try directory.saveBest(checkpoint(5))
    (name, log) = try newest()
    #expect(name == "best.safetensors")
    #expect(log.count == 3)
    try damage(directory.bestPath)
    #expect(thrown(CheckpointError.self) { _ = try newest() }?.exitStatus == .noGoodCheckpoint)
  }

  @Test func runDirectoryMeansBestElseNewest() throws {
    func open(_ path: String) throws -> (String, [String]) {
      var log: [String] = []
      return (try CheckpointDirectory.open(path) { log.append($0) }.path, log)
    }
    let empty = thrown(CheckpointError.self) { _ = try open(folder.path) }
    #expect(empty?.exitStatus == .usage)
    #expect(empty?.description.contains("folder without checkpoints") == true)
    #expect(thrown(CheckpointError.self) { _ = try open(folder.path + "/none") }?.exitStatus == .usage)
    #expect(thrown(CheckpointError.self) { _ = try CheckpointDirectory.resolve(folder.path + "/none") } != nil)
    #expect(thrown(CheckpointError.self) { _ = try CheckpointDirectory.resolve(folder.path) } != nil)

    for step in [5, 10] { try directory.save(checkpoint(step), step: step, keep: 9) }
    #expect(try open(folder.path) == (directory.path(step: 10), []))
    #expect(try CheckpointDirectory.resolve(folder.path) == directory.path(step: 10))
    try directory.saveBest(checkpoint(5))
    #expect(try open(folder.path) == (directory.bestPath, []))
    #expect(try CheckpointDirectory.resolve(folder.path) == directory.bestPath)
    #expect(try open(directory.path(step: 5)).0 == directory.path(step: 5))
    #expect(try CheckpointDirectory.resolve(directory.path(step: 5)) == directory.path(step: 5))

    try damage(directory.bestPath)
    let (path, log) = try open(folder.path)
    #expect(path == directory.path(step: 10))
    #expect(log.count == 1 && log[0].contains(directory.bestPath))
    // A file that was named is used or refused, never replaced by another.
    #expect(thrown(CheckpointError.self) { _ = try open(directory.bestPath) }?.exitStatus == .badData)
    for step in [5, 10] { try damage(directory.path(step: step)) }
    #expect(thrown(CheckpointError.self) { _ = try open(folder.path) }?.exitStatus == .noGoodCheckpoint)
  }

  /// What cannot be restored is passed over, and named.
  @Test func oneThatCannotBeRestoredIsPassedOver() throws {
    struct Unfit: Error {}
    for step in [5, 10] { try directory.save(checkpoint(step), step: step, keep: 3) }
    var log: [String] = []
    let found = try directory.newestGood(
      restoring: { loaded -> String in
        if loaded.path == directory.path(step: 10) { throw Unfit() }
        return loaded.path
      }, log: { log.append($0) })
    #expect(found == directory.path(step: 5))
    #expect(log == ["Unfit()"])
  }

  @Test func spaceIsChecked() throws {
    try directory.requireSpace(bytes: 1)
    let error = thrown(CheckpointError.self) { try directory.requireSpace(bytes: .max) }
    guard case .noSpace(directory.path, .max, let available) = error else {
      Issue.record("endless space")
      return
    }
    #expect(available > 0)
    #expect(error?.exitStatus == .inputOutput)
    let missing = CheckpointDirectory(path: folder.path + "/none")
    #expect(thrown(CheckpointError.self) { try missing.requireSpace(bytes: 1) }?.exitStatus == .inputOutput)
  }
}
