import Messages
import Settings
import TestSupport
import Testing
import Training

/// Options of a small run, by their names in a configuration file.
let smallRun: [String: JSONValue] = [
  "train": .text("t"), "validation": .text("v"), "runDir": .text("r"), "model": .text("seed"), "channels": .integer(2),
  "hidden": .integer(16), "height": .integer(24), "batchSize": .integer(8), "microBatch": .integer(2),
  "maxSteps": .integer(2),
]

/// Wrong options of `akuru train`: one line that names the option and the remedy. `BadOptionTests` has some of them through the
/// process.
@Suite struct WrongOptionTests {
  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let options: [String: JSONValue]
    let message: String

    init(_ options: [String: JSONValue], _ message: String) {
      (self.options, self.message) = (options, message)
      testDescription = options.sorted { $0.key < $1.key }.map { "\($0) \($1.words)" }.joined(separator: ", ")
    }
  }

  static let models: [Wrong] = [
    Wrong(["model": "akru"], "--model akru: no such model; did you mean akuru?"),
    Wrong(["model": "cnn"], "--model cnn: no such model; did you mean crnn?"),
    Wrong(
      ["model": "transformer"],
      "--model transformer: no such model; it is one of akuru, crnn, tutorial, or a network in brackets"),
    Wrong(["model": "akuru"], "--channels goes with --model tutorial only"),
    Wrong(["model": "crnn", "channels": .null], "--hidden goes with --model tutorial only"),
    Wrong(["channels": 0], "--channels 0: must be 1 to 4,096"),
    Wrong(["hidden": 4097], "--hidden 4097: must be 1 to 4,096"),
    Wrong(["height": 0], "--height 0: must be 1 to 1024 pixels"),
    Wrong(["height": 1025], "--height 1025: must be 1 to 1024 pixels"),
    Wrong(["height": 2_000_000_000], "--height 2000000000: must be 1 to 1024 pixels"),
    Wrong(["maxWidth": 3], "--max-width 3: must be 4 to 65535 pixels"),
    Wrong(["resampling": "nearest"], "--resampling nearest: it is one of bilinear, lanczos"),
    Wrong(["sideMargin": -1], "--side-margin -1: give a number from 0 to 256"),
    Wrong(["sideMargin": 257], "--side-margin 257: give a number from 0 to 256"),
    Wrong(["maxWidth": 65_536], "--max-width 65536: must be 4 to 65535 pixels"),
    Wrong(["featureDropout": 1.5], "--feature-dropout 1.5: must be from 0 to below 1"),
    Wrong(["paperValue": 2], "--paper-value 2: must be 0 or 1"),
  ]

  static let batches: [Wrong] = [
    Wrong(["batchSize": 9], "--batch-size 9 must be a multiple of --micro-batch 2"),
    Wrong(["batchSize": 0], "--batch-size 0: must be 1 to 1,000,000"),
    Wrong(["batchSize": 1_000_001], "--batch-size 1000001: must be 1 to 1,000,000"),
    Wrong(["microBatch": 0], "--micro-batch 0: must be 1 to the batch size (8)"),
    Wrong(["microBatch": 16], "--micro-batch 16: must be 1 to the batch size (8)"),
    Wrong(["batchSize": 1], "--micro-batch 2: must be 1 to the batch size (1)"),
    Wrong(
      ["batchSize": 8194],
      "--batch-size 8194 makes 4097 micro-batches of 2; at most 4096 can be summed exactly: raise --micro-batch"),
  ]

  static let optimization: [Wrong] = [
    Wrong(["optimizer": "lion"], "--optimizer lion: it is one of adam, adamw, lamb, sgd, adadelta"),
    Wrong(["schedule": "sine"], "--schedule sine: it is one of constant, one-cycle, cosine, step, plateau"),
    Wrong(["lr": -1], "--lr -1.0: must be positive"), Wrong(["lr": 0], "--lr 0.0: must be positive"),
    Wrong(["lr": .number(.nan)], "--lr nan: must be positive"),
    Wrong(["lr": .number(.infinity)], "--lr inf: must be positive"),
    Wrong(["weightDecay": -0.5], "--weight-decay -0.5: must not be negative"),
    Wrong(["weightDecay": .number(.nan)], "--weight-decay nan: must not be negative"),
    Wrong(["clipNorm": -1], "--clip-norm -1.0: must not be negative (0 is off)"),
    Wrong(["clipNorm": .number(.infinity)], "--clip-norm inf: must not be negative (0 is off)"),
    Wrong(["momentum": 0.9], "--momentum goes with --optimizer sgd only"),
    Wrong(["optimizer": "adadelta", "momentum": 0], "--momentum goes with --optimizer sgd only"),
    Wrong(["optimizer": "sgd", "momentum": 1], "--momentum 1.0: must be from 0 to below 1"),
    Wrong(["optimizer": "sgd", "momentum": -0.1], "--momentum -0.1: must be from 0 to below 1"),
    Wrong(["schedule": "one-cycle", "warmUp": 3], "--warm-up: the one-cycle schedule has a rise of its own"),
    Wrong(["warmUp": -1], "--warm-up -1: must be 0 to 1,000,000,000"),
    Wrong(["decayEvery": 3], "--decay-every goes with --schedule step only"),
    Wrong(["schedule": "plateau", "decayEvery": 3], "--decay-every goes with --schedule step only"),
    Wrong(["schedule": "step"], "--schedule step needs --decay-every STEPS"),
    Wrong(["schedule": "step", "decayEvery": 0], "--decay-every 0: must be 1 to 1,000,000,000"),
    Wrong(
      ["schedule": "step", "decayEvery": 1, "decayFactor": 1], "--decay-factor 1.0: must be between 0 and 1"),
    Wrong(["schedule": "plateau", "decayFactor": 0], "--decay-factor 0.0: must be between 0 and 1"),
    Wrong(["decayFactor": 0.5], "--decay-factor goes with --schedule step or plateau only"),
    Wrong(["patience": 5], "--patience goes with --schedule plateau only"),
    Wrong(["schedule": "plateau", "patience": -1], "--patience -1: must be 0 to 1,000,000,000"),
    Wrong(["ema": 1], "--ema 1.0: must be from 0 to below 1"),
    Wrong(["ema": .number(.nan)], "--ema nan: must be from 0 to below 1"),
  ]

  static let course: [Wrong] = [
    Wrong(["epochs": 0], "--epochs 0: must be 1 to 1,000,000,000"),
    Wrong(["epochs": .integer(.max)], "--epochs 9223372036854775807: must be 1 to 1,000,000,000"),
    Wrong(["earlyStopping": 0], "--early-stopping 0: must be 1 to 1,000,000,000"),
    Wrong(["labelDropout": 1], "--label-dropout 1.0: must be from 0 to below 1"),
    Wrong(["labelDropout": -0.5], "--label-dropout -0.5: must be from 0 to below 1"),
    Wrong(
      ["augment": "much"], "--augment much: it is one of default, strong, none, or the path of a .json file"),
    Wrong(
      ["train": "t,"],
      "--train: data set \"t,\": a folder's name is empty; write FOLDER or FOLDER,FOLDER"),
    Wrong(
      ["train": "t:0"],
      "--train: data set \"t:0\": a weight must be above 0, at most 1000, with up to 6 decimals"),
  ]

  static let runs: [Wrong] = [
    Wrong(["train": .null], "--train is missing: give the folder of training images"),
    Wrong(["train": ""], "--train is missing: give the folder of training images"),
    Wrong(
      ["validation": .null],
      "--validation is missing: give the folder of validation images, or auto to set a tenth of the training images aside"
    ),
    Wrong(["runDir": .null], "--run-dir is missing: give a folder for the results"),
    Wrong(["cache": ""], "--cache is missing: give a folder for decoded images"),
    Wrong(["trace": ""], "--trace is missing: give a file for the timeline"),
    Wrong(["maxMinutes": 0], "--max-minutes 0.0: must be positive, and at most 1e9"),
    Wrong(["maxMinutes": .number(.nan)], "--max-minutes nan: must be positive, and at most 1e9"),
    Wrong(["maxMinutes": 1e300], "--max-minutes 1e+300: must be positive, and at most 1e9"),
    Wrong(["maxSteps": 0], "--max-steps 0: must be 1 to 1,000,000,000,000"),
    Wrong(["evalEvery": 0], "--eval-every 0: must be at least 1"),
    Wrong(["maxBadSteps": 0], "--max-bad-steps 0: must be at least 1"),
    Wrong(["logEvery": -3], "--log-every -3: must be at least 1"),
    Wrong(["verifyEvery": 0], "--verify-every 0: must be at least 1"),
    Wrong(["auditEvery": -1], "--audit-every -1: must be at least 1, or 0 to switch it off"),
    Wrong(["checkpointEvery": 0], "--checkpoint-every 0: must be at least 1"),
    Wrong(["checkpointMinutes": -1], "--checkpoint-minutes -1.0: must be 0 (off) to 1e9 minutes"),
    Wrong(["checkpointMinutes": .number(.nan)], "--checkpoint-minutes nan: must be 0 (off) to 1e9 minutes"),
    Wrong(["keep": 0], "--keep 0: must be 1 to 1,000,000"),
    Wrong(["keep": .integer(.max)], "--keep 9223372036854775807: must be 1 to 1,000,000"),
    Wrong(["stallTimeout": 0.5], "--stall-timeout 0.5: must be 1 to 1e9 seconds, or 0 to switch it off"),
    Wrong(["stallTimeout": .number(.nan)], "--stall-timeout nan: must be 1 to 1e9 seconds, or 0 to switch it off"),
    Wrong(["balance": "fair"], "--balance fair: it is one of static, adaptive"),
    Wrong(["reduce": "half"], "--reduce half: it is one of exact, float"),
    Wrong(
      ["balance": "adaptive", "reduce": "float"],
      "--balance adaptive does not go with --reduce float: with rounded sums, who computes what would change the weights; "
        + "leave one of them out"),
    Wrong(["alphabetChange": "union"], "--alphabet-change goes with --init-from only"),
    Wrong(["alphabetChange": "grow", "initFrom": "x"], "--alphabet-change grow: it is one of fail, union, new"),
    Wrong(["initAlphabet": "letters.txt"], "--init-alphabet goes with --init-from only"),
    Wrong(["minutes": 0], "--minutes 0.0: must be positive, and at most 1,000,000"),
    Wrong(
      ["minutes": 5, "epochs": 2], "--minutes plans the length of the run, and so does --epochs: give one of them"),
    Wrong(["lrScaling": "linear"], "--lr-scaling goes with a --batch-size that grows only"),
    Wrong(["lrScaling": "cubic", "batchSize": "4..8"], "--lr-scaling cubic: it is one of sqrt, linear, none"),
    Wrong(["batchSize": "3..12"], "--batch-size 3 must be a multiple of --micro-batch 2"),
    Wrong(
      ["batchSize": "8..20"],
      "--batch-size 8..20: the last size must be the first one doubled once or several times; give 32, 8..64 (doubling), or "
        + "8,32@0.25,64@0.5 (sizes from shares)"),
    Wrong(["seed": -1], "--seed -1: must be a whole number, not below zero"),
  ]

  private func refusal(_ options: [String: JSONValue]) -> ConfigurationError? {
    let all = smallRun.merging(options) { $1 }.filter { $0.value != .null }
    return thrown { _ = try TrainingConfiguration(Overrides(all)) }
  }

  @Test func nothingIsWrongWithTheOthers() {
    #expect(refusal([:]) == nil)
  }

  @Test(arguments: models + batches) func theNetworkAndItsBatches(_ wrong: Wrong) { expect(wrong) }

  @Test(arguments: optimization) func theOptimization(_ wrong: Wrong) { expect(wrong) }

  @Test(arguments: course + runs) func theRun(_ wrong: Wrong) { expect(wrong) }

  private func expect(_ wrong: Wrong, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = refusal(wrong.options)
    #expect(error?.description == wrong.message, sourceLocation: sourceLocation)
    #expect(error?.exitStatus == .usage && error?.option != nil, sourceLocation: sourceLocation)
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
}
