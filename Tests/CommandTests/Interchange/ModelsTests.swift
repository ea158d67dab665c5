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

  /// A folder of the same name in the way, and the options as a file.
  @Test func theNearestModelIsTheOneThatWasFound() throws {
    try FileManager.default.createDirectory(atPath: workshop.path("glyphs/train"), withIntermediateDirectories: true)
    func train(_ arguments: [String]) throws -> ProcessResult {
      try run(product("akuru"), arguments, environment: ["AKURU_MODELS": models], directory: workshop.path(""))
    }
    let options = Recipes.akuru + ["--max-steps", "3", "--schedule", "constant"]
    let begun = try train(workshop.training(options, "begun"))
    #expect(
      begun.exitCode == 0 && begun.stderr.contains("the run begins with the model glyphs"), "\(begun.transcript)")
    let printed = try train(workshop.training(options, "printed") + ["--print-config"])
    try Data(printed.stdout.utf8).write(to: URL(fileURLWithPath: workshop.path("c.json")))
    let filed = try train(["train", "--config", workshop.path("c.json")])
    #expect(filed.exitCode == 0, "\(filed.transcript)")
    #expect(try weights("begun") == weights("printed"))
  }

  private func weights(_ run: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: workshop.checkpoint(run, step: 3)))
  }

  @Test(arguments: [1, 2, 3]) func aRunBeginsWithTheNearestModel(ranks: Int) throws {
    func train(_ name: String, _ more: [String], models: String? = nil) throws -> ProcessResult {
      try akuru(
        ranks: ranks, workshop.training(Recipes.akuru, name, ["--max-steps", "3", "--schedule", "constant"] + more),
        environment: ["AKURU_MODELS": models ?? self.models])
    }
    let begun = try train("begun", [])
    #expect(
      begun.exitCode == 0 && begun.stderr.contains("begins with the model glyphs, which knows 100.00 %")
        && begun.stderr.contains("validation CER before the first step"), "\(begun.transcript)")
    // The same as if it had been named; and it goes on without the model.
    let named = try train("named", ["--init-from", "glyphs", "--alphabet-change", "union"])
    #expect(named.exitCode == 0, "\(named.transcript)")
    #expect(try weights("begun") == weights("named"))
    let resumed = try akuru(
      ranks: ranks,
      workshop.training(Recipes.akuru, "begun", ["--max-steps", "4", "--schedule", "constant", "--resume"]),
      environment: ["AKURU_MODELS": ""])
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    // What asks for another start, or another network.
    for (name, options) in [
      ("scratch", ["--from-scratch"]), ("weights", ["--start-weights", "glorot"]), ("network", ["--height", "40"]),
    ] {
      let random = try train(name, options)
      #expect(random.exitCode == 0 && !random.stderr.contains("begins with the model"), "\(random.transcript)")
      if name != "network" { #expect(try weights(name) != weights("named")) }
    }
    let none = try train("none", [], models: "")
    #expect(none.exitCode == 0)
    #expect(try weights("none") == weights("scratch"))
    expectFailure(
      try train("both", ["--from-scratch", "--init-from", "glyphs"]), 2, ["--from-scratch contradicts --init-from"])
  }

  /// Texts of which the model knows too few letters are of another script.
  @Test func noModelOfAnotherScriptIsTaken() throws {
    let path = "\(workshop.train)/metadata.csv"
    let texts = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let greek = texts.dropFirst().map { line in
      let comma = line.firstIndex(of: ",") ?? line.endIndex
      return line[..<comma]
        + line[comma...].replacing("a", with: "α").replacing("b", with: "β").replacing("c", with: "γ")
    }
    try Data(([texts[0]] + greek).joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
    let data = ["--train", workshop.train, "--validation", workshop.train]
    let run = try named(
      ["train"] + data + ["--run-dir", workshop.path("greek"), "--max-steps", "1"] + Recipes.akuru)
    #expect(run.exitCode == 0 && !run.stderr.contains("begins with the model"), "\(run.transcript)")
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
