import MessagePassing

/// A training run, fully resolved: the recipe, where data and results are, and when to stop, evaluate and save.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
  public var recipe: Recipe
  /// Data set argument: a folder or several, comma-separated, each with a weight or without.
  public var train: String
  public var validation: String
  public var runDir: String
  /// Folder of decoded images; nil is `cache` in the run directory, "none" decodes each image whenever it is needed.
  public var cache: String?
  /// Alphabet file; nil takes the letters of the training labels.
  public var alphabet: String?
  /// Network to begin with: a checkpoint, a run directory or a safetensors file of PyTorch.
  public var initFrom: String?
  /// Alphabet file of that network, if it says none.
  public var initAlphabet: String?
  var alphabetChange: AlphabetChange
  /// Leave bad records out instead of stopping.
  public var skipBad: Bool
  /// Go on from the newest good checkpoint.
  public var resume: Bool
  /// Steps after which the run is done; nil is no limit.
  public var maxSteps: Int?
  /// Minutes after which this process checkpoints and exits with 85; nil is no limit.
  public var maxMinutes: Double?
  /// Steps between evaluations; nil is once an epoch.
  public var evalEvery: Int?
  /// Steps between checkpoints; nil is once an epoch.
  public var checkpointEvery: Int?
  /// Newest checkpoints kept, besides the best.
  public var keep: Int
  /// Steps between lines in metrics.jsonl.
  public var logEvery: Int
  /// Skipped steps in a row after which the run is given up.
  public var maxBadSteps: Int
  /// Steps between comparisons of the ranks' weights; they are also compared before each checkpoint.
  public var verifyEvery: Int
  /// Shortest time in seconds without progress that ends the job; 0 is never.
  public var stallTimeout: Double
  /// How micro-batches are dealt to ranks.
  public var balance: Balance
  /// What gradients are sent as between machines.
  public var reduce: Precision
  /// File of the timeline; nil is none.
  public var trace: String?

  /// - Parameter recipe: the checkpoint's, when a run is resumed; otherwise the options make one.
  /// - Throws: ``ConfigurationError`` for a missing or contradictory option.
  public init(_ options: TrainingOptions, recipe resumed: Recipe? = nil) throws {
    func need(_ value: String?, _ flag: String, _ what: String) throws -> String {
      guard let value, !value.isEmpty else { throw ConfigurationError("\(flag) is missing: give \(what)") }
      return value
    }
    if let resumed { try resumed.requireNoContradiction(by: options) }
    recipe = try resumed ?? Recipe(options)
    if resumed != nil { try recipe.requireSameMixture(as: options.train) }
    train = try need(options.train, "--train", "the folder of training images")
    validation = try need(
      options.validation, "--validation", "the folder of validation images; akuru split sets some of your images aside")
    runDir = try need(options.runDir, "--run-dir", "a folder for the results")
    cache = try options.cache.map { try need($0, "--cache", "a folder for decoded images") }
    alphabet = options.alphabet
    (initFrom, initAlphabet) = (options.initFrom, options.initAlphabet)
    alphabetChange = try Recipe.choice("--alphabet-change", options.alphabetChange, .fail)
    if initFrom == nil {
      for (flag, value) in [("--alphabet-change", options.alphabetChange), ("--init-alphabet", initAlphabet)] {
        if value != nil { throw ConfigurationError("\(flag) goes with --init-from only") }
      }
    }
    skipBad = options.skipBad ?? false
    resume = options.resume ?? false
    maxSteps = options.maxSteps
    maxMinutes = options.maxMinutes
    evalEvery = options.evalEvery
    checkpointEvery = options.checkpointEvery
    keep = options.keep ?? 3
    logEvery = options.logEvery ?? 10
    maxBadSteps = options.maxBadSteps ?? 5
    verifyEvery = options.verifyEvery ?? 500
    stallTimeout = options.stallTimeout ?? 60
    balance = try Recipe.choice("--balance", options.balance, .static)
    reduce = try options.precision()
    if balance == .adaptive && reduce == .float {
      throw ConfigurationError(
        "--balance adaptive does not go with --reduce float: with rounded sums, who computes what would change the weights; "
          + "leave one of them out")
    }
    trace = try options.trace.map { try need($0, "--trace", "a file for the timeline") }
    for (flag, value) in [
      ("--max-steps", maxSteps), ("--eval-every", evalEvery),
      ("--checkpoint-every", checkpointEvery),
      ("--keep", keep), ("--log-every", logEvery), ("--max-bad-steps", maxBadSteps),
      ("--verify-every", verifyEvery),
    ] {
      if let value, value < 1 { throw ConfigurationError("\(flag) \(value): must be at least 1") }
    }
    if let maxSteps, maxSteps > 1_000_000_000_000 {
      throw ConfigurationError("--max-steps \(maxSteps): must be at most 1,000,000,000,000")
    }
    if keep > 1_000_000 { throw ConfigurationError("--keep \(keep): must be at most 1,000,000") }
    if stallTimeout != 0, !((1...1e9) ~= stallTimeout) {
      throw ConfigurationError(
        "--stall-timeout \(stallTimeout): must be 1 to 1e9 seconds, or 0 to switch it off")
    }
    if let maxMinutes, !(maxMinutes > 0 && maxMinutes <= 1e9) {
      throw ConfigurationError("--max-minutes \(maxMinutes): must be positive, and at most 1e9")
    }
  }

  /// Where decoded images are kept; nil is nowhere.
  var cacheFolder: String? { cache == "none" ? nil : cache ?? "\(runDir)/cache" }

  /// Steps the schedule of a new run is made for, from the number of steps an epoch has; nil when it has no end.
  /// - Throws: ``ConfigurationError`` when a schedule that needs an end has none.
  func scheduleSteps(stepsPerEpoch: Int) throws -> Int? {
    guard recipe.schedule.needsEnd else { return nil }
    if let steps = limits(stepsPerEpoch).min() { return steps }
    throw ConfigurationError(
      "--schedule \(recipe.schedule.rawValue) needs to know its end: give --epochs or --max-steps")
  }

  /// Refuses a new run that would not end, or whose schedule could not be made, before the data is read.
  /// - Throws: ``ConfigurationError``.
  func requireEnd() throws {
    // How long an epoch is does not matter here.
    if limits(1).isEmpty && maxMinutes == nil { throw TrainingConfiguration.endless }
    _ = try scheduleSteps(stepsPerEpoch: 1)
  }

  private static let endless = ConfigurationError(
    "nothing ends this run: give --epochs, --max-steps or --max-minutes")

  /// The step after which the run is done; `Int.max` when only minutes end it.
  ///
  /// - Parameter scheduleSteps: of the run, which may have begun with other limits.
  /// - Throws: ``ConfigurationError`` when nothing ends the run, or it is to go on past the end of its schedule.
  func lastStep(stepsPerEpoch: Int, scheduleSteps: Int?) throws -> Int {
    if let scheduleSteps, let maxSteps, maxSteps > scheduleSteps, recipe.epochs == nil {
      throw ConfigurationError(
        "--max-steps \(maxSteps): the \(recipe.schedule.rawValue) schedule of the run that is resumed ends at step \(scheduleSteps), where "
          + "its rate is almost zero; start a new run directory")
    }
    if let step = (limits(stepsPerEpoch) + [scheduleSteps].compactMap { $0 }).min() { return step }
    if maxMinutes == nil { throw TrainingConfiguration.endless }
    return .max
  }

  private func limits(_ stepsPerEpoch: Int) -> [Int] {
    // Epochs and steps of an epoch are bounded: their product fits.
    [recipe.epochs.map { $0 * stepsPerEpoch }, maxSteps].compactMap { $0 }
  }

  /// How micro-batches are dealt to ranks. The weights get the same bits either way.
  public enum Balance: String, Codable, Sendable, CaseIterable {
    /// As if all ranks were equally fast.
    case `static`
    /// By the speeds of the ranks in the steps before.
    case adaptive
  }

  /// Where a run is, which must be known before its recipe: a resumed run reads the recipe there.
  struct Place {
    let runDir: String
    let resume: Bool

    init(_ options: TrainingOptions) throws {
      guard let runDir = options.runDir, !runDir.isEmpty else {
        throw ConfigurationError("--run-dir is missing: give a folder for the results")
      }
      (self.runDir, resume) = (runDir, options.resume ?? false)
    }

    /// Keeps a run out of a folder that was meant as data.
    func requireNoDataSet() throws {
      let names = (try? folderContents(runDir)) ?? []
      let isData = names.contains { ["metadata.csv", "metadata.jsonl"].contains($0) || $0.hasSuffix(".gt.txt") }
      if isData {
        throw ConfigurationError(
          "--run-dir \(runDir): holds a data set; give a folder for the results (are the options swapped?)")
      }
    }
  }
}
