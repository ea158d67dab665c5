// Holds: What a run leaves for people: metrics.jsonl, report.html, TensorBoard events.
// Not here: No trainer: it is told figures and paths.
// Note: Training goes on where a report cannot be written.
