/// The names that other trainers give to what Akuru has, and what Akuru calls it.
enum ForeignNames {
  /// The answer to an option that a command does not have; nil if no other program is known to have it.
  ///
  /// - Parameters:
  ///   - name: the option as it was written, with its hyphens.
  ///   - command: the first word of the command line.
  static func answer(toOption name: String, of command: String) -> String? {
    let isShort = !name.hasPrefix("--")
    var word = name.drop { $0 == "-" }
    if !isShort { word = word[...].split(separator: ".").last ?? word }
    let key = isShort ? String(word) : word.lowercased().replacing("_", with: "-")
    let others = command == "train" ? (isShort ? shortOfTraining : ofTraining) : (isShort ? shortOfReading : ofReading)
    return (others[key] ?? (isShort ? nil : ofAll[key])).map { $0.hasPrefix("-") ? "here it is \($0)" : $0 }
  }

  /// The command that others call `name`.
  static func command(for name: String) -> String? { commands[name.lowercased()] }

  private static let processors = "Akuru computes on CPUs; leave it out"
  private static let processes =
    "mpirun -n N akuru ... starts N processes, each of which loads its own images; leave it out"

  private static let ofAll = group([
    (["device", "devices", "gpu", "gpus", "use-gpu", "cuda", "accelerator", "no-cuda"], processors),
    (
      ["precision", "amp", "fp16", "bf16", "mixed-precision", "use-amp"],
      "all weights are single precision; leave it out"
    ),
    (
      ["workers", "num-workers", "threads", "num-threads", "cpu-threads", "nproc-per-node", "num-nodes", "strategy"],
      processes
    ),
  ])

  private static let ofTraining = group([
    (["learning-rate", "lrate", "base-lr"], "--lr"),
    (["lr-scheduler", "scheduler", "lr-schedule", "lrscheduler"], "--schedule"),
    (
      [
        "output", "output-dir", "out", "save-dir", "save-model-dir", "default-root-dir", "logdir", "log-dir",
        "model-output",
      ], "--run-dir"
    ),
    (["max-epochs", "num-epochs", "epoch-num", "epoch", "n-epochs", "num-train-epochs"], "--epochs"),
    (["max-iterations", "iterations", "max-iter", "num-iter", "num-steps", "total-steps"], "--max-steps"),
    (["max-time", "time-limit"], "--minutes, which plans the run, or --max-minutes, which stops it"),
    (["quit", "lag", "early-stopping-patience", "early-stop"], "--early-stopping"),
    (["spec", "arch", "architecture", "backbone", "net-spec", "network"], "--model"),
    (
      [
        "load", "pretrained", "pretrained-model", "pretrain", "continue-from", "start-model", "checkpoints",
        "saved-model",
        "finetune",
      ], "--init-from, or --resume --run-dir RUN to go on with a run"
    ),
    (
      ["resume-from", "resume-from-checkpoint", "ckpt-path", "checkpoint", "last-ckpt"],
      "--resume --run-dir RUN, or --init-from to begin a new run with its weights"
    ),
    (["resize"], "--alphabet-change union or new"),
    (["freeze-backbone", "freeze-layers"], "--freeze"),
    (["normalization", "unicode-normalization"], "--normalize"),
    (["normalize-whitespace"], "--whitespace"),
    (["format-type", "data-format"], "--format"),
    (
      [
        "training-files", "training-data", "train-data", "train-dir", "data", "data-dir", "dataset", "ground-truth",
        "input",
      ],
      "--train"
    ),
    (
      [
        "evaluation-files", "valid-data", "val-data", "val", "valid", "val-dir", "eval-data", "validation-data",
        "test-data",
      ], "--validation"
    ),
    (["partition", "ratio-train", "val-split", "validation-split", "test-size"], "--validation auto"),
    (["batch", "train-batch-size", "bs"], "--batch-size"),
    (["accumulate-grad-batches", "gradient-accumulation-steps"], "--micro-batch"),
    (["dropout"], "--feature-dropout, or Do in the string of --model"),
    (["hidden-size", "rnn-hidden"], "--hidden for the model tutorial, or a number in the string of --model"),
    (["augmentation", "aug", "data-augmentation"], "--augment"),
    (["img-h", "imgh", "image-height", "img-height"], "--height"),
    (["img-w", "imgw", "image-width", "max-img-w"], "--max-width"),
    (["character", "charset", "codec", "character-dict-path", "vocab", "dict"], "--alphabet"),
    (["reorder", "bidi-reordering", "base-dir", "text-direction"], "--direction"),
    (["warmup", "warmup-steps", "warmup-epoch", "num-warmup-steps"], "--warm-up"),
    (["gradient-clip-val", "grad-clip", "clip", "max-grad-norm", "clip-grad"], "--clip-norm"),
    (["wd", "l2"], "--weight-decay"),
    (["gamma", "step-size"], "--decay-factor and --decay-every, with --schedule step"),
    (["val-check-interval", "eval-interval", "eval-batch-step", "eval-steps", "val-interval"], "--eval-every"),
    (["save-freq", "freq", "save-every", "save-interval", "save-steps", "save-epoch-step"], "--checkpoint-every"),
    (["save-top-k", "save-total-limit"], "--keep"),
    (["log-interval", "log-every-n-steps", "print-batch-step", "logging-steps"], "--log-every"),
    (["random-seed", "manual-seed", "manualseed"], "--seed"),
    (
      ["logger", "tensorboard", "wandb"],
      "metrics.jsonl and TensorBoard's events are always written; Launch/use/track sends them on"
    ),
    (["amsgrad", "nesterov"], "Akuru has --optimizer adam, adamw, sgd and adadelta"),
    (["force-binarization", "binarize"], "Akuru reads gray images as they are; leave it out"),
  ])

  private static let shortOfTraining = group([
    (["r"], "--lr"), (["B", "b"], "--batch-size"), (["N", "n"], "--epochs"),
    (["e"], "--validation for data, --epochs for a length"),
    (["i"], "--init-from"), (["s"], "--model"), (["u"], "--normalize"), (["f"], "--format"),
    (["p"], "--validation auto"),
    (["q"], "--early-stopping"), (["F"], "--checkpoint-every"), (["c"], "--config for options, --alphabet for letters"),
    (["d"], processors), (["w"], "--weight-decay"), (["l"], "--lr"),
  ])

  private static let ofReading = group([
    (
      ["model", "load", "ckpt-path", "saved-model", "rec-model-dir", "model-dir", "weights", "input-model"],
      "--checkpoint"
    ),
    (
      ["evaluation-files", "dataset", "test-data", "data-dir", "validation", "train"],
      "--data, or an argument without a name"
    ),
    (["input", "images", "image", "image-dir", "image-folder"], "an image or a folder is an argument without a name"),
    (["beam-size", "beam-width", "beams"], "--beam"),
    (["language-model", "lm-path"], "--lm"),
    (["lang", "psm", "oem"], "a model knows its script: --checkpoint names it; leave it out"),
    (["run-dir", "out", "output-dir"], "--output, or --checkpoint for a trained run"),
    (["batch-size"], "it is chosen for you; leave it out"),
    (
      ["workers", "num-workers", "num-threads", "cpu-threads"],
      "--threads, which akuru predict has; mpirun -n N akuru evaluate has N processes"
    ),
  ])

  private static let shortOfReading = group([
    (["i"], "an image or a folder is an argument without a name"),
    (["e", "t"], "--data, or an argument without a name"),
    (["d"], processors), (["l"], "a model knows its script: --checkpoint names it; leave it out"),
  ])

  private static let commands = group([
    (["fit", "training", "finetune", "lstmtraining", "pretrain", "learn", "rectrain"], "train"),
    (["test", "eval", "validate", "lstmeval", "score"], "evaluate"),
    (["ocr", "recognize", "recognise", "infer", "inference", "read", "transcribe"], "predict"),
    (["compile", "shard"], "pack"), (["convert", "combine"], "export"), (["verify", "lint"], "check"),
    (["extract", "crop", "segment"], "lines"),
  ])

  private static func group(_ names: [([String], String)]) -> [String: String] {
    Dictionary(names.flatMap { names, answer in names.map { ($0, answer) } }) { first, _ in first }
  }
}
