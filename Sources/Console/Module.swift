// Holds: What a run says while it runs: the log, lines of progress, the terminal.
// Not here: No other output: results are printed by the commands.
// Note: Base: any target may import it.
