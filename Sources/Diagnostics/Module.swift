// Holds: Figures of a machine and of a job: `akuru bench` and `akuru doctor`.
// Not here: Nothing that a run needs.
// Note: It may use everything that a run uses.
