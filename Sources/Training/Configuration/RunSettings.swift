import Checkpoints
import Datasets
import MessagePassing
import Messages
import Settings
import Survival

/// The settings that do not change the weights: files, and when to evaluate, save and stop.
package struct RunSettings: Codable, Sendable, Equatable {
  package var files = FileSettings()
  package var data = GroundTruthSettings()
  package var start = StartSettings()
  package var length = LengthSettings()
  package var log = LogSettings()
  package var checkpoints = CheckpointSettings()
  package var ranks = RankSettings()
  package var stall = StallSettings()

  package init() {}

  package var groups: [any SettingsGroup] { [files, data, start, length, log, checkpoints, ranks, stall] }

  package init(from decoder: any Decoder) throws {
    files = try FileSettings(from: decoder)
    data = try GroundTruthSettings(from: decoder)
    start = try StartSettings(from: decoder)
    length = try LengthSettings(from: decoder)
    log = try LogSettings(from: decoder)
    checkpoints = try CheckpointSettings(from: decoder)
    ranks = try RankSettings(from: decoder)
    stall = try StallSettings(from: decoder)
  }

  package func encode(to encoder: any Encoder) throws {
    for group in groups { try group.encode(to: encoder) }
  }

  package func validate() throws {
    for group in groups { try group.validate() }
  }
}

/// The files that a run reads and writes.
package struct FileSettings: SettingsGroup {
  /// Data set argument: one or several folders, separated by commas, each with an optional weight.
  package var train: String?
  /// Data set argument; "auto" sets a tenth of the training data aside.
  package var validation: String?
  /// Folder for the results.
  package var runDir: String?
  /// Folder of decoded images; nil is `cache` in the run directory, "none" decodes each image at each use.
  package var cache: String?
  /// Alphabet file; nil uses the letters of the training labels.
  package var alphabet: String?
  /// Skip bad records instead of stopping.
  package var skipBad = false

  package init() {}

  /// Whether a part of the training data is set aside for validation.
  package var splitsTraining: Bool { validation == "auto" }

  /// The folder of decoded images; nil if they are not cached.
  package var cacheFolder: String? { cache == "none" ? nil : cache ?? "\(runDir ?? ".")/cache" }

  package func validate() throws {
    func need(_ value: String?, _ key: CodingKeys, _ what: String) throws {
      if value?.isEmpty ?? true { throw ConfigurationError(option: key.stringValue, " is missing: give \(what)") }
    }
    try need(train, .train, "the folder of training images")
    try need(
      validation, .validation, "the folder of validation images, or auto to set a tenth of the training images aside")
    try need(runDir, .runDir, "a folder for the results")
    if cache != nil { try need(cache, .cache, "a folder for decoded images") }
  }
}

/// The initial state of a run.
package struct StartSettings: SettingsGroup {
  /// Initial network: a checkpoint, a run directory or a safetensors file of PyTorch.
  package var initFrom: String?
  /// Alphabet file of that network, if it contains none.
  package var initAlphabet: String?
  package var alphabetChange = AlphabetChange.fail
  /// Begin with random weights, and not with the nearest of the models that come with Akuru.
  package var fromScratch = false
  /// Continue from the newest good checkpoint.
  package var resume = false

  package init() {}

  package func validate() throws {
    try require(
      CodingKeys.alphabetChange, isNil: alphabetChange == .fail, unless: initFrom != nil, goesWith: "--init-from")
    try require(
      CodingKeys.initAlphabet, isNil: initAlphabet == nil, unless: initFrom != nil, goesWith: "--init-from")
    if fromScratch, initFrom != nil {
      throw ConfigurationError("--from-scratch contradicts --init-from: leave one of them out")
    }
  }
}

/// The length of a run and the interval of its evaluations.
package struct LengthSettings: SettingsGroup {
  /// Steps after which the run ends; nil is no limit.
  package var maxSteps: Int?
  /// Minutes after which this process checkpoints and exits with 85; nil is no limit.
  package var maxMinutes: Double?
  /// Steps between evaluations; nil is once an epoch.
  package var evalEvery: Int?
  /// Consecutive skipped steps after which the run fails.
  package var maxBadSteps = 5

  package init() {}

  package func validate() throws {
    try requireCount(maxSteps, CodingKeys.maxSteps, to: 1_000_000_000_000)
    try requireCount(evalEvery, CodingKeys.evalEvery, to: .max)
    try requireCount(maxBadSteps, CodingKeys.maxBadSteps, to: .max)
    if let maxMinutes {
      try require(
        maxMinutes > 0 && maxMinutes <= 1e9, CodingKeys.maxMinutes, maxMinutes, "must be positive, and at most 1e9")
    }
  }
}

/// The log settings of a run.
package struct LogSettings: SettingsGroup {
  /// Steps between lines in metrics.jsonl.
  package var logEvery = 10
  /// File of the timeline; nil is none.
  package var trace: String?
  package var quiet = false
  package var verbose = false

  package init() {}

  package func validate() throws {
    try requireCount(logEvery, CodingKeys.logEvery, to: .max)
    if trace == "" { throw ConfigurationError(option: "trace", " is missing: give a file for the timeline") }
  }
}

/// The division of work among ranks, and checks of the ranks.
package struct RankSettings: SettingsGroup {
  /// How micro-batches are assigned to ranks.
  package var balance = Balance.static
  /// The form in which gradients are sent between machines.
  package var reduce = Precision.exact
  /// Steps between comparisons of the ranks' weights; they are also compared before each checkpoint.
  package var verifyEvery = 500
  /// Steps between audits, in which one micro-batch of each rank is computed by another rank, too; 0 is never.
  package var auditEvery = 200
  /// What a new run does if more than half of the ranks have no work.
  package var idleRanks = IdleRanks.refuse

  package enum IdleRanks: String, OptionChoice {
    case allow
    /// The run ends before it begins, and says which batch has work for them.
    case refuse
  }

  /// How micro-batches are assigned to ranks. The weights have the same bits either way.
  package enum Balance: String, OptionChoice {
    /// As if all ranks were equally fast.
    case `static`
    /// By the measured speeds of the ranks.
    case adaptive
  }

  package init() {}

  package func validate() throws {
    try requireCount(verifyEvery, CodingKeys.verifyEvery, to: .max)
    try require(auditEvery >= 0, CodingKeys.auditEvery, auditEvery, "must be at least 1, or 0 to switch it off")
    if balance == .adaptive && reduce == .float {
      throw ConfigurationError(
        option: "balance",
        " adaptive does not go with --reduce float: with rounded sums, who computes what would change the weights; leave "
          + "one of them out")
    }
  }
}
