import Checkpoints
import Foundation
import Testing

/// Runs that begin with a trained network.
@Suite struct FineTuningTests {
  private static let seed = Recipes.seed
  /// A rate so small that no weight changes by a bit.
  private static let still = ["--lr", "1e-30", "--weight-decay", "0", "--max-steps", "1"]

  /// Leaves only words of these letters in a data set.
  private func keepWords(_ workshop: Workshop, of letters: String) throws {
    let allowed = Set(letters.unicodeScalars)
    for folder in [workshop.train, workshop.validation] {
      let path = "\(folder)/metadata.csv"
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
      let kept = lines.dropFirst().filter { $0.split(separator: ",")[1].unicodeScalars.allSatisfy(allowed.contains) }
      try #require(!kept.isEmpty)
      try GlyphData.write([lines[0]] + kept, to: path)
    }
  }

  /// A workshop with a run `old` that knows the letters `abcde`.
  private func makeWorkshop() throws -> (Workshop, all: [String]) {
    let workshop = try Workshop(train: 60, validation: 24)
    let whole = try [workshop.train, workshop.validation].map {
      try String(contentsOfFile: "\($0)/metadata.csv", encoding: .utf8)
    }
    try keepWords(workshop, of: "abcde")
    try workshop.train(Self.seed, "old", ["--max-steps", "4"])
    return (workshop, whole)
  }

  private func restore(_ workshop: Workshop, _ all: [String]) throws {
    for (folder, text) in zip([workshop.train, workshop.validation], all) {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/metadata.csv"))
    }
  }

  private func floats(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
    try #require(checkpoint.tensor(name), "\(name)").values
  }

  private func alphabet(_ workshop: Workshop, _ run: String) throws -> [String] {
    let data = try Data(contentsOf: URL(fileURLWithPath: workshop.path("\(run)/alphabet.json")))
    return try JSONDecoder().decode([String: [String]].self, from: data)["scalars"] ?? []
  }

  @Test func sharedLettersKeepTheirRows() throws {
    let (workshop, all) = try makeWorkshop()
    try restore(workshop, all)
    let old = try Checkpoint.read(workshop.best("old"))
    // Without another word, the architecture is that of the checkpoint.
    let begin = ["--init-from", workshop.path("old"), "--batch-size", "8", "--micro-batch", "2"] + Self.still
    for ranks in [1, 2, 3] {
      expectFailure(
        try akuru(ranks: ranks, workshop.training(begin, "fail")), 2,
        [
          "1 letters of the training texts are unknown to the network (not in the alphabet: U+0D9A)",
          "--alphabet-change",
        ])
      try workshop.train(ranks: ranks, begin, "union\(ranks)", ["--alphabet-change", "union"])
    }
    #expect(try alphabet(workshop, "union1") == ["a", "b", "c", "d", "e", "ක"])
    let bytes = try workshop.checkpoints("union1")
    #expect(try workshop.checkpoints("union2") == bytes && workshop.checkpoints("union3") == bytes)

    let new = try Checkpoint.read(workshop.checkpoint("union1", step: 1))
    for tensor in old.tensors where !tensor.name.hasPrefix("optimizer.") {
      let values = try floats(new, tensor.name)
      #expect(Array(values.prefix(tensor.values.count)) == tensor.values, "\(tensor.name)")
      #expect(
        values.count == tensor.values.count + (tensor.name == "fc.weight" ? 32 : tensor.name == "fc.bias" ? 1 : 0))
    }
    // The new row is like the others, and not one of them.
    let weights = try floats(new, "fc.weight")
    let (row, others) = (weights.suffix(32), weights.dropLast(32))
    #expect(row.allSatisfy { $0 != 0 && abs($0) < 4 * others.map { abs($0) }.max()! })
    #expect(Set(row).isDisjoint(with: others) && Set(row).count > 16)
  }

  @Test func newLettersOnly() throws {
    let (workshop, all) = try makeWorkshop()
    try restore(workshop, all)
    try keepWords(workshop, of: "bdකe")
    let options = ["--init-from", workshop.best("old"), "--alphabet-change", "new", "--batch-size", "2"] + Self.still
    try workshop.train(ranks: 2, options, "run")
    #expect(try alphabet(workshop, "run") == ["b", "d", "e", "ක"])
    let (old, new) = (try Checkpoint.read(workshop.best("old")), try Checkpoint.read(workshop.best("run")))
    let (before, after) = (try floats(old, "fc.weight"), try floats(new, "fc.weight"))
    for (row, source) in [(0, 0), (1, 2), (2, 4), (3, 5)] {
      #expect(Array(after[row * 32..<(row + 1) * 32]) == Array(before[source * 32..<(source + 1) * 32]))
    }
    #expect(after.count == 5 * 32)
    #expect(try floats(new, "rnn.weight_hh_l0") == floats(old, "rnn.weight_hh_l0"))

    // Words of letters that the network knows change nothing.
    try keepWords(workshop, of: "bde")
    try workshop.train(ranks: 2, ["--init-from", workshop.best("old"), "--batch-size", "2"] + Self.still, "known")
    #expect(try alphabet(workshop, "known") == ["a", "b", "c", "d", "e"])
  }

  @Test func aRunGoesOnWithoutItsBeginning() throws {
    let (workshop, _) = try makeWorkshop()
    let options = ["--init-from", workshop.path("old"), "--batch-size", "8", "--micro-batch", "2", "--max-steps", "6"]
    try workshop.train(ranks: 2, options, "whole")
    for ranks in [3, 1] {
      let stopping = workshop.training(options, "stopped", ["--resume", "--max-minutes", "0.00001"])
      #expect(try akuru(ranks: ranks, stopping).exitCode == 85)
    }
    try FileManager.default.removeItem(atPath: workshop.path("old"))
    try workshop.train(ranks: 2, options, "stopped", ["--resume"])
    let name = "step-00000006.safetensors"
    #expect(try workshop.checkpoints("stopped")[name] == workshop.checkpoints("whole")[name])

    try workshop.train(Self.seed, "plain", ["--max-steps", "1"])
    let result = try akuru(workshop.training(Self.seed, "plain", ["--init-from", "x", "--max-steps", "2", "--resume"]))
    expectFailure(result, 2, ["--init-from x contradicts the run that is resumed"])
  }

  /// Frozen weights, running averages and optimizer state keep their bits; the others move.
  @Test(arguments: [
    ["--freeze", "cnn,rnn.weight_hh_l0"], ["--freeze", "cnn.0,cnn.1,fc", "--ema", "0.9"], ["--freeze", "cnn,rnn"],
  ])
  func frozenWeightsStay(options: [String]) throws {
    let workshop = try Workshop(train: 40, validation: 6)
    let recipe = [
      "--model", "[1,24,0,1 Cl3,3,4b0 Bnr Mp2,2 Cl3,3,4b0 Bnr Mp2,2 Lbx8 O1c]", "--batch-size", "8", "--micro-batch",
      "2",
    ]
    try workshop.train(recipe, "old", ["--max-steps", "4"])
    let more = ["--init-from", workshop.path("old"), "--max-steps", "5"] + options
    for ranks in [1, 2, 3] { try workshop.train(ranks: ranks, recipe + more, "run\(ranks)") }
    let bytes = try workshop.checkpoints("run1")
    #expect(try workshop.checkpoints("run2") == bytes && workshop.checkpoints("run3") == bytes)
    let (old, new) = (
      try Checkpoint.read(workshop.best("old")), try Checkpoint.read(workshop.checkpoint("run1", step: 5))
    )
    let prefixes = options[1].split(separator: ",")
    for tensor in new.tensors {
      let name = tensor.name.replacing(/^(optimizer\.[a-z_]+|training)\./, with: "")
      let isFrozen = prefixes.contains { name == $0 || name.hasPrefix($0 + ".") }
      if tensor.name.hasPrefix("optimizer.") {
        #expect(tensor.values.allSatisfy { $0 == 0 } == isFrozen, "\(tensor.name)")
      } else {
        #expect((tensor.values == (try floats(old, name))) == isFrozen, "\(tensor.name)")
      }
    }
  }

  private func fixture(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "fixtures")).path
  }

  /// A state dict of the tutorial's model: sizes from its shapes, letters from its metadata.
  @Test(arguments: [1, 3]) func aFileOfPyTorch(ranks: Int) throws {
    let workshop = try Workshop(train: 60, validation: 24)
    try keepWords(workshop, of: "abcde")
    let file = try fixture("pretrained-seed")
    let options = ["--init-from", file, "--height", "24", "--batch-size", "8", "--micro-batch", "2"] + Self.still
    let result = try workshop.train(ranks: ranks, options, "run")
    #expect(result.stderr.contains("5 of its 5 letters kept, 0 new"), "\(result.transcript)")
    let (run, source) = (try Checkpoint.read(workshop.best("run")), try SafeTensorsFile(file))
    for entry in source.entries { #expect(try floats(run, entry.name) == source.floats(entry.name), "\(entry.name)") }
    #expect(source.entries.count == 14)
  }

  /// Batch normalization counts its batches there; the letters come from a file.
  @Test func aFileOfPyTorchWithoutLetters() throws {
    let workshop = try Workshop(train: 40, validation: 6)
    let file = try fixture("pretrained-normalised")
    let network = "[1,24,0,1 Cl3,3,2b0 Bnr Mp2,2 Cl3,3,4b0 Bnr Mp2,2 Lbx8 O1c]"
    let options = ["--init-from", file, "--batch-size", "8", "--freeze", "cnn"] + Self.still
    let letters = workshop.path("letters.txt")
    try Data("edcbaක".utf8).write(to: URL(fileURLWithPath: letters))
    let model = ["--model", network, "--init-alphabet", letters]
    for paper in [nil, "1"] as [String?] {
      let run = "run\(paper ?? "")"
      try workshop.train(ranks: 2, options + model, run, paper.map { ["--paper-value", $0] } ?? [])
      let (read, source) = (try Checkpoint.read(workshop.best(run)), try SafeTensorsFile(file))
      for entry in source.entries where entry.dataType == .f32 {
        #expect(try floats(read, entry.name) == source.floats(entry.name), "\(entry.name)")
      }
      #expect(read.metadata["identity"]?.contains("\"inkIsPositive\":\(paper == nil)") == true)
    }
    #expect(try alphabet(workshop, "run") == ["e", "d", "c", "b", "a", "ක"])
    for (arguments, message) in [
      (model.dropLast(2), "says nothing of its alphabet"), (model.dropFirst(2), "its network is unknown"),
      (["--model", "crnn"] + model.dropFirst(2), "tensor cnn.0.weight has shape [2, 1, 3, 3]"),
      (["--model", network, "--init-alphabet", workshop.path("old.txt")], "old.txt"),
    ] {
      let result = try akuru(ranks: 2, workshop.training(options + arguments, "fail"))
      expectFailure(result, message == "old.txt" ? 3 : 2, [message])
    }
    try Data("edcba".utf8).write(to: URL(fileURLWithPath: letters))
    expectFailure(try akuru(workshop.training(options + model, "fail")), 2, ["the network has 7 classes", "5 letters"])
  }

  @Test func wrongBeginnings() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let text = workshop.path("text.safetensors")
    try Data("no tensors at all".utf8).write(to: URL(fileURLWithPath: text))
    for (options, status, message) in [
      (["--init-from", workshop.path("none")], 2, "no such file or run directory"),
      (["--init-from", workshop.train], 2, "a folder without checkpoints"),
      (["--init-from", text], 3, "is not a good safetensors file"),
      (["--alphabet-change", "union"], 2, "--alphabet-change goes with --init-from only"),
      (["--init-alphabet", "x"], 2, "--init-alphabet goes with --init-from only"),
      (
        ["--freeze", "conv"], 2,
        "--freeze conv: no weight has a name that begins so; the network has conv1, conv2, rnn, fc"
      ),
      (["--freeze", "conv1,"], 2, "--freeze : no weight"),
      (["--freeze", "conv1,conv2,rnn,fc"], 2, "nothing is left to train"),
      (["--paper-value", "2"], 2, "--paper-value 2: must be 0 or 1"),
    ] as [([String], Int32, String)] {
      let result = try akuru(ranks: 2, workshop.training(Self.seed, "run", ["--max-steps", "2"] + options))
      expectFailure(result, status, [message])
    }
  }
}
