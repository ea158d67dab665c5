import Foundation
import TestSupport
import Testing

/// Run directories on a full disk: exit status 4, and nothing lost that was written before.
@Suite(.enabled(if: MemoryFileSystem.isAvailable, "mounting a tmpfs needs root and CAP_SYS_ADMIN"))
struct FullDiskTests {
  /// `akuru train` on data outside the disk, into `disk`/run.
  func training(_ workshop: Workshop, _ disk: MemoryFileSystem, _ recipe: [String], _ more: [String]) -> [String] {
    ["train", "--train", workshop.train, "--validation", workshop.validation, "--run-dir", "\(disk.path)/run"] + recipe
      + more
  }

  @Test(arguments: [1, 2, 3]) func noSpaceAtStart(ranks: Int) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let disk = try MemoryFileSystem(kilobytes: 1024)
    let small = try akuru(ranks: ranks, training(workshop, disk, Recipes.akuru, ["--max-steps", "2"]))
    expectFailure(small, 4, ["\(disk.path)/run/checkpoints has", "free and the checkpoints need", "smaller --keep"])
    disk.fill()
    let full = try akuru(ranks: ranks, training(workshop, disk, Recipes.seed, ["--max-steps", "2"]))
    expectFailure(full, 4, [disk.path, "No space left on device", "free some space"])
  }

  /// The disk is full before the first checkpoint. The run goes on and says so; the final checkpoint must not fail.
  @Test(arguments: [1, 2, 3]) func fullBeforeTheFirstCheckpoint(ranks: Int) throws {
    let workshop = try Workshop()
    let disk = try MemoryFileSystem(kilobytes: 32 << 10)
    let arguments = training(workshop, disk, Recipes.akuru, ["--max-steps", "40", "--keep", "1"])
    let job = try RunningRanks(ranks, arguments, until: "\(disk.path)/run/config.json")
    disk.fill()
    let result = try job.mpirun.wait(timeout: 60)
    job.expectGone()
    #expect(result.exitCode == 4, "\(result.transcript)")
    let messages = result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: ") }
    #expect(
      messages.count == 1 && messages[0].contains("No space left on device; free some space"), "\(result.transcript)")
    #expect(messages[0].contains("step-00000040.safetensors"))
    for step in [12, 24, 36] {
      #expect(result.stderr.contains("warning: checkpoint of step \(step) failed: "), "\(result.transcript)")
    }
    disk.free()
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(disk.path)/run/checkpoints")
    #expect(names == [], "no half checkpoints")

    let again = try akuru(ranks: ranks, arguments + ["--resume"])
    #expect(again.exitCode == 0, "\(again.transcript)")
    try workshop.train(Recipes.akuru, "straight", ["--max-steps", "40"])
    #expect(
      try workshop.bytes("\(disk.path)/run/checkpoints/step-00000040.safetensors")
        == workshop.bytes(workshop.checkpoint("straight", step: 40)))
  }

  /// A disk that is full for a while costs checkpoints, not the run.
  @Test func fullForAWhile() throws {
    let workshop = try Workshop()
    let disk = try MemoryFileSystem(kilobytes: 32 << 10)
    let arguments = training(
      workshop, disk, Recipes.akuru, ["--max-steps", "60", "--keep", "2", "--checkpoint-every", "5"])
    let job = try RunningRanks(2, arguments, until: "\(disk.path)/run/checkpoints/step-00000005.safetensors")
    disk.fill()
    #expect(waitUntil(30) { job.mpirun.stderr.contains("failed: ") })
    disk.free()
    let result = try job.mpirun.wait(timeout: 60)
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(FileManager.default.fileExists(atPath: "\(disk.path)/run/checkpoints/step-00000060.safetensors"))
  }
}
