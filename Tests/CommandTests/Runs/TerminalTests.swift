import Foundation
import TestSupport
import Testing

/// What a run says: on a terminal, in a file, and when asked to say less or more.
@Suite struct TerminalTests {
  /// Runs a command with a terminal of 80 columns as its standard error, and returns what a person would have seen.
  private func onTerminal(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
    func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }
    let command = arguments.map(quoted).joined(separator: " ")
    let result = try run(
      "script", ["-qec", "stty cols 80; exec \(command)", "/dev/null"],
      environment: [
        "TERM": "xterm", "NO_COLOR": "", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
      ].merging(environment) { $1 })
    #expect(result.exitCode == 0, "\(result.transcript)")
    return result.stdout
  }

  @Test(.enabled(if: hasScript, "there is no script(1) of util-linux"), arguments: [nil, 2])
  func aTerminalHasALineOfProgress(ranks: Int?) throws {
    let workshop = try Workshop(train: 16, validation: 8)
    let launcher = ranks.map { ["mpirun", "-n", "\($0)", "--oversubscribe", "--bind-to", "none"] } ?? []
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "6", "--eval-every", "3"])
    let shown = try onTerminal(launcher + [product("akuru")] + arguments)
    #expect(shown.contains("\r\u{1B}[Kstep 6/6, epoch 3, loss "), "\(shown)")
    #expect(
      shown.matches(of: /step 6\/6, epoch 3, loss [0-9.]+, CER [0-9.]+ %, \d+ images\/s, waiting \d+ %/).count == 1)
    #expect(shown.contains("\u{1B}[2m"), "the time is dim")
    #expect(
      shown.matches(of: /\u{1B}\[Kstep \d[^\r\n\u{1B}]*/).allSatisfy { $0.output.count <= 83 },
      "one line of the terminal")
    let log = try String(contentsOfFile: workshop.path("run/train.log"), encoding: .utf8)
    #expect(!log.contains("\u{1B}") && !log.contains("images/s, waiting"))
  }

  @Test(.enabled(if: hasScript, "there is no script(1) of util-linux"))
  func colorsCanBeRefused() throws {
    let workshop = try Workshop(train: 16, validation: 8)
    let plain = try onTerminal(
      [product("akuru")] + workshop.training(Recipes.akuru, "plain", ["--max-steps", "2"]),
      environment: ["NO_COLOR": "1"])
    #expect(!plain.contains("\u{1B}[2m") && plain.contains("\r\u{1B}[Kstep 2/2"), "\(plain)")
    let dumb = try onTerminal(
      [product("akuru")] + workshop.training(Recipes.akuru, "dumb", ["--max-steps", "2"]), environment: ["TERM": "dumb"]
    )
    #expect(!dumb.contains("\u{1B}"), "\(dumb)")
  }

  @Test func aFileHasPlainLines() throws {
    let workshop = try Workshop(train: 16, validation: 8)
    let result = try workshop.train(ranks: 2, Recipes.akuru, "run", ["--max-steps", "2"])
    #expect(result.stdout == "" && !result.stderr.contains("\u{1B}") && !result.stderr.contains("\r"))
    let log = try String(contentsOfFile: workshop.path("run/train.log"), encoding: .utf8)
    for part in [
      "data: 16 training and 8 validation images, 6 letters", "alphabet: a b c d e ක", "model: akuru [1,32,0,1 ",
      "layer  ", "cnn.0", "16 x 32", "rnn", "training: 2 steps, 2 an epoch; batch 8 in 4 micro-batches on 2 ranks",
      "the same bits on any number of ranks", "binding: rank 0 on ", "; rank 1 on ", "done: best validation CER",
    ] {
      #expect(result.stderr.contains(part), "lacks \(part): \(result.transcript)")
      #expect(log.contains(part), "train.log lacks \(part)")
    }
  }

  @Test func quietAndVerbose() throws {
    let workshop = try Workshop(train: 16, validation: 8)
    let arguments = workshop.training(Recipes.akuru, "quiet", ["--max-steps", "4", "--quiet"])
    let quiet = try akuru(arguments)
    #expect(quiet.exitCode == 0 && quiet.stderr == "" && quiet.stdout == "", "\(quiet.transcript)")
    let log = try String(contentsOfFile: workshop.path("quiet/train.log"), encoding: .utf8)
    #expect(log.contains("model: akuru") && log.contains("done: "))

    let verbose = try akuru(workshop.training(Recipes.akuru, "verbose", ["--max-steps", "4", "--verbose"]))
    #expect(verbose.stderr.contains(" step 2/4, epoch 1, loss "), "\(verbose.transcript)")
    #expect(try workshop.checkpoints("verbose") == workshop.checkpoints("quiet"))
    expectFailure(
      try akuru(workshop.training(Recipes.akuru, "both", ["--max-steps", "4", "--verbose", "--quiet"])), 2,
      ["--quiet does not go with --verbose"])
  }

  @Test func aLongerRunSaysWhatToExpect() throws {
    let workshop = try Workshop(train: 16, validation: 8)
    let result = try workshop.train(Recipes.akuru, "run", ["--max-steps", "140", "--eval-every", "140"])
    let found = result.stderr.matches(of: /expected: \d+:\d\d an epoch, \d+:\d\d to the last step, at \d+ images\/s/)
    #expect(found.count == 1, "\(result.transcript)")
  }
}

private let hasScript = ["/usr/bin/script", "/bin/script"].contains(
  where: FileManager.default.isExecutableFile(atPath:))
