import Datasets
import MessagePassing
import Messages
import NeuralNetwork

/// Plans the length of a new run: for its minutes, by a measured speed, or else for the size of its data. What is planned
/// is a part of the run's identity, so a resumed run has the same steps.
func planLength(
  of prepared: PreparedRun, _ configuration: TrainingConfiguration, _ context: RunContext
) throws -> PreparedRun {
  var planned = prepared
  let draws = prepared.data.drawCount
  func passes(_ images: Int) -> String {
    "\((Double(images) / Double(draws)).formatted(decimals: images % draws == 0 ? 0 : 1)) epochs"
  }
  guard let minutes = configuration.recipe.course.minutes else {
    context.log.info(
      """
      length: \(passes(prepared.length.images ?? 0)), usual for \(draws) images; --minutes plans for a time, --epochs and \
      --max-steps say it
      """)
    return prepared
  }
  func use(_ length: RunLength) {
    planned.length = length
    (planned.identity.images, planned.identity.scheduleSteps) = (length.images, length.scheduleSteps)
  }
  var short = configuration
  (short.recipe.course.minutes, short.recipe.course.epochs) = (nil, nil)
  short.recipe.batch.batchSize = BatchSize(configuration.recipe.batch.batchSize.first)
  short.run.length.maxSteps = SpeedProbe.mostSteps
  use(short.length(draws: draws, planned: nil))
  let probe = try SpeedProbe(planned, configuration, context)
  let images = probe.images(minutes: minutes, configuration, prepared.data)
  use(configuration.length(draws: draws, planned: images))
  context.log.info(
    """
    length: \(passes(planned.length.images ?? images)) in \(minutes.formatted(decimals: 1)) minutes with evaluations, \
    planned at \(Int(1 / max(probe.secondsPerImage, 1e-9))) images/s
    """)
  return planned
}

/// The speed of a job, measured by some steps of a copy of the run that is thrown away.
private struct SpeedProbe {
  /// Seconds of training for an image of mean width.
  let secondsPerImage: Double

  /// Steps that warm caches up and give a first estimate.
  private static let firstSteps = 20
  /// The aim for the steps that are measured; half a second was wrong by a third.
  private static let seconds = 4.0
  static let mostSteps = 2_000
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
    let (first, _) = try trainer.measure(steps: SpeedProbe.firstSteps)
    let steps = try communicator.fromRankZero {
      let fitting = SpeedProbe.seconds * Double(SpeedProbe.firstSteps) / max(first, 1e-9)
      return max(10, Int(min(fitting, Double(SpeedProbe.mostSteps - SpeedProbe.firstSteps))))
    }
    let (seconds, cost) = try trainer.measure(steps: steps)
    let widths = prepared.data.train.widths
    let meanWidth = Double(widths.reduce(0, +)) / Double(widths.count)
    secondsPerImage = try communicator.fromRankZero { seconds / Double(cost) * meanWidth }
  }

  /// The images that a run can train on in some minutes, its evaluations included.
  func images(minutes: Double, _ configuration: TrainingConfiguration, _ data: TrainingData) -> Int {
    let batch = configuration.recipe.batch.batchSize
    let between = configuration.run.length.evalEvery.map { Double($0) * Double(batch.first) } ?? Double(data.drawCount)
    let evaluations = SpeedProbe.evaluationShare * Double(data.validation.widths.count) / between
    let images = minutes * 60 / max(secondsPerImage * (1 + evaluations), 1e-9)
    return max(batch.first, Int(min(images, 1e15)))
  }
}
