// Holds: How files are opened, read, written, mapped, locked and replaced whole. Interrupted system calls are repeated here.
// Not here: No format of any file.
// Note: Base: any target may import it.
