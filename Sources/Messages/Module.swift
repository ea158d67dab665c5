// Holds: Texts for people: one-line and counted texts, tables, percentages, JSON, errors about options, exit statuses, the version.
// Not here: Nothing that reads files, knows ranks or computes.
// Note: Base: any target may import it.
