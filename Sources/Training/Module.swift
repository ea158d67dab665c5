// Holds: A run: its settings, data, steps, evaluation, checkpoints, fine-tuning and run directory.
// Not here: No benchmark and no HTTP.
// Note: `Run/RunTraining.swift` is the entry, `Trainer/Trainer.swift` the step.
