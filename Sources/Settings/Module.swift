// Holds: How options are declared, merged and checked: presets, a file and the command line give one value.
// Not here: No option: each stands beside what it governs.
// Note: Base: any target may import it.
