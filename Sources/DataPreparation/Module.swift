// Holds: Data sets on many ranks: shared audit, image cache of a machine, and the commands that check, split,
// pack and cut lines.
// Not here: No network and no recipe: it is told what a model asks of its images.
// Note: All ranks call it together.
