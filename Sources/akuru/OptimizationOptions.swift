import ArgumentParser
import NeuralNetwork

/// The options of `akuru train` for updating weights.
struct OptimizationOptions: ParsableArguments {
  @Option(
    help: "Optimizer: adam, adamw, lamb, sgd or adadelta. \(defaults { $0.optimization.optimizer.rawValue })",
    completion: .list(["adam", "adamw", "lamb", "sgd", "adadelta"]))
  var optimizer: String?
  @Option(help: "Peak learning rate; usual for sgd is 0.01, for adadelta 1. \(defaults { $0.optimization.lr })") var lr:
    Double?
  @Option(
    help: """
      How the rate follows a --batch-size that grows: sqrt (by the square root of the size), linear or none. \
      (default: sqrt)
      """, completion: .list(["sqrt", "linear", "none"]))
  var lrScaling: String?
  @Option(help: "Momentum, only for sgd. (default: 0.9)") var momentum: Double?
  @Option(help: "Decay of the average of the gradients, only for adam, adamw and lamb. (default: 0.9)") var beta1:
    Double?
  @Option(
    help: """
      Decay of the average of the squared gradients, only for adam, adamw and lamb. \
      \(defaults { $0.optimization.beta2 ?? OptimizerSettings().beta2 })
      """)
  var beta2: Double?
  @Option(help: "Weight decay. \(defaults { $0.optimization.weightDecay })") var weightDecay: Double?
  @Option(help: "Largest global gradient norm; 0 is off. \(defaults { $0.optimization.clipNorm })") var clipNorm:
    Double?
  @Option(
    help: """
      Learning-rate schedule: constant, one-cycle, cosine, step or plateau. \
      \(defaults { $0.optimization.schedule.rawValue })
      """, completion: .list(["constant", "one-cycle", "cosine", "step", "plateau"]))
  var schedule: String?
  @Option(help: "Steps of linear warm-up, not for one-cycle, which has its own. (default: 0)")
  var warmUp: Int?
  @Option(help: "Steps between reductions of the learning rate, only for schedule step.") var decayEvery: Int?
  @Option(help: "Factor of each reduction of the learning rate, for schedules step and plateau. (default: 0.1)")
  var decayFactor: Double?
  @Option(
    help: """
      Evaluations without a lower validation CER before the learning rate is reduced, only for schedule plateau. \
      (default: 10)
      """)
  var patience: Int?
  @Option(help: "Decay of a moving average of the weights, such as 0.999; the average is evaluated. (default: off)")
  var ema: Double?
  @Option(help: "Evaluations without a lower validation CER after which the run ends. (default: off)")
  var earlyStopping: Int?
  @Option(help: "Rate of letters removed from training labels at random. (default: 0)") var labelDropout: Double?
  @Option(help: "Dropout rate of feature maps before the first LSTM. (default: 0)") var featureDropout: Double?
}
