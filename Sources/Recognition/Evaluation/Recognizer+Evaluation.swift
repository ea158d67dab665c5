import Console
import DataPreparation
import Datasets
import MessagePassing
import Messages

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
    if let warning = description.alphabet.missing(in: data.scalarCounts) {
      output.logger().warning("\(warning)")
    }
    let images = data.dataSet.records.enumerated().map { i, record in
      EvaluatedImage(path: record.path, reference: record.text, prediction: evaluation.predictions[i] ?? "")
    }
    return DetailedReport(report: evaluation.report, details: EvaluationDetails(images), images: images)
  }
}

extension Alphabet {
  /// What to say of letters of references that a model cannot write; nil if it can write all.
  fileprivate func missing(in counts: [ScalarCount]) -> String? {
    let known = Set(scalars.map(\.value))
    let missing = counts.filter { !known.contains($0.scalar) }
    if missing.isEmpty { return nil }
    let names = missing.prefix(10).compactMap { Unicode.Scalar($0.scalar)?.codePoint }.joined(separator: ", ")
    let more = missing.count > 10 ? " and \(missing.count - 10) more" : ""
    let count = counted(missing.reduce(0) { $0 + $1.count }, "occurrence")
    return """
      the texts have letters that the model cannot write, \(count) of \(names)\(more); train on texts that have them
      """
  }
}
