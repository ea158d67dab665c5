import Checkpoints
import Foundation
import Messages
import Reporting
import TestSupport
import Testing
import Training

@Suite struct RunDirectoryTests {
  let folder = try! TemporaryDirectory()

  private func failure(_ path: String, resume: Bool = false) -> RunDirectoryError? {
    thrown { _ = try RunDirectory(path, resume: resume) }
  }

  @Test func createsTheFolderAndItsFiles() throws {
    struct Configuration: Codable, Equatable { let rate: Double, model: String, data: String }
    let configuration = Configuration(rate: 0.003, model: "akuru", data: "a/b")
    let run = try RunDirectory(folder.path + "/new//run/", resume: false)
    #expect(run.removedTemporaries == [] && run.lockWarning == nil)
    try run.writeConfiguration(configuration)
    try run.writeAlphabet(["ං", "ක", "\u{200D}", "\"", "a"])
    #expect(
      try folder.text("new/run/config.json")
        == "{\n  \"data\" : \"a/b\",\n  \"model\" : \"akuru\",\n  \"rate\" : 0.003\n}\n")
    let alphabet = try RunJSON.decode([String: [String]].self, from: folder.text("new/run/alphabet.json"))
    #expect(alphabet["scalars"]?.map { Array($0.unicodeScalars) } == [["ං"], ["ක"], ["\u{200D}"], ["\""], ["a"]])
    #expect(try folder.names("new/run") == [".lease", ".lock", "alphabet.json", "checkpoints", "config.json"])
    #expect(try folder.names("new/run/checkpoints") == [])
    withExtendedLifetime(run) {}
  }

  @Test func refusesARunWithoutResume() throws {
    let checkpoint = Checkpoint(tensors: [], metadata: [:])
    let traces: [(String, (RunDirectory) throws -> Void)] = [
      ("config.json", { try $0.writeConfiguration(["a": 1]) }),
      ("metrics.jsonl", { _ = try MetricsLog($0.metricsPath) }),
      ("checkpoints/step-00000003.safetensors", { try $0.checkpoints.save(checkpoint, step: 3, keep: 1) }),
      ("checkpoints/best.safetensors", { try $0.checkpoints.saveBest(checkpoint) }),
    ]
    for (index, (name, leave)) in traces.enumerated() {
      let path = "\(folder.path)/\(index)"
      do {
        let run = try RunDirectory(path, resume: false)
        try withExtendedLifetime(run) { try leave(run) }
      }
      let error = failure(path)
      guard case .holdsRun(path, name) = error else {
        Issue.record("\(name): \(error?.description ?? "accepted")")
        continue
      }
      #expect(error?.exitStatus == .usage)
      #expect(error?.description.contains("--resume") == true)
      #expect(failure(path, resume: true) == nil)
    }
    // A folder that holds other things, or nothing but the lock, is free.
    _ = try folder.write("x", "notes.txt")
    #expect(failure(folder.path) == nil)
    #expect(failure(folder.path) == nil)
  }

  @Test func oneRunHasOneWriter() throws {
    let path = folder.path + "/run"
    var first: RunDirectory? = try RunDirectory(path, resume: false)
    for resume in [false, true] {
      let error = failure(path, resume: resume)
      guard case .locked(path, let holder) = error else {
        Issue.record("\(error?.description ?? "both got it")")
        continue
      }
      #expect(holder.contains("process \(getpid()) on "))
      #expect(error?.exitStatus == .inputOutput)
    }
    // Other processes are kept out too, and children do not inherit the lock.
    let lock = ["-n", "-E", "9", path + "/.lock", "true"]
    let command = (try? run("flock", lock))?.exitCode
    if let command { #expect(command == 9) }
    withExtendedLifetime(first) {}
    first = nil
    if command != nil { #expect((try? run("flock", lock))?.exitCode == 0) }
    #expect(failure(path, resume: true) == nil)
  }

  /// A process that was killed holds the lock until it is gone.
  @Test func aLockThatIsGivenBackSoonIsWaitedFor() throws {
    _ = try RunDirectory(folder.path, resume: false)
    let lock = open(folder.path + "/.lock", O_RDWR)
    try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
    Thread.detachNewThread {
      usleep(500_000)
      close(lock)
    }
    #expect(failure(folder.path, resume: true) == nil)
  }

  @Test func cleansUpAfterKilledProcesses() throws {
    try FileManager.default.createDirectory(atPath: folder.path + "/checkpoints", withIntermediateDirectories: true)
    for name in [".config.json.tmp-12", "checkpoints/.best.safetensors.tmp-13"] { _ = try folder.write("x", name) }
    let run = try RunDirectory(folder.path, resume: true)
    #expect(run.removedTemporaries == [".config.json.tmp-12", ".best.safetensors.tmp-13"])
    #expect(try folder.names() == [".lease", ".lock", "checkpoints"])
    withExtendedLifetime(run) {}
  }

  @Test func unusablePlacesAreNamed() throws {
    let file = try folder.write("x", "file")
    for path in [file, file + "/run", "/proc/akuru-run"] {
      let error = failure(path)
      guard case .io(let cause) = error else {
        Issue.record("\(path): \(error?.description ?? "accepted")")
        continue
      }
      #expect(cause.description.contains(path.hasPrefix(file) ? file : path))
      #expect(error?.exitStatus == .inputOutput)
      #expect(error?.description.contains("\n") == false)
    }
    let bad = thrown(RunDirectoryError.self) {
      struct Unencodable: Encodable {
        func encode(to encoder: any Encoder) throws {
          throw EncodingError.invalidValue(0, .init(codingPath: [], debugDescription: "never"))
        }
      }
      try RunDirectory(folder.path + "/run", resume: false).writeConfiguration(Unencodable())
    }
    #expect(bad?.exitStatus == .inputOutput)
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system"))
  func fullAndReadOnlyDisksAreFoundAtStart() throws {
    let disk = try MemoryFileSystem(kilobytes: 64)
    let blocks = [UInt8](repeating: 1, count: 70_000)
    #expect(!FileManager.default.createFile(atPath: disk.path + "/fill", contents: Data(blocks)) || true)
    _ = try? Data(blocks.prefix(60_000)).write(to: URL(fileURLWithPath: disk.path + "/fill2"))
    let full = failure(disk.path + "/run")
    #expect(full?.exitStatus == .inputOutput)
    #expect(full?.description.contains("No space left on device") == true)
    #expect(disk.makeReadOnly())
    let readOnly = failure(disk.path + "/other")
    #expect(readOnly?.description.contains("Read-only file system") == true)
  }
}
