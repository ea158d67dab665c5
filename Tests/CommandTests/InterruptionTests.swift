import Foundation
import TestSupport
import Testing

/// Every command times every signal: `akuru train` stops after a checkpoint, and no other command leaves a half file.
@Suite struct InterruptionTests {
  struct Signal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let number: Int32
    static let all = [
      Signal("INT", SIGINT), Signal("TERM", SIGTERM), Signal("HUP", SIGHUP),
    ]
    init(_ name: String, _ number: Int32) { (testDescription, self.number) = (name, number) }
  }

  /// What a test inherits may ignore signals; a user's shell does not.
  private static let plain = ["--default-signal=INT,HUP,TERM,PIPE"]

  // MARK: Training

  @Test(arguments: Signal.all + [Signal("USR1", SIGUSR1)]) func trainingStopsAfterACheckpoint(_ signal: Signal) throws {
    let workshop = try Workshop()
    let options = Recipes.akuru + ["--max-steps", "30", "--checkpoint-every", "7"]
    let job = try RunningProcess(
      "env", Self.plain + [product("akuru")] + workshop.training(options, "run"),
      environment: ["AKURU_FAULT": "0:8:step:sleep=1"])
    #expect(waitUntil(60) { FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: 7)) })
    kill(job.processIdentifier, signal.number)
    let stopped = try job.wait(timeout: 30)
    #expect(stopped.exitCode == 85, "\(stopped.transcript)")
    #expect(stopped.stderr.contains("akuru train --resume --run-dir \(workshop.path("run"))"), "\(stopped.transcript)")
    try workshop.train(Recipes.akuru, "run", ["--resume"])
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// `akuru train 2>&1 | head`: the reader of the log is gone, and the run is not lost.
  @Test(arguments: ["2>&1 >/dev/null | head -n 3", "2>&1 | head -n 3"]) func aClosedPipeStopsAfterACheckpoint(
    _ pipe: String
  ) throws {
    let workshop = try Workshop()
    let options = Recipes.akuru + ["--max-steps", "30", "--checkpoint-every", "7", "--verbose"]
    let command = "set -o pipefail; env --default-signal=PIPE \"$@\" \(pipe)"
    let result = try run(
      "bash", ["-c", command, "bash", product("akuru")] + workshop.training(options, "run"), timeout: 60)
    #expect(result.exitCode == 85, "\(result.transcript)")
    let log = try String(contentsOfFile: workshop.path("run/train.log"), encoding: .utf8)
    #expect(log.contains("go on with --resume") || log.contains("stopped on request before the first step"), "\(log)")
    try workshop.train(Recipes.akuru, "run", options.suffix(5) + ["--resume"])
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// A run under nohup outlives the terminal.
  @Test func anIgnoredHangUpStaysIgnored() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let job = try RunningProcess(
      "env", ["--ignore-signal=HUP", product("akuru")] + workshop.training(Recipes.seed, "run", ["--max-steps", "4"]),
      environment: ["AKURU_FAULT": "0:2:step:sleep=1"])
    #expect(waitUntil(60) { FileManager.default.fileExists(atPath: workshop.path("run/config.json")) })
    kill(job.processIdentifier, SIGHUP)
    let result = try job.wait(timeout: 30)
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  @Test func aSecondInterruptEndsAtOnce() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let job = try RunningProcess(
      "env",
      Self.plain + [product("akuru")]
        + workshop.training(Recipes.seed, "run", ["--max-steps", "9", "--checkpoint-every", "1"]),
      environment: ["AKURU_FAULT": "0:3:load:sleep"])
    #expect(waitUntil(60) { FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: 2)) })
    kill(job.processIdentifier, SIGINT)
    usleep(900_000)
    kill(job.processIdentifier, SIGINT)
    let result = try job.wait(timeout: 20)
    #expect(result.exitCode == 85 && result.stderr.contains("asked to stop a second time"), "\(result.transcript)")
  }

  // MARK: All other commands that write

  struct Writing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let arguments: @Sendable (Workshop) throws -> [String]
    init(_ name: String, _ arguments: @escaping @Sendable (Workshop) throws -> [String]) {
      (testDescription, self.arguments) = (name, arguments)
    }
  }

  private static func model(_ workshop: Workshop) throws -> String {
    let model = try UntrainedModel(.tutorial(channels: 1, hidden: 8, height: 24))
    let path = workshop.path("best.safetensors")
    try FileManager.default.copyItem(atPath: model.checkpoint, toPath: path)
    return path
  }

  static let commands: [Writing] = [
    Writing("pack") { ["pack", $0.train, "--output", $0.path("shards")] },
    Writing("lines") {
      _ = try $0.writePages(to: "pages", 2, of: 2)
      return ["lines", $0.path("pages"), "--output", $0.path("lines")]
    },
    Writing("split") { ["split", $0.train, "--output", $0.path("lists"), "--allow-outside"] },
    Writing("check --fix") { ["check", $0.train, "--fix", $0.path("clean.jsonl")] },
    Writing("check --suspects") { ["check", $0.train, "--suspects", $0.path("look.tsv")] },
    Writing("export onnx") { ["export", "-m", try model($0), "--format", "onnx", "-o", $0.path("model.onnx")] },
    Writing("export safetensors") {
      try FileManager.default.createDirectory(atPath: $0.path("e"), withIntermediateDirectories: false)
      return ["export", "-m", try model($0), "--format", "safetensors", "-o", $0.path("e/model.safetensors")]
    },
    Writing("augment-sheet") { ["augment-sheet", $0.train, "--output", $0.path("sheet.png"), "--count", "2"] },
    Writing("sheet") { ["sheet", $0.train, "--output", $0.path("sheet.png"), "--count", "2"] },
    Writing("predict --write-text") { ["predict", "-m", try model($0), "--write-text", "\($0.train)/0.png"] },
    Writing("report") {
      try $0.train(Recipes.seed, "run", ["--max-steps", "1"])
      return ["report", $0.path("run"), "--output", $0.path("report.html")]
    },
  ]

  /// All files below a folder.
  private func files(_ workshop: Workshop) -> [String] {
    (FileManager.default.enumerator(atPath: workshop.path(""))?.allObjects as? [String] ?? []).sorted()
  }

  /// The command is stopped at its first write, and at a later one.
  @Test(arguments: commands, Signal.all) func noCommandLeavesHalfAFile(_ command: Writing, _ signal: Signal) throws {
    for boundary in [0, 1] {
      let workshop = try Workshop(train: 8, validation: 2)
      let arguments = try command.arguments(workshop)
      // The folder that is asked for may stay, if it is empty.
      if command.testDescription == "split" {
        try FileManager.default.createDirectory(atPath: workshop.path("lists"), withIntermediateDirectories: false)
      }
      let before = files(workshop)
      let mark = workshop.path("struck")
      let job = try RunningProcess(
        "env", Self.plain + [product("akuru")] + arguments,
        environment: [
          "AKURU_FAULT": "0:0:write@\(boundary):sleep", "AKURU_FAULT_ONCE": mark, "TMPDIR": workshop.path(""),
        ])
      let struck = waitUntil(40) {
        FileManager.default.fileExists(atPath: mark) || !RunningRanks.isAlive(job.processIdentifier)
      }
      guard struck, FileManager.default.fileExists(atPath: mark) else {
        // A command with fewer writes is done.
        let result = try job.wait(timeout: 20)
        #expect(boundary > 0 && result.exitCode == 0, "\(result.transcript)")
        continue
      }
      kill(job.processIdentifier, signal.number)
      let result = try job.wait(timeout: 20)
      #expect(result.exitCode != 0, "\(result.transcript)")
      // The program that sets the labels gets the signal as well, and may take a moment longer.
      let isTidy = waitUntil(10) { files(workshop).filter { $0 != "struck" } == before }
      #expect(isTidy, "at \(boundary): \(files(workshop)) \(result.transcript)")
    }
  }
}
