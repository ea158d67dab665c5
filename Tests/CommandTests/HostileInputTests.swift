import Checkpoints
import Foundation
import Recognition
import TestSupport
import Testing

/// Names, files and arguments that are made to confuse: one clean line each, and nobody waits or runs out of memory.
@Suite struct HostileInputTests {
  /// A workshop with a finished run of one step.
  private func workshopWithRun() throws -> Workshop {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "1"])
    return workshop
  }

  @Test(arguments: [nil, 2]) func namesCannotForgeLines(ranks: Int?) throws {
    let workshop = try workshopWithRun()
    let image = workshop.path("x\nakuru: forged\u{1B}[2J.png")
    try FileManager.default.copyItem(atPath: "\(workshop.validation)/0.png", toPath: image)
    let missing = workshop.path("none\nakuru: forged.png")
    let result = try akuru(ranks: ranks, ["predict", "--checkpoint", workshop.path("run"), image, missing])
    #expect(result.exitCode == 3, "\(result.transcript)")
    #expect(result.stdout.hasPrefix(workshop.path(#"x\nakuru: forged\u{1b}[2J.png"#) + "\t"), "\(result.transcript)")
    #expect(result.stdout.split(separator: "\n").count == 1, "\(result.transcript)")
    #expect(result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: ") }.count == 1)
    #expect(result.stderr.contains(#"none\nakuru: forged.png"#), "\(result.transcript)")

    let exact = try akuru(ranks: ranks, ["predict", "--json", "--checkpoint", workshop.path("run"), image])
    struct Reading: Decodable { let image: String }
    #expect(try JSONDecoder().decode(Reading.self, from: Data(exact.stdout.utf8)).image == image)

    try workshop.spoilMetadata(line: 2, "\"1\nakuru: forged.png\",ab")
    let training = try akuru(ranks: ranks, workshop.training(Recipes.seed, "new", ["--max-steps", "1"]))
    expectFailure(training, 3, ["1 bad record;", #"/1\nakuru: forged.png: there is no such file"#])
    let argument = try akuru(ranks: ranks, ["check", workshop.path("no\nakuru: forged")])
    expectFailure(argument, 3, [#"no\nakuru: forged: no such file"#])
  }

  @Test func pipesAndDevicesAreRefused() throws {
    let workshop = try workshopWithRun()
    let pipe = workshop.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [pipe, "/dev/zero"] {
      let image = try akuru(["predict", "--checkpoint", workshop.path("run"), path], timeout: 20)
      expectFailure(image, 3, ["\(path): cannot read: not a regular file"])
      let checkpoint = try akuru(["predict", "--checkpoint", path, "\(workshop.train)/0.png"], timeout: 20)
      expectFailure(checkpoint, 4, ["cannot read \(path)"])
      let options = try akuru(
        workshop.training(Recipes.seed, "new", ["--max-steps", "1", "--config", path]), timeout: 20)
      expectFailure(options, 2, ["\(path): cannot be read"])
      let alphabet = try akuru(
        workshop.training(Recipes.seed, "new", ["--max-steps", "1", "--alphabet", path]), timeout: 20)
      expectFailure(alphabet, 3, ["\(path): cannot be read: not a regular file"])
    }
    try Data(count: 5 << 20).write(to: URL(fileURLWithPath: workshop.path("large.json")))
    let large = try akuru(
      workshop.training(Recipes.seed, "new", ["--max-steps", "1", "--config", workshop.path("large.json")]))
    expectFailure(large, 2, ["large.json: is larger than 4 MiB"])
  }

  /// A checkpoint of a few kilobytes that claims a network of gigabytes.
  @Test func aCheckpointThatClaimsMoreThanItHolds() throws {
    let workshop = try workshopWithRun()
    var checkpoint = try Checkpoint.read(workshop.best("run"))
    let identity = try #require(checkpoint.metadata["identity"])
    checkpoint.metadata["identity"] = identity.replacingOccurrences(of: "\"hidden\":16", with: "\"hidden\":4096")
    #expect(checkpoint.metadata["identity"] != identity)
    let path = workshop.path("large.safetensors")
    try checkpoint.write(to: path)
    let result = try akuru(["predict", "--checkpoint", path, "\(workshop.train)/0.png"])
    expectFailure(result, 3, [path, "fewer weights than its model has"])
  }

  @Test(arguments: [1, 2]) func recordsThatAreLeftOutAreCounted(ranks: Int) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try FileManager.default.removeItem(atPath: "\(workshop.train)/metadata.csv")
    for i in 0..<10 where i != 4 { try workshop.spoil("\(i).gt.txt", "ab\n") }
    try workshop.spoil("2.png", "hello")
    try workshop.spoil("x.gt.txt", "ab\n")
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "1"])
    let counts = "1 bad record and 2 files without a partner"
    expectFailure(try akuru(ranks: ranks, arguments), 3, ["\(workshop.train): \(counts); mend them"])
    let result = try akuru(ranks: ranks, arguments + ["--skip-bad"])
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stderr.contains("left out \(counts), of 9 records"), "\(result.transcript)")

    for i in 0..<10 { try workshop.spoil("\(i).png", "hello") }
    let nothing = try akuru(ranks: ranks, workshop.training(Recipes.seed, "new", ["--max-steps", "1", "--skip-bad"]))
    expectFailure(nothing, 3, ["\(workshop.train): all records are bad, no usable record is left; mend them"])
    #expect(!nothing.stderr.contains("--skip-bad"), "\(nothing.transcript)")
  }

  @Test func labelsWithControlCharacters() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.spoilMetadata(line: 4, "3.png,a\u{7}b")
    let result = try akuru(workshop.training(Recipes.seed, "run", ["--max-steps", "1"]))
    expectFailure(result, 3, ["3.png: the text holds U+0007, a control character; remove it"])
  }

  @Test func argumentsThatLookLikeOptions() throws {
    let workshop = try workshopWithRun()
    let directory = workshop.path("")
    try FileManager.default.copyItem(atPath: "\(workshop.validation)/0.png", toPath: "\(directory)/-x.png")
    func predict(_ image: [String]) throws -> ProcessResult {
      try run(product("akuru"), ["predict", "--checkpoint", "run"] + image, directory: directory)
    }
    expectFailure(try predict(["-x.png"]), 2, ["-x.png", "for the file write ./-x.png"])
    for image in [["./-x.png"], ["--", "-x.png"]] {
      let result = try predict(image)
      #expect(result.exitCode == 0 && result.stdout.hasPrefix("\(image.last!)\t"), "\(result.transcript)")
    }
  }

  @Test(arguments: [("--lr", "-1", "--lr -1.0: must be positive"), ("--max-steps", "-5", "--max-steps -5: must be")])
  func negativeNumbers(option: String, value: String, message: String) throws {
    let workshop = try Workshop(train: 3, validation: 3)
    let result = try akuru(ranks: 2, workshop.training(Recipes.seed, "run", [option, value]))
    expectFailure(result, 2, [message])
    #expect(!FileManager.default.fileExists(atPath: workshop.path("run")), "wrong options leave nothing behind")
  }

  /// What a job left that ended before its first step does not keep the next one from starting.
  @Test func aRunDirectoryWithALogOnly() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "1"])
    try workshop.spoilMetadata(line: 4, "3.png,")
    #expect(try akuru(arguments).exitCode == 3)
    #expect(FileManager.default.fileExists(atPath: workshop.path("run/train.log")))
    try workshop.spoilMetadata(line: 4, "3.png,a")
    let result = try akuru(arguments)
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  @Test(arguments: [1, 2]) func aCacheThatIsAFile(ranks: Int) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let file = workshop.path("file")
    try Data().write(to: URL(fileURLWithPath: file))
    let result = try akuru(ranks: ranks, workshop.training(Recipes.seed, "run", ["--max-steps", "1", "--cache", file]))
    expectFailure(result, 4, ["cannot create the folder \(file)", "Not a directory"])
  }

  /// A run directory that somebody else prepared: no other file is overwritten, and nobody waits for a reader.
  @Test(arguments: [1, 2]) func aRunDirectoryWithTraps(ranks: Int) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let (files, run) = (FileManager.default, workshop.path("run"))
    func train() throws -> ProcessResult {
      try akuru(ranks: ranks, workshop.training(Recipes.seed, "run", ["--max-steps", "1"]), timeout: 30)
    }
    try files.createDirectory(atPath: run, withIntermediateDirectories: false)
    try GlyphData.write(["precious"], to: workshop.path("file"))
    try files.createSymbolicLink(atPath: "\(run)/.lock", withDestinationPath: "../file")
    expectFailure(try train(), 4, ["cannot create \(run)/.lock", "symbolic links"])
    #expect(try String(contentsOfFile: workshop.path("file"), encoding: .utf8) == "precious\n")

    try files.removeItem(atPath: "\(run)/.lock")
    #expect(mkfifo("\(run)/train.log", 0o600) == 0)
    expectFailure(try train(), 4, ["cannot write \(run)/train.log"])
  }

  @Test func scalingUnderMPIRunIsRefusedOnce() throws {
    expectFailure(try akuru(ranks: 2, ["bench", "scaling", "--ranks", "1"]), 2, ["starts mpirun itself"])
  }
}
