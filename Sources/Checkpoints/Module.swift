// Holds: The safetensors format, checkpoints, their folder and the thread that writes them.
// Not here: No network: a checkpoint holds named tensors and texts.
// Note: A damaged file is named and never used.
