// Holds: Forms of ground truth (pairs, lists, PAGE-XML and ALTO, shards), text policy, alphabet, audit, splits, augmentation,
// image cache, shards, batch plan and loader.
// Not here: No network, no loss and no rank but as a number.
// Note: Every size from a file is bounded before it is trusted. libxml2 and libarchive are imported here only.
