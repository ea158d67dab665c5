// Holds: Layers with forward and backward side by side, CTC, decoding, network strings, optimizers, schedules.
// Not here: No rank, no file and no image format: a layer knows its tensors.
// Note: Built with -Ounchecked: guards are `require`, not `precondition`.
