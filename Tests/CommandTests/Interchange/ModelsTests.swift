import Foundation
import TestSupport
import Testing

/// Models by name: `export --format akuru`, `akuru models`, and a name in place of a checkpoint.
@Suite struct ModelsTests {
  private let workshop: Workshop
  private let models: String

  init() throws {
    workshop = try Workshop(train: 24, validation: 8)
    models = workshop.path("models")
    try workshop.train(Recipes.akuru, "run", ["--max-steps", "4", "--schedule", "constant", "--ema", "0.5"])
    let exported = try akuru(
      [
        "export", "--checkpoint", workshop.path("run"), "--format", "akuru", "--output",
        "\(models)/glyphs/model.safetensors",
      ])
    try #require(exported.exitCode == 0, "\(exported.transcript)")
  }

  private func named(_ arguments: [String], in folder: String? = nil) throws -> ProcessResult {
    try akuru(arguments, environment: ["AKURU_MODELS": folder ?? models])
  }

  private func size(_ path: String) throws -> Int { try Data(contentsOf: URL(fileURLWithPath: path)).count }

  @Test func aNameStandsForItsFile() throws {
    #expect(try size("\(models)/glyphs/model.safetensors") < size(workshop.best("run")) / 2)
    let image = "\(workshop.validation)/0.png"
    let evaluation = ["--data", workshop.validation]
    for command in [["predict", image], ["evaluate"] + evaluation] {
      let arguments = [command[0], "--checkpoint"], rest = Array(command.dropFirst())
      let (byName, byRun) = (
        try named(arguments + ["glyphs"] + rest), try named(arguments + [workshop.path("run")] + rest)
      )
      #expect(byName.exitCode == 0, "\(byName.transcript)")
      #expect(byName.stdout == byRun.stdout && !byName.stdout.isEmpty)
    }
    let tuned = try named(workshop.training(Recipes.akuru, "tuned", ["--init-from", "glyphs", "--max-steps", "2"]))
    #expect(tuned.exitCode == 0, "\(tuned.transcript)")
  }

  @Test func theListAndACard() throws {
    let list = try named(["models"])
    #expect(list.exitCode == 0 && list.stdout.contains("glyphs"), "\(list.transcript)")
    try Data("# Glyphs\n".utf8).write(to: URL(fileURLWithPath: "\(models)/glyphs/card.md"))
    let card = try named(["models", "glyphs"])
    #expect(
      card.exitCode == 0 && card.stdout.hasPrefix("\(models)/glyphs/model.safetensors\n# Glyphs"), "\(card.transcript)")
    // The folder before has a model of the same name: the first one counts.
    let twice = try named(["models"], in: "\(workshop.path("none")):\(models):\(models)")
    #expect(twice.stdout == list.stdout)
  }

  @Test func whatIsNoModel() throws {
    expectFailure(try named(["models", "other"]), 2, ["other: there is no such model"])
    let none = try named(["models"], in: workshop.path("none"))
    #expect(
      none.exitCode == 0 && none.stderr.contains("no model is in \(workshop.path("none"));"), "\(none.transcript)")
    let image = "\(workshop.validation)/0.png"
    for name in ["other", "..", "../glyphs"] {
      expectFailure(try named(["predict", "--checkpoint", name, image]), 2, ["no checkpoint at \(name)"])
    }
    try Data("no model".utf8).write(to: URL(fileURLWithPath: "\(models)/glyphs/model.safetensors"))
    expectFailure(try named(["models"]), 3, ["\(models)/glyphs/model.safetensors"])
  }

  /// A checkpoint of weights alone is nothing to resume from.
  @Test func aRunDoesNotResumeFromIt() throws {
    let checkpoint = workshop.checkpoint("run", step: 4)
    try FileManager.default.removeItem(atPath: workshop.path("run/checkpoints"))
    try FileManager.default.createDirectory(
      atPath: workshop.path("run/checkpoints"), withIntermediateDirectories: false)
    try FileManager.default.copyItem(atPath: "\(models)/glyphs/model.safetensors", toPath: checkpoint)
    let resumed = try akuru(
      workshop.training(
        Recipes.akuru, "run", ["--max-steps", "8", "--schedule", "constant", "--ema", "0.5", "--resume"]))
    expectFailure(resumed, 88, ["none of the 1 checkpoints"])
  }
}
