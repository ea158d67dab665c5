// Holds: What ends a job that hangs: watchdog, heartbeats over the network, the report of a stall.
// Not here: No trainer and no file of a run but the log that it is told.
// Note: Its thread allocates nothing while it watches.
