// Holds: Forms of ground truth, alphabet, audit, augmentation, image cache, shards, batch plan and loader.
// Not here: No network, no loss and no rank but as a number.
// Note: Every size from a file is bounded before it is trusted.
