#ifndef AKURU_COPENMPI_SHIM_H
#define AKURU_COPENMPI_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <mpi.h>
#include <stdint.h>
#include <sys/mman.h>

// Open MPI's handles and special pointers are macros that cast (`((MPI_Comm)((void *)&ompi_mpi_comm_world))`), which
// Swift does not import; each inline below returns one of them.

/// All ranks of the job.
static inline MPI_Comm akuru_comm_world(void) { return MPI_COMM_WORLD; }

/// Element types.
static inline MPI_Datatype akuru_type_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype akuru_type_double(void) { return MPI_DOUBLE; }
static inline MPI_Datatype akuru_type_int64(void) { return MPI_INT64_T; }

/// Reduction operations.
static inline MPI_Op akuru_op_sum(void) { return MPI_SUM; }
static inline MPI_Op akuru_op_max(void) { return MPI_MAX; }

/// The ranks of `all` that share memory with this one, in the same order: a new communicator, made by all at once. A
/// function of its own because MPI_INFO_NULL casts, too.
static inline int akuru_split_by_machine(MPI_Comm all, MPI_Comm *machine) {
  return MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, machine);
}

/// The error handler that returns codes instead of ending the job.
static inline MPI_Errhandler akuru_errors_return(void) { return MPI_ERRORS_RETURN; }

/// In place of a send buffer: the receive buffer holds the input.
static inline const void *akuru_in_place(void) { return MPI_IN_PLACE; }

/// In place of a status that nobody reads.
static inline MPI_Status *akuru_status_ignore(void) { return MPI_STATUS_IGNORE; }

/// The thread level at which one thread makes all MPI calls: an anonymous enumeration, which Swift imports as a type of
/// its own where MPI_Init_thread takes an int.
static inline int akuru_thread_funneled(void) { return MPI_THREAD_FUNNELED; }

/// No message: what stands where one was finished.
static inline MPI_Request akuru_no_request(void) { return MPI_REQUEST_NULL; }

/// Counters in memory that processes share. Swift's Atomic is a type that stands in memory of its own, not one at an
/// address that was given. Whoever sees a count also sees what was written before it was raised.
static inline void akuru_count(int64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELEASE); }
static inline int64_t akuru_counted(const int64_t *counter) { return __atomic_load_n(counter, __ATOMIC_ACQUIRE); }

/// A new shared memory object, or one that exists; a signal that interrupts it changes nothing. Darwin declares shm_open with
/// variable arguments, which Swift does not import.
static inline int akuru_shared_memory(const char *name, int is_new) {
  int file;
  do file = shm_open(name, O_RDWR | (is_new ? O_CREAT | O_EXCL : 0), 0600);
  while (file < 0 && errno == EINTR);
  return file;
}

#endif
