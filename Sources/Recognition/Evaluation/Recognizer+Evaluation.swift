import Console
import DataPreparation
import Datasets
import MessagePassing

extension Recognizer {
  /// Evaluates the network on a data set, whose texts are treated by the model's policy: `akuru evaluate`. Collective.
  ///
  /// - Returns: the metrics and all images; on rank 0 only.
  package func evaluate(
    _ argument: String, _ reading: ReadingOptions = ReadingOptions(), decoding: DecodingOptions = DecodingOptions(),
    skipBad: Bool = false,
    over communicator: Communicator, output: RunLog
  ) throws -> DetailedReport? {
    let decoder = try communicator.together { try decoding.decoders(description.codec, description.textPolicy)() }
    var reading = reading
    reading.text = description.textPolicy
    let data = try AuditedDataSet(
      argument, reading, alphabet: nil, geometry: description.geometry, use: .evaluation, skipBad: skipBad,
      communicator: communicator, output: output)
    let evaluator = Evaluator(
      network, description.codec, microBatch: description.microBatch, decoder: decoder, communicator)
    guard let evaluation = try evaluator.evaluate(data, keepsPredictions: true, output: output) else {
      throw StoppedBeforeTraining()
    }
    guard communicator.rank == 0 else { return nil }
    let images = data.dataSet.records.enumerated().map { i, record in
      EvaluatedImage(path: record.path, reference: record.text, prediction: evaluation.predictions[i] ?? "")
    }
    return DetailedReport(report: evaluation.report, details: EvaluationDetails(images), images: images)
  }
}
