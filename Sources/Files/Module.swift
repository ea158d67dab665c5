// Holds: The one door to the file system: open, read, write, map, lock, replace whole. Interrupted system calls are repeated here.
// Not here: No format of any file.
// Note: Leaf: any target may import it.
