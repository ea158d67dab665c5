import Console
import DataPreparation
import Datasets
import Instrumentation
import MessagePassing
import Messages
import NeuralNetwork

/// Evaluates a network on a data set, on all ranks. The plan is fixed and the counts are integers, so the metrics
/// have the same bits on any number of ranks.
package final class Evaluator {
  private let network: CRNN
  private let codec: LabelCodec
  private let microBatch: Int
  private let communicator: Communicator
  private let loss: CTCLoss
  private let decoder: any LabelDecoder
  private let targets = LabelBatch()
  private let predicted = LabelBatch()

  package init(
    _ network: CRNN, _ codec: LabelCodec, microBatch: Int, decoder: any LabelDecoder = GreedyDecoder(),
    _ communicator: Communicator
  ) {
    self.network = network
    self.codec = codec
    self.microBatch = microBatch
    self.decoder = decoder
    self.communicator = communicator
    loss = CTCLoss(classes: codec.alphabet.classCount)
  }

  /// The result of an evaluation.
  package struct Evaluation {
    package let report: EvaluationReport
    /// Predictions of all samples, if requested; on rank 0 only.
    package let predictions: [Int: String]
    /// Findings, if requested; on rank 0 only.
    package let findings: Findings?
  }

  /// Reads every image of the data set and compares the prediction with its text. Collective.
  ///
  /// The error rates count all images. The loss is the mean over the images whose text can be spelled with the alphabet
  /// and fits the image's time steps; for others it is infinite.
  ///
  /// - Parameters:
  ///   - timePerCost: each rank's time per unit of cost; empty if all are equally fast.
  ///   - output: the log that shows progress.
  /// - Returns: nil, on all ranks, if a rank was asked to stop meanwhile.
  package func evaluate(
    _ data: AuditedDataSet, keepsPredictions: Bool = false, collectsFindings: Bool = false, timePerCost: [Double] = [],
    output: RunLog? = nil
  ) throws -> Evaluation? {
    let plan = try EvaluationPlan(widths: data.widths, microBatch: microBatch)
    let labels = LabelTable(knownScalarsOf: data.dataSet, codec)
    let work = plan.work(rank: communicator.rank, ranks: communicator.size, timePerCost: timePerCost)
    let loader = data.loader(work, labels: labels)
    var counts = RecognitionCounts()
    var losses = LossSum()
    var measured: Int64 = 0
    var predictions: [Int: String] = [:]
    var findings = collectsFindings ? FindingsCollector(count: data.widths.count) : nil
    var stopped: Int64 = 0
    let progress = WorkProgress(
      "evaluating", total: work.reduce(0) { $0 + $1.samples.count }, ranks: communicator.size, output)
    defer { progress.finish() }
    while let microBatch = try loader.next() {
      defer { loader.release(microBatch) }
      guard Heartbeat.goesOn() else {
        stopped = 1
        break
      }
      targets.fill(from: microBatch)
      try network.load(microBatch, targets: targets, loss: loss)
      network.forward(.evaluation)
      _ = loss.run(gradient: false)
      decoder.decode(network.logits, into: predicted)
      for n in 0..<microBatch.count {
        let sample = Int(microBatch.samples[n])
        let reference = data.dataSet.records[sample].text
        let prediction = codec.decode(predicted[n])
        counts.add(reference: reference, prediction: prediction)
        if keepsPredictions { predictions[sample] = prediction }
        findings?.add(sample, reference: reference, prediction: prediction)
        if loss.losses[n].isFinite, codec.contains(reference) {
          losses.add(loss.losses[n])
          measured += 1
        }
        progress.tick()
      }
    }
    let sums = try communicator.allreduceSum(counts.values + losses.limbs + [measured, stopped])
    if sums.last! > 0 { return nil }
    let measuredByAll = sums[sums.count - 2]
    let total = RecognitionCounts(values: Array(sums.prefix(RecognitionCounts.valueCount)))!
    let loss = LossSum(limbs: sums.dropFirst(RecognitionCounts.valueCount).prefix(LossSum.limbCount)).value
    let mean = measuredByAll > 0 ? loss / Double(measuredByAll) : nil
    let records = data.dataSet.records
    return Evaluation(
      report: EvaluationReport(total, loss: mean), predictions: keepsPredictions ? try gather(predictions) : [:],
      findings: try findings?.gathered(over: communicator) { records[$0].path })
  }

  /// The predictions of all ranks, on rank 0.
  private func gather(_ mine: [Int: String]) throws -> [Int: String] {
    let bytes = Array(try RunJSON.line(mine).utf8)
    var all: [Int: String] = [:]
    for bytes in try communicator.gather(bytes) {
      let part = try RunJSON.decode([Int: String].self, from: String(decoding: bytes, as: UTF8.self))
      all.merge(part) { $1 }
    }
    return all
  }
}

extension EvaluationReport {
  /// One line for people.
  package var summary: String {
    "CER \(percent(cer)), grapheme CER \(percent(graphemeCER)), WER \(percent(wer)), exact \(percent(exactMatch)), "
      + "loss \(loss?.formatted(decimals: 4) ?? "undefined"), \(images) images"
  }
}
