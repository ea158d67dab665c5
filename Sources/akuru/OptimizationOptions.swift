import ArgumentParser
import Training

/// How `akuru train` changes weights.
struct OptimizationOptions: ParsableArguments {
  @Option(help: "adam, adamw, sgd or adadelta (seed adam, others adamw).") var optimizer: String?
  @Option(help: "Peak learning rate (akuru 3e-3, others 1e-3; with sgd 1e-2, with adadelta 1).") var lr: Double?
  @Option(help: "Share of the old direction that sgd keeps (0.9).") var momentum: Double?
  @Option(help: "Weight decay (seed 0, others 1e-4).") var weightDecay: Double?
  @Option(help: "Largest global gradient norm, 0 is off (seed 0, others 5).") var clipNorm: Double?
  @Option(help: "constant, one-cycle, cosine, step or plateau (seed constant, others one-cycle).") var schedule: String?
  @Option(help: "Steps in which the learning rate rises to its peak (0; one-cycle has a rise of its own).")
  var warmUp: Int?
  @Option(help: "Steps between reductions of the learning rate (schedule step).") var decayEvery: Int?
  @Option(help: "What a reduction multiplies the learning rate by (schedules step and plateau; 0.1).")
  var decayFactor: Double?
  @Option(help: "Evaluations without a lower validation CER that are borne before a reduction (schedule plateau; 10).")
  var patience: Int?
  @Option(help: "Decay of a moving average of the weights, such as 0.999, which is evaluated in their place (none).")
  var ema: Double?
  @Option(help: "Evaluations without a lower validation CER after which the run is done (never).")
  var earlyStopping: Int?
  @Option(help: "Share of the letters left out of training labels at random (0).") var labelDropout: Double?
  @Option(help: "Share of the feature maps dropped before the first LSTM (0).") var featureDropout: Double?

  func write(to options: inout TrainingOptions) {
    options.optimizer = optimizer
    options.lr = lr
    options.momentum = momentum
    options.weightDecay = weightDecay
    options.clipNorm = clipNorm
    options.schedule = schedule
    options.warmUp = warmUp
    options.decayEvery = decayEvery
    options.decayFactor = decayFactor
    options.patience = patience
    options.ema = ema
    options.earlyStopping = earlyStopping
    options.labelDropout = labelDropout
    options.featureDropout = featureDropout
  }
}
