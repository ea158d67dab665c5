// Holds: MPI: its lifetime, collective calls, agreement of ranks, and exact sums.
// Not here: No network: gradients are numbers.
// Note: MPI is imported here only; one thread makes all of its calls.
