import Datasets
import Messages
import NeuralNetwork
import Settings
import TestSupport
import Testing
import Training

@Suite struct RecipeTests {
  private func recipe(_ options: [String: JSONValue] = [:]) throws -> Recipe { try Recipe(Overrides(options)) }

  @Test func thePresetsOfTheModels() throws {
    let akuru = try recipe()
    #expect(akuru == (try recipe(["model": "akuru"])))
    #expect(akuru.model.height == 40 && akuru.model.maxWidth == 4096 && akuru.model.channels == nil)
    #expect(akuru.batch.batchSize == 8 && akuru.batch.microBatch == 4 && akuru.model.startWeights == .glorot)
    #expect(akuru.optimization.optimizer == .adamw && akuru.optimization.lr == 0.003)
    #expect(akuru.optimization.beta1 == nil && akuru.optimization.beta2 == 0.95)
    #expect(akuru.optimization.schedule == .oneCycle && akuru.optimization.clipNorm == 5)
    #expect(akuru.optimization.weightDecay == 1e-4 && akuru.augmentation.augment.name == "default")
    #expect(akuru.course.seed == 1 && akuru.course.epochs == nil)

    let crnn = try recipe(["model": "crnn"])
    #expect(crnn.model.height == 32 && crnn.batch.batchSize == 64 && crnn.batch.microBatch == 16)
    #expect(crnn.model.startWeights == nil && crnn.optimization.beta2 == nil)
    #expect(crnn.optimization.lr == 0.001 && crnn.augmentation.augment.name == "default")

    let tutorial = try recipe(["model": "tutorial"])
    #expect(tutorial.model.height == 61 && tutorial.model.channels == 1 && tutorial.model.hidden == 256)
    #expect(tutorial.batch.batchSize == 256 && tutorial.batch.microBatch == 64)
    #expect(tutorial.optimization.optimizer == .adam && tutorial.optimization.schedule == .constant)
    #expect(tutorial.optimization.clipNorm == 0 && tutorial.optimization.weightDecay == 0)
    #expect(tutorial.augmentation.augment.name == "none" && tutorial.optimization.lr == 0.001)
    #expect(Recipe.presets.map(\.name) == ["akuru", "crnn", "tutorial"])
    #expect(Recipe.presets.map(\.recipe) == [akuru, crnn, tutorial])
  }

  /// The name that the first checkpoints have for the tutorial's network.
  @Test func seedIsTheTutorial() throws {
    var seed = try recipe(["model": "seed"])
    #expect(seed.model.model == "seed" && seed.model.isTutorial)
    #expect(try seed.model.architecture().stages == recipe(["model": "tutorial"]).model.architecture().stages)
    seed.model.model = "tutorial"
    #expect(seed == (try recipe(["model": "tutorial"])))
  }

  @Test func aSpecStringSaysItsHeight() throws {
    let recipe = try recipe(["model": "[1,24,0,1 Cr3,3,8 Mp2,2 Lbx16 O1c]"])
    #expect(recipe.model.height == 24 && recipe.batch.batchSize == 8 && recipe.optimization.lr == 0.003)
    #expect(try recipe.model.architecture().inputHeight == 24)
    for (options, part) in [
      (["model": "[1,24,0,1 Lbx16 O1c]", "height": 32], "--height goes with named models"),
      (["model": "[1,24,0,1 Lbx16 O1c]", "channels": 3], "--channels goes with --model tutorial only"),
      (["model": "[1,24,0,1 Cr3,3,8 Mx2,2 Lbx16 O1c]"], "--model: position 19: Mx2,2: unknown layer"),
      (["model": "[1,8,0,1 Mp9,9 Mp2,2 Lbx16 O1c]"], "--model: position 10: Mp9,9: 8 lines are too few"),
      (["height": 8], "--height 8 is not possible: model akuru: "),
    ] as [([String: JSONValue], String)] {
      let error = thrown(ConfigurationError.self) { _ = try self.recipe(options) }
      #expect(error?.description.hasPrefix(part) == true, "\(error?.description ?? "no error") for \(options)")
    }
  }

  /// What an optimizer or a schedule is usually used with; what was given stays.
  @Test func someDefaultsDependOnOthers() throws {
    let sgd = try recipe(["optimizer": "sgd"]).optimization
    #expect(sgd.lr == 0.01 && sgd.momentum == 0.9 && sgd.beta2 == nil)
    let given = try recipe(["optimizer": "sgd", "lr": 0.5, "momentum": 0]).optimization
    #expect(given.lr == 0.5 && given.momentum == 0)
    let adadelta = try recipe(["model": "crnn", "optimizer": "adadelta"]).optimization
    #expect(adadelta.lr == 1 && adadelta.momentum == nil)
    #expect(try recipe(["model": "tutorial", "optimizer": "adamw"]).optimization.lr == 0.001)
    #expect(try recipe(["optimizer": "adam"]).optimization.lr == 0.003, "the preset's rate is Adam's")
    let plateau = try recipe(["schedule": "plateau"]).optimization
    #expect(plateau.decayFactor == 0.1 && plateau.patience == 10 && plateau.decayEvery == nil)
    let step = try recipe(["schedule": "step", "decayEvery": 7]).optimization
    #expect(step.decayFactor == 0.1 && step.patience == nil && step.decayEvery == 7)
    let cosine = try recipe(["schedule": "cosine", "warmUp": 5]).optimization
    #expect(cosine.decayFactor == nil && cosine.patience == nil && cosine.warmUp == 5)
  }

  @Test(arguments: [
    ("akuru", 2, 2), ("akuru", 4, 4), ("akuru", 64, 4), ("crnn", 16, 16), ("crnn", 1, 1), ("tutorial", 64, 64),
  ])
  func aSmallBatchIsOneMicroBatch(model: String, batch: Int, micro: Int) throws {
    let recipe = try recipe(["model": .text(model), "batchSize": .integer(batch)])
    #expect(recipe.batch.batchSize.first == batch && !recipe.batch.batchSize.grows && recipe.batch.microBatch == micro)
  }

  @Test func aMicroBatchThatWasGivenStays() throws {
    #expect(try recipe(["batchSize": 6, "microBatch": 3]).batch.microBatch == 3)
    let error = thrown(ConfigurationError.self) { _ = try recipe(["batchSize": 10]) }
    #expect(error?.description == "--batch-size 10 must be a multiple of --micro-batch 4")
  }

  /// Also what a checkpoint says is checked.
  @Test func everyGroupIsValidated() throws {
    let good = try recipe()
    try good.validate()
    func option(_ change: (inout Recipe) -> Void) -> String? {
      var recipe = good
      change(&recipe)
      return thrown(ConfigurationError.self) { try recipe.validate() }?.option
    }
    #expect(option { $0.model.maxWidth = 0 } == "maxWidth")
    #expect(option { $0.batch.microBatch = -1 } == "microBatch")
    #expect(option { $0.optimization.lr = .nan } == "lr")
    #expect(option { $0.augmentation.augment.tone.chance = 2 } == "augment")
    #expect(option { $0.course.mixture = [1, 0] } == "train")
    #expect(option { $0.course.mixture = [1, 1001] } == "train")
    #expect(option { $0.course.mixture = [1, .nan] } == "train")
    #expect(option { $0.course.mixture = [0.5, 1000] } == nil)
  }

  @Test func aRecipeIsOneFlatObject() throws {
    let recipe = try recipe(["optimizer": "sgd", "epochs": 3, "seed": .unsigned(.max), "augment": "strong"])
    let line = try RunJSON.line(recipe)
    #expect(try RunJSON.decode(Recipe.self, from: line) == recipe)
    let object = try RunJSON.decode([String: JSONValue].self, from: line)
    #expect(object["seed"] == .unsigned(.max) && object["height"] == 40 && object["optimizer"] == "sgd")
    #expect(object["model"] == "akuru" && object["momentum"] == 0.9 && object["ema"] == nil)
  }
}

@Suite struct ResumedRecipeTests {
  private let kept = try! Recipe(
    Overrides(["model": "seed", "height": 24, "lr": 0.002, "seed": 7, "schedule": "plateau", "train": "x"]))

  private func contradiction(_ options: [String: JSONValue]) -> String? {
    thrown(ConfigurationError.self) { try kept.requireNoContradiction(by: Overrides(options)) }?.description
  }

  private let remedy = "leave the option out, or start a new run directory"

  @Test func theSameMayBeSaidAgain() {
    #expect(contradiction([:]) == nil)
    #expect(contradiction(["model": "seed", "height": 24, "lr": 0.002, "seed": .unsigned(7)]) == nil)
    #expect(contradiction(["schedule": "plateau", "patience": 10, "augment": "none", "optimizer": "adam"]) == nil)
    #expect(contradiction(["model": "tutorial"]) == nil, "another name for the same")
    #expect(contradiction(["maxSteps": 9, "runDir": "elsewhere", "keep": 1]) == nil, "no matter of the recipe")
  }

  @Test func anotherValueIsRefused() {
    for (name, value, said, before) in [
      ("height", 32, "--height 32", "24"), ("model", "crnn", "--model crnn", "seed"),
      ("lr", 0.01, "--lr 0.01", "0.002"),
      ("epochs", 3, "--epochs 3", "not set"), ("seed", 8, "--seed 8", "7"),
      ("augment", "strong", "--augment strong", "none"),
      ("optimizer", "sgd", "--optimizer sgd", "adam"), ("ema", 0.5, "--ema 0.5", "not set"),
      ("microBatch", 32, "--micro-batch 32", "64"),
    ] as [(String, JSONValue, String, String)] {
      #expect(contradiction([name: value]) == "\(said) contradicts the run that is resumed (\(before)); \(remedy)")
    }
    // The first in the order of names.
    #expect(contradiction(["seed": 8, "height": 32])?.hasPrefix("--height 32 ") == true)
  }

  @Test func aSetOfItsOwnHasNoName() throws {
    var own = kept
    own.augmentation.augment.blur.chance = 0.125
    let error = thrown(ConfigurationError.self) { try own.requireNoContradiction(by: Overrides(["augment": "none"])) }
    #expect(
      error?.description
        == "--augment none contradicts the run that is resumed (a set of its own, see config.json); \(remedy)")
  }

  @Test func theWeightsOfFoldersStay() throws {
    var course = CourseSettings()
    try course.requireSameMixture(as: "a,b")
    try course.requireSameMixture(as: "c:1")
    func message(_ argument: String) -> String? {
      thrown(ConfigurationError.self) { try course.requireSameMixture(as: argument) }?.description
    }
    let end = "; give the same, or start a new run directory"
    #expect(message("a:2") == "--train a:2 contradicts the run that is resumed, which has no weights\(end)")
    course.mixture = [2, 0.5]
    #expect(message("a:2,b:0.5") == nil && message("x:2.0,y:0.50") == nil)
    #expect(message("a,b") == "--train a,b contradicts the run that is resumed, which has weights 2.0, 0.5\(end)")
    #expect(message("a:0.5,b:2") != nil && message("a:2") != nil)
    #expect(try CourseSettings.mixture(of: "a:2,b") == [2, 1] && CourseSettings.mixture(of: "a,b") == nil)
  }
}
