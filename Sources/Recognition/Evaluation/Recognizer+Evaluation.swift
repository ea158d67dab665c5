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
    if let warning = description.alphabet.missing(in: data.dataSet.records.lazy.map(\.text)) {
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
  fileprivate func missing(in texts: some Sequence<String>) -> String? {
    let known = Set(scalars)
    var counts: [Unicode.Scalar: Int] = [:]
    for text in texts {
      for scalar in text.unicodeScalars where !known.contains(scalar) { counts[scalar, default: 0] += 1 }
    }
    if counts.isEmpty { return nil }
    let names = counts.keys.sorted().prefix(10).map(\.codePoint).joined(separator: ", ")
    let more = counts.count > 10 ? " and \(counts.count - 10) more" : ""
    return """
      \(counted(counts.values.reduce(0, +), "letter")) of the texts \(counts.values.reduce(0, +) == 1 ? "is" : "are") not in the model's \
      alphabet, and wrong whatever it reads: \(names)\(more); train on texts that have them
      """
  }
}
