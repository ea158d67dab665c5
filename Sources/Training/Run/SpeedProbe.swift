import Datasets
import Instrumentation
import MessagePassing
import NeuralNetwork

/// The speed of a job, measured by some steps of a copy of the run that is thrown away.
struct SpeedProbe {
  /// Seconds of training for an image of mean width.
  let secondsPerImage: Double

  /// Images that are trained on: a quarter warms caches up.
  private static let images = 320
  /// An evaluation takes about this share of the time that training takes for the same image.
  private static let evaluationShare = 0.4

  /// Trains some steps. Collective; all ranks get rank 0's result.
  ///
  /// - Parameter prepared: the run, with the length of the probe.
  init(_ prepared: PreparedRun, _ configuration: TrainingConfiguration, _ context: RunContext) throws {
    let communicator = context.communicator
    let state = try communicator.together { () throws -> TrainingState in
      let state = try TrainingState(identity: prepared.identity)
      let recipe = prepared.identity.recipe
      state.network.initialize(seed: recipe.course.seed, recipe.model.startWeights ?? .pytorch)
      state.average?.restart(from: state.network.parameters)
      return state
    }
    let recorder = try RunRecorder(
      nil, state, configuration.run, context: context, lastStep: prepared.length.lastStep,
      calendar: prepared.length.calendar)
    let trainer = try Trainer(configuration, prepared, state: state, recorder: recorder, context: context)
    let (seconds, cost) = try trainer.measure(steps: prepared.length.lastStep)
    let widths = prepared.data.train.widths
    let meanWidth = Double(widths.reduce(0, +)) / Double(widths.count)
    secondsPerImage = try communicator.fromRankZero { seconds / Double(cost) * meanWidth }
  }

  /// The steps of a probe.
  static func steps(batchSize: BatchSize) -> Int { max(8, images / batchSize.first) }

  /// The images that a run can train on in some minutes, its evaluations included.
  func images(minutes: Double, _ configuration: TrainingConfiguration, _ data: TrainingData) -> Int {
    let batch = configuration.recipe.batch.batchSize
    let between = configuration.run.length.evalEvery.map { Double($0 * batch.first) } ?? Double(data.drawCount)
    let evaluations = SpeedProbe.evaluationShare * Double(data.validation.widths.count) / between
    let images = minutes * 60 / max(secondsPerImage * (1 + evaluations), 1e-9)
    return max(batch.first, Int(min(images, 1e15)))
  }
}
