// Holds: What watches and disturbs a process: heartbeat, timeline, faults on purpose, requests to stop. All process-wide state is here.
// Not here: Nothing that knows MPI, files of a run or a network.
// Note: Leaf: any target may import it.
