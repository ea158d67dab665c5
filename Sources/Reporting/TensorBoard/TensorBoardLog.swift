import Foundation
import Logging
import Messages
import NeuralNetwork
import SwiftProtobuf
import TensorBoardSchema

/// Writes the TensorBoard events of a run into its run directory. Rank 0 has one. If a file cannot be written, training
/// continues, the log says so, and this process writes no more events.
package final class TensorBoardLog {
  private let log: Logger
  private var file: EventFile?
  /// Whether the sample images, which do not change, were written.
  private var hasImages = false

  /// The number of shown images.
  private static let images = 8

  /// Begins a new file.
  ///
  /// - Parameters:
  ///   - hyperparameters: the recipe, by the names of its options.
  ///   - nextEvent: the first step that this process writes. Events of older files from this step on are superseded.
  ///   - history: the earlier steps in `metrics.jsonl`.
  package init(
    _ folder: String, host: String, hyperparameters: [String: JSONValue], nextEvent: Int, history: RunHistory?,
    log: Logger
  ) {
    self.log = log
    attempt {
      let goesOn = try !EventFile.names(in: folder).isEmpty
      file = try EventFile.create(in: folder, host: host)
      // TensorBoard treats the first start of a run as its beginning, and only later ones as restarts.
      let firstStep = goesOn ? nextEvent : 0
      var event = TensorBoardEvent()
      event.step = Int64(firstStep)
      event.sessionLog.status = .start
      try file?.append(event)
      guard goesOn else {
        return try append(step: 0, [TensorBoardLog.sessionStart(hyperparameters)])
      }
      hasImages = history?.evaluations.first.map { $0.step < firstStep } ?? false
      // Rewrites the line of the step that was superseded together with its evaluation.
      if let last = history?.lastStep, last.step == firstStep { try append(last) }
    }
  }

  package func add(_ step: StepMetrics) {
    attempt { try append(step) }
  }

  private func append(_ step: StepMetrics) throws {
    var values = [
      TensorBoardLog.scalar("train/loss", step.loss), TensorBoardLog.scalar("train/learning_rate", step.learningRate),
      TensorBoardLog.scalar("train/gradient_norm", step.gradientNorm),
      TensorBoardLog.scalar("train/images_per_second", step.imagesPerSecond),
      TensorBoardLog.scalar("train/waiting", step.waiting),
    ]
    if let noise = step.gradientNoise { values.append(TensorBoardLog.scalar("train/gradient_noise", noise)) }
    if let reducing = step.reducing { values.append(TensorBoardLog.scalar("train/reducing", reducing)) }
    try append(step: step.step, values)
  }

  /// - Parameter gradients: whether the network holds the gradients of the last step.
  package func add(
    _ evaluation: EvaluationMetrics, _ snapshot: EvaluationSnapshot, weights parameters: Parameters, gradients: Bool
  ) {
    attempt {
      try append(
        step: evaluation.step,
        [
          TensorBoardLog.scalar("validation/cer", evaluation.cer),
          TensorBoardLog.scalar("validation/grapheme_cer", evaluation.graphemeCER),
          TensorBoardLog.scalar("validation/wer", evaluation.wer),
          TensorBoardLog.scalar("validation/exact_match", evaluation.exactMatch),
          TensorBoardLog.scalar("validation/loss", evaluation.loss),
        ])
      var histograms: [TensorBoardSummary.Value] = []
      for parameter in parameters.tensors {
        func add(_ kind: String, _ values: UnsafeMutablePointer<Float>) {
          let values = UnsafeBufferPointer(start: values, count: parameter.value.count)
          guard let histogram = ValueHistogram(values) else { return }
          histograms.append(.with { ($0.tag, $0.histo) = ("\(kind)/\(parameter.name)", histogram.message) })
        }
        add("weights", parameter.value.pointer)
        if gradients { add("gradients", parameter.gradient.pointer) }
      }
      try append(step: evaluation.step, histograms)
      try append(step: evaluation.step, samples(snapshot))
    }
  }

  /// Marks the end of a finished run.
  package func finish() {
    attempt {
      var end = TensorBoardHParamsSessionEndInfo()
      (end.status, end.endTimeSecs) = (.success, Date().timeIntervalSince1970)
      try append(step: 0, [TensorBoardLog.session("end", .with { $0.sessionEndInfo = end })])
    }
  }

  private func samples(_ snapshot: EvaluationSnapshot) -> [TensorBoardSummary.Value] {
    let shown = snapshot.samples.prefix(TensorBoardLog.images)
    var values: [TensorBoardSummary.Value] = []
    if !hasImages {
      for (i, sample) in shown.enumerated() where !sample.png.isEmpty {
        values.append(
          TensorBoardLog.image(
            "samples/\(i + 1)", sample.png, width: sample.width, height: sample.height,
            description: TensorBoardLog.markdown(sample.reference)))
      }
      hasImages = true
    }
    var table = "| image | says | read |  |\n|---|---|---|---|\n"
    for (i, sample) in shown.enumerated() {
      let cells = [sample.reference, sample.prediction].map(TensorBoardLog.markdown)
      table +=
        "| samples/\(i + 1) | \(cells[0]) | \(cells[1]) | \(sample.edits == 0 ? "" : "\(sample.edits) wrong") |\n"
    }
    values.append(TensorBoardLog.text("samples/texts", table))
    return values
  }

  // MARK: Values

  private func append(step: Int, _ values: [TensorBoardSummary.Value]) throws {
    guard !values.isEmpty else { return }
    var event = TensorBoardEvent()
    event.step = Int64(step)
    event.summary.value = values
    try file?.append(event)
  }

  private static func scalar(_ tag: String, _ value: Double) -> TensorBoardSummary.Value {
    .with { ($0.tag, $0.simpleValue) = (tag, Float(value)) }
  }

  private static func text(_ tag: String, _ text: String) -> TensorBoardSummary.Value {
    .with {
      $0.tag = tag
      $0.metadata.pluginData.pluginName = "text"
      $0.metadata.dataClass = .tensor
      $0.tensor = .with { ($0.dtype, $0.stringVal, $0.tensorShape) = (.dtString, [Data(text.utf8)], .init()) }
    }
  }

  /// The form of TensorFlow 2: width, height and file as texts.
  private static func image(
    _ tag: String, _ png: Data, width: Int, height: Int, description: String
  ) -> TensorBoardSummary.Value {
    .with {
      $0.tag = tag
      $0.metadata.pluginData.pluginName = "images"
      $0.metadata.summaryDescription = description
      $0.metadata.dataClass = .blobSequence
      $0.tensor = .with {
        ($0.dtype, $0.tensorShape) = (.dtString, .with { $0.dim = [.with { $0.size = 3 }] })
        $0.stringVal = [Data("\(width)".utf8), Data("\(height)".utf8), png]
      }
    }
  }

  private static func session(_ moment: String, _ data: TensorBoardHParamsPluginData) -> TensorBoardSummary.Value {
    .with {
      $0.tag = "_hparams_/session_\(moment)_info"
      $0.metadata.pluginData.pluginName = "hparams"
      $0.metadata.pluginData.content = (try? data.serializedData()) ?? Data()
      $0.metadata.dataClass = .tensor
      // A tensor without values, like TensorBoard's own sessions.
      $0.tensor = .with { ($0.dtype, $0.tensorShape) = (.dtFloat, .with { $0.dim = [.init()] }) }
    }
  }

  private static func sessionStart(_ hyperparameters: [String: JSONValue]) throws -> TensorBoardSummary.Value {
    var start = TensorBoardHParamsSessionStartInfo()
    start.startTimeSecs = Date().timeIntervalSince1970
    for (name, value) in hyperparameters {
      switch value {
      case .boolean(let value): start.hparams[name] = .init(boolValue: value)
      case .integer(let value): start.hparams[name] = .init(numberValue: Double(value))
      case .unsigned(let value): start.hparams[name] = .init(numberValue: Double(value))
      case .number(let value): start.hparams[name] = .init(numberValue: value)
      case .text(let value): start.hparams[name] = .init(stringValue: value)
      case .null, .array, .object: break
      }
    }
    return session("start", .with { $0.sessionStartInfo = start })
  }

  /// Text, escaped for a cell of a Markdown table.
  package static func markdown(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "#", "+", "-", ".", "!", "|", "~": result += "\\\(scalar)"
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      log.warning("\(error); going on, and TensorBoard will see no more of this run")
      file = nil
    }
  }
}
