import Foundation
import Images
import Testing

/// What people get wrong, in one table: each is answered by one message that says what to do, and the right exit status.
/// `BadOptionTests`, `BadDataTests` and `HostileInputTests` look at the same places more closely, under mpirun. `WrongOptionTests`
/// has the rules of all options of `akuru train`.
@Suite struct MistakeTests {
  private static func train(_ options: [String] = []) -> @Sendable (Workshop) throws -> [String] {
    { $0.training(Recipes.seed, "run", ["--max-steps", "1"] + options) }
  }

  /// `akuru train` on something else than the workshop's training set.
  private static func trainOn(_ path: @escaping @Sendable (Workshop) throws -> String)
    -> @Sendable (Workshop) throws ->
    [String]
  {
    { workshop in
      ["train", "--train", try path(workshop), "--validation", workshop.validation, "--run-dir", workshop.path("run")]
        + Recipes.seed + ["--max-steps", "1"]
    }
  }

  /// A command on a checkpoint that a run might have left; {checkpoint} stands for it.
  private static func withModel(_ arguments: [String]) -> @Sendable (Workshop) throws -> [String] {
    { workshop in
      let model = try UntrainedModel(.tutorial(channels: 1, hidden: 8, height: 24))
      try FileManager.default.copyItem(atPath: model.checkpoint, toPath: workshop.path("best.safetensors"))
      return arguments.map {
        $0.replacingOccurrences(of: "{checkpoint}", with: workshop.path("best.safetensors"))
          .replacingOccurrences(of: "{folder}", with: workshop.path(""))
      }
    }
  }

  /// A run of one step that is gone on with, with other options.
  private static func resumed(_ options: [String]) -> @Sendable (Workshop) throws -> [String] {
    { workshop in
      try workshop.train(Recipes.seed, "run", ["--max-steps", "1"])
      return workshop.training([], "run", ["--max-steps", "2"] + options)
    }
  }

  private static func write(_ text: String, to name: String, _ workshop: Workshop) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: workshop.path(name)))
    return workshop.path(name)
  }

  static let mistakes: [BadInput] = [
    // The command line.
    BadInput("misspelt command", status: 2, ["'trian'", "see akuru --help"]) { _ in ["trian"] },
    BadInput(
      "misspelt option", status: 2, ["--epochz", "Did you mean '--epochs'?"], prepare: train(["--epochz", "3"])),
    BadInput("single hyphen and letter", status: 2, ["-e", "see akuru train --help"], prepare: train(["-e", "3"])),
    BadInput(
      "missing value", status: 2, ["Missing value for '--epochs", "see akuru train --help"],
      prepare: train(["--epochs"])),
    BadInput("value without its option", status: 2, ["'32'"], prepare: train(["32"])),
    BadInput("negative number", status: 2, ["--lr -0.1: must be positive"], prepare: train(["--lr", "-0.1"])),
    BadInput(
      "word for a number", status: 2, ["'many' is invalid for '--epochs"], prepare: train(["--epochs", "many"])),
    BadInput(
      "fraction for a whole number", status: 2, ["'1.5' is invalid for '--epochs"], prepare: train(["--epochs", "1.5"])),
    BadInput("seed below zero", status: 2, ["'-1' is invalid for '--seed"], prepare: train(["--seed=-1"])),
    BadInput("comma in a number", status: 2, ["'0,003' is invalid for '--lr"], prepare: train(["--lr", "0,003"])),
    BadInput(
      "predict without images", status: 2, ["see akuru predict --help"],
      prepare: withModel(["predict", "--checkpoint", "{checkpoint}"])),
    BadInput("predict without a checkpoint", status: 2, ["--checkpoint", "see akuru predict --help"]) {
      ["predict", "\($0.train)/0.png"]
    },
    BadInput(
      "unknown export format", status: 2, ["--format pytorch: it is one of safetensors, onnx"],
      prepare: withModel(["export", "--checkpoint", "{checkpoint}", "--format", "pytorch", "--output", "{folder}x"])),
    BadInput("one model to compare", status: 2, ["--compare takes two checkpoints, not 1"]) {
      ["evaluate", "--data", $0.validation, "--compare", $0.path("run")]
    },
    BadInput(
      "port that is none", status: 2, ["'http' is invalid for '--port"],
      prepare: withModel(["serve", "--checkpoint", "{checkpoint}", "--port", "http"])),

    // The configuration file.
    BadInput("misspelt key", status: 2, ["config.json: unknown option \"batch_size\"; did you mean \"batchSize\"?"]) {
      ["train", "--config", try write("{\"batch_size\": 3}", to: "config.json", $0)]
    },

    // Paths that are mixed up.
    BadInput("wrong path", status: 3, ["{folder}trian: no such file or folder"], prepare: trainOn { $0.path("trian") }),
    BadInput(
      "image for a data set", status: 3, ["0.png: not a data set", "give the folder that holds it"],
      prepare: trainOn { "\($0.train)/0.png" }),
    BadInput(
      "checkpoint for a data set", status: 3,
      ["best.safetensors: not a data set", "found a text without paths of images"],
      prepare: withModel(["evaluate", "--checkpoint", "{checkpoint}", "--data", "{checkpoint}"])),
    BadInput(
      "data and run swapped", status: 2, ["--run-dir {train}: holds a data set", "give a folder for the results"]
    ) {
      ["train", "--train", $0.path("run"), "--validation", $0.validation, "--run-dir", $0.train, "--max-steps", "1"]
        + Recipes.seed
    },
    BadInput("run directory that is a file", status: 4, ["{folder}run"]) {
      _ = try write("", to: "run", $0)
      return try train()($0)
    },
    BadInput("data set for a checkpoint", status: 2, ["no checkpoint at {train}"]) {
      ["evaluate", "--checkpoint", $0.train, "--data", $0.validation]
    },
    BadInput("image for a checkpoint", status: 3, ["0.png is damaged", "use another one"]) {
      ["predict", "--checkpoint", "\($0.train)/0.png", "\($0.train)/1.png"]
    },
    BadInput(
      "pattern in quotes", status: 3, ["*.png: cannot read: No such file or directory"],
      prepare: withModel(["predict", "--checkpoint", "{checkpoint}", "{folder}train/*.png"])),
    BadInput("report for a data set to clean", status: 2, ["--fix clean.csv: give a name that ends in .jsonl"]) {
      ["check", $0.train, "--fix", "clean.csv"]
    },
    BadInput("a sheet that is no PNG", status: 2, ["--output sheet.jpg: give a name that ends in .png"]) {
      ["sheet", $0.train, "--output", "sheet.jpg"]
    },
    BadInput("missing alphabet", status: 3, ["{folder}letters.txt: no such file"]) {
      try train(["--alphabet", $0.path("letters.txt")])($0)
    },
    BadInput(
      "missing language model", status: 3, ["none.txt: no such file"],
      prepare: withModel(["predict", "--checkpoint", "{checkpoint}", "--lm", "{folder}none.txt", "{folder}train/0.png"])
    ),

    // Data that is not what it seems.
    BadInput("data without labels", status: 3, ["{train}: not a data set", "\"0.png\" without \"0.gt.txt\""]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/metadata.csv")
      return try train()($0)
    },
    BadInput(
      "column of another name", status: 3,
      ["lacks \"text\"; found \"file_name\", \"remark\"; name it \"text\"", "--columns"]
    ) {
      try $0.spoilMetadata(line: 0, "file_name,remark")
      return try train()($0)
    },
    BadInput("Latin-1 text", status: 3, ["is not UTF-8; convert the file, for example with iconv"]) {
      try $0.spoil("metadata.csv", try $0.bytes("\($0.train)/metadata.csv") + [0x33, 0x2E, 0x70, 0x2C, 0xE9, 0x0A])
      return try train()($0)
    },
    BadInput("two metadata files", status: 3, ["both metadata.csv and metadata.jsonl; remove one"]) {
      try $0.spoil("metadata.jsonl", "")
      return try train()($0)
    },
    BadInput("listed image that is gone", status: 3, ["3.png: there is no such file", "--skip-bad"]) {
      try FileManager.default.removeItem(atPath: "\($0.train)/3.png")
      return try train()($0)
    },
    BadInput(
      "label that does not fit", status: 3,
      ["0.png: the text needs 200 time steps", "correct the text or remove the record"]
    ) {
      try $0.spoilMetadata(line: 1, "0.png," + String(repeating: "ab", count: 100))
      return try train()($0)
    },
    BadInput(
      "photograph of another format", status: 3,
      ["0.png: not a PNG, JPEG, TIFF or WebP image but a HEIC or AVIF image", "convert it to PNG"]
    ) {
      try $0.spoil("0.png", [0, 0, 0, 24] + Array("ftypheic".utf8))
      return try train()($0)
    },
    BadInput(
      "alphabet of another script", status: 3,
      ["not in the alphabet: ", "add them to the alphabet or correct the text"]
    ) {
      try train(["--alphabet", try write("அஆஇ\n", to: "letters.txt", $0)])($0)
    },
    BadInput(
      "one file for two texts", status: 3,
      ["0.jpg: \"0.png\" has the same text \"0.gt.txt\"; keep one, or choose with --image-suffix"]
    ) {
      try FileManager.default.removeItem(atPath: "\($0.train)/metadata.csv")
      try $0.spoil("0.jpg", try $0.bytes("\($0.train)/0.png"))
      try $0.spoil("0.gt.txt", "a\n")
      return try train()($0)
    },

    // Runs that are gone on with.
    BadInput("a run that does not exist", status: 2, ["{folder}rnu: holds no run to go on with"]) {
      ["train", "--resume", "--run-dir", $0.path("rnu")]
    },
    BadInput("a run that exists", status: 2, ["{folder}run", "akuru train --resume --run-dir {folder}run"]) {
      try $0.train(Recipes.seed, "run", ["--max-steps", "1"])
      return try train()($0)
    },
    BadInput(
      "another height than the run's", status: 2, ["--height 32 contradicts the run that is resumed (24)"],
      prepare: resumed(["--resume", "--height", "32"])),
    BadInput("other data than the run's", status: 3, ["training data"]) {
      let arguments = try resumed(["--resume"])($0)
      try $0.spoilMetadata(line: 1, "0.png,ab")
      return arguments
    },
    BadInput("letters that the network does not know", status: 2, ["--alphabet-change"]) {
      let arguments = try withModel(["train", "--init-from", "{checkpoint}"])($0)
      return arguments + [
        "--train", $0.train, "--validation", $0.validation, "--run-dir", $0.path("new"), "--max-steps", "1",
      ]
    },
  ]

  @Test func eachHasItsName() {
    let all = MistakeTests.mistakes + Habits.all
    #expect(Set(all.map(\.testDescription)).count == all.count)
    #expect(all.count >= 60 && Habits.all.count >= 30)
  }

  @Test(arguments: mistakes + Habits.all) func eachIsAnswered(_ mistake: BadInput) throws {
    try mistake.expectFailure(ranks: nil)
  }

  /// What is odd, but may be meant: the run goes on, after a warning that says what to do.
  @Test func whatIsOnlyWarnedOf() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let same = try akuru(
      [
        "train", "--train", workshop.train, "--validation", workshop.train, "--run-dir", workshop.path("same"),
        "--max-steps", "1",
      ]
        + Recipes.seed)
    #expect(
      same.exitCode == 0 && same.stderr.contains("10 validation images are also training images"), "\(same.transcript)")
    try workshop.spoilMetadata(line: 1, "0.png,\u{200E}ab")
    let marks = try akuru(workshop.training(Recipes.seed, "marks", ["--max-steps", "1"]))
    #expect(marks.exitCode == 0, "\(marks.transcript)")
    #expect(
      marks.stderr.contains(
        "/0.png: the text holds U+200E, LEFT-TO-RIGHT MARK, which no image shows; it counts as a letter"),
      "\(marks.transcript)")
    try GlyphData.write(["file_name,text", "0.png,xyz"], to: "\(workshop.validation)/metadata.csv")
    let other = try akuru(workshop.training(Recipes.seed, "other", ["--max-steps", "1"]))
    #expect(other.exitCode == 0 && other.stderr.contains("/0.png: not in the alphabet: U+0078"), "\(other.transcript)")
  }
}
