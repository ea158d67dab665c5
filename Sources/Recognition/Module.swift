// Holds: A trained model that reads: description, weights, decoding, evaluation, metrics, analysis, exports.
// Not here: No optimizer, no trainer and no run directory.
// Note: `predict`, `serve`, `evaluate` and `export` need nothing above it.
