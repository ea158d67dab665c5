// Holds: The page and the JSON endpoint of `akuru serve`.
// Not here: No training: a model is read, not changed.
// Note: Sizes of requests and of the queue are bounded.
