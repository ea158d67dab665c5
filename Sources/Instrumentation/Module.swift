// Holds: What watches and disturbs a process: heartbeat, timeline, faults on purpose, requests to stop, limits of the process.
// Not here: Nothing that knows MPI, files of a run or a network.
// Note: Base: any target may import it.
