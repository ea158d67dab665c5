import Foundation
import Images
import TestSupport
import Testing

/// A model with a line normalizer reads the same at any margins. `Tests/Benchmarks/margins` measures it with rendered words.
@Suite struct MarginTests {
  /// The ink of a set's images with other margins, as shares of its height; left, right, above, below.
  private func copy(_ folder: String, to target: String, margins: (Double, Double, Double, Double)) throws {
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "\(folder)/metadata.csv", toPath: "\(target)/metadata.csv")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".png") {
      let image = try ImageFile.decode(Array(Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
      let ink = (x: 4..<image.width - 7, y: 4..<image.height - 4)
      let height = Double(ink.y.count)
      func pixels(_ share: Double) -> Int { Int((share * height).rounded()) }
      let (left, above) = (pixels(margins.0), pixels(margins.2))
      var padded = GrayImage(
        width: left + ink.x.count + pixels(margins.1), height: above + ink.y.count + pixels(margins.3))
      for y in ink.y {
        for x in ink.x { padded[left + x - ink.x.lowerBound, above + y - ink.y.lowerBound] = image[x, y] }
      }
      try PNG.write(padded, to: "\(target)/\(name)")
    }
  }

  @Test(arguments: ["trim", "center"]) func marginsDoNotMatter(normalizer: String) throws {
    let workshop = try LearningTests.makeWorkshop()
    let recipe = [
      "--height", "32", "--batch-size", "8", "--micro-batch", "4", "--augment", "none", "--line-normalizer", normalizer,
    ]
    try workshop.train(ranks: 2, recipe, "run", ["--epochs", "7"])
    let rates = try [
      (0.1, 0.1, 0.1, 0.1), (0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0.4, 0.4, 0.4, 0.4),
      (1, 1, 1, 1),
    ].enumerated().map { number, margins in
      let folder = workshop.path("margins-\(number)")
      try copy(workshop.validation, to: folder, margins: margins)
      let result = try akuru(["evaluate", "--checkpoint", workshop.path("run"), "--data", folder, "--json"])
      let object = try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any]
      return try #require(object?["cer"] as? Double, "\(result.transcript)")
    }
    let (best, worst) = (rates.min()!, rates.max()!)
    // A letter of the 96 is 0.0104: a best rate of 0 leaves no room for it.
    #expect(best < 0.3 && worst <= max(1.5 * best, best + 0.011), "\(rates)")
  }

  /// Every file of a model says its normalizer, and a resumed run keeps it.
  @Test func theModelSaysItsNormalizer() throws {
    let workshop = try Workshop()
    let more = [
      "--line-normalizer", "trim", "--light", "even", "--polarity", "auto", "--side-margin", "5", "--resampling",
      "lanczos",
    ]
    for ranks in [1, 2, 3] {
      try workshop.train(ranks: ranks, Recipes.akuru + more, "run\(ranks)", ["--max-steps", "6"])
    }
    #expect(try workshop.checkpoints("run2") == workshop.checkpoints("run1"))
    #expect(try workshop.checkpoints("run3") == workshop.checkpoints("run1"))
    for format in ["safetensors", "onnx"] {
      let path = workshop.path("model.\(format)")
      let result = try akuru(["export", "--checkpoint", workshop.path("run1"), "--format", format, "--output", path])
      #expect(result.exitCode == 0, "\(result.transcript)")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      for part in ["lineNormalizer", "trim", "even", "sideMargin", "LANCZOS"] {
        #expect(bytes.range(of: Data(part.utf8)) != nil, "\(format): \(part)")
      }
    }
    let other = try akuru(
      workshop.training(Recipes.akuru, "run1", ["--resume", "--max-steps", "8", "--line-normalizer", "center"]))
    expectFailure(other, 2, ["--line-normalizer center contradicts the run that is resumed (trim)"])
    // Fine-tuning takes it from the model, also from an exported one.
    for (source, run) in [("run1", "tuned"), ("model.safetensors", "tuned2")] {
      try workshop.train(Recipes.akuru, run, ["--max-steps", "2", "--init-from", workshop.path(source)])
      let text = try String(contentsOfFile: workshop.path("\(run)/config.json"), encoding: .utf8)
      #expect(text.contains(/"lineNormalizer" *: *"trim"/) && text.contains(/"light" *: *"even"/), "\(text)")
      #expect(text.contains(/"sideMargin" *: *5/) && text.contains(/"resampling" *: *"lanczos"/), "\(text)")
    }
  }
}
