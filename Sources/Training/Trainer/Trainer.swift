import Datasets
import Foundation
import Logging
import MessagePassing
import NeuralNetwork
import Tensors

/// Trains a network: the same on every rank, but for the micro-batches each rank computes.
final class Trainer {
  let configuration: TrainingConfiguration
  let communicator: Communicator
  let data: TrainingData
  let network: CRNN
  let optimizer: any Optimizer
  let totalSteps: Int
  private(set) var cursor: Cursor

  private let loader: MicroBatchLoader
  private let loss: CTCLoss
  private let reducer: ExactReducer
  private let evaluator: Evaluator
  private let records: RunRecorder
  private let log: Logger
  private let started = ContinuousClock.now

  /// Counts that are summed over ranks with the gradients.
  private enum Count: Int, CaseIterable {
    case stopRequests
  }

  init(_ start: TrainingStart, log: Logger) throws {
    configuration = start.configuration
    communicator = start.communicator
    data = start.data
    network = start.network
    optimizer = start.optimizer
    totalSteps = start.totalSteps
    cursor = start.cursor
    records = start.records
    self.log = log
    loss = CTCLoss(classes: data.alphabet.classes)
    reducer = ExactReducer(
      gradientCount: network.store.count, statisticCount: network.store.bufferCount + 1,
      integerCount: Count.allCases.count)
    evaluator = Evaluator(network: network, alphabet: data.alphabet, communicator: communicator)
    loader = data.loader(from: cursor, recipe: configuration.recipe, communicator: communicator)
  }

  /// Runs to the end, or until asked to stop.
  func run() throws -> ExitStatus {
    let lastStep = min(totalSteps, configuration.maxSteps ?? .max)
    let stepsPerEpoch = data.plan(epoch: 0, recipe: configuration.recipe).steps.count
    var epochPlan = data.plan(epoch: cursor.epoch, recipe: configuration.recipe)
    var saved = cursor.step
    var stop = false
    while cursor.step < lastStep && !stop {
      let epoch = cursor.epoch
      let result = try step(epochPlan.steps[cursor.stepInEpoch])
      cursor.advance(stepsPerEpoch: stepsPerEpoch)
      let isLast = cursor.step == lastStep
      let endsEpoch = cursor.stepInEpoch == 0
      if endsEpoch { epochPlan = data.plan(epoch: cursor.epoch, recipe: configuration.recipe) }
      stop = result.stopRequested && !isLast
      try records.step(result, epoch: epoch, cursor: cursor, totalSteps: lastStep)

      if isLast || configuration.evalEvery.map({ cursor.step % $0 == 0 }) ?? endsEpoch {
        try evaluate()
      }
      if isLast || stop || configuration.checkpointEvery.map({ cursor.step % $0 == 0 }) ?? endsEpoch {
        try records.checkpoint(snapshot(), step: cursor.step)
        saved = cursor.step
      }
    }
    precondition(saved == cursor.step)
    return stop ? .stoppedOnRequest : .done
  }

  /// One step: micro-batches forward and backward, exact sum over all of them, update.
  private func step(_ step: BatchPlan.Step) throws -> StepResult {
    let clock = ContinuousClock.now
    var waited = Duration.zero
    let assignment = step.assignment(widths: data.train.widths, ranks: communicator.size)
    reducer.begin(microBatches: step.microBatches.count)
    for _ in assignment where assignment[$0] == communicator.rank {
    }
    fatalError("\(clock) \(waited)")
  }
}
