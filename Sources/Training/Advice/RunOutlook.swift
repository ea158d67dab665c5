import Datasets
import Messages
import NeuralNetwork

/// What can be seen before the first step of a new run that will not come far, each with the option that mends it.
package struct RunOutlook {
  /// The step after which the run ends; `Int.max` if only minutes end it.
  package var lastStep: Int
  /// Images of an epoch.
  package var draws: Int
  package var batchSize: BatchSize
  package var schedule: OptimizationSettings.ScheduleName = .oneCycle
  package var ranks = 1
  /// Cores of this machine that the run may use.
  package var cores = 1
  /// Whether the run begins with the weights of another one.
  package var isFineTuning = false

  package init(lastStep: Int, draws: Int, batchSize: BatchSize) {
    (self.lastStep, self.draws, self.batchSize) = (lastStep, draws, batchSize)
  }

  /// Steps until a model that begins with random weights reads its first letters, about.
  package static let stepsToLetters = 500
  /// A model that begins with trained weights needs fewer.
  private static let stepsToFit = 100
  /// With fewer steps in an epoch, a smaller batch gives more steps for the same work.
  private static let fewStepsInEpoch = 16
  /// The batch that is small enough for any data.
  private static let smallBatch = 8

  /// One sentence for each reason.
  package var advice: [String] {
    var advice: [String] = []
    let needed = isFineTuning ? RunOutlook.stepsToFit : RunOutlook.stepsToLetters
    if lastStep < needed {
      let why =
        isFineTuning
        ? "a model needs about \(needed) steps to fit new data" : "letters appear after about \(needed) steps"
      let end = schedule.needsEnd ? ", and the \(schedule.rawValue) schedule ends with them" : ""
      advice.append(
        "the run has \(counted(lastStep, "step"))\(end), but \(why): give --epochs \(epochs(for: 4 * needed)), or leave the "
          + "length out")
    }
    let size = batchSize.first
    if size > RunOutlook.smallBatch, draws / size < RunOutlook.fewStepsInEpoch {
      advice.append(
        "a batch of \(size) is large for \(counted(draws, "image")): an epoch has \(counted((draws + size - 1) / size, "step")); "
          + "--batch-size \(RunOutlook.smallBatch) learns more from the same images")
    }
    if ranks == 1, cores > 1 {
      advice.append(
        "1 of \(cores) cores is in use: mpirun -n \(cores) akuru train ... is faster, and the weights are the same bit for bit"
      )
    }
    return advice
  }

  /// The epochs that have about so many steps.
  private func epochs(for steps: Int) -> Int {
    let perEpoch = max(1, (draws + batchSize.first - 1) / batchSize.first)
    return max(1, (steps + perEpoch - 1) / perEpoch)
  }
}
