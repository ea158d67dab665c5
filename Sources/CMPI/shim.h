#ifndef AKURU_CMPI_SHIM_H
#define AKURU_CMPI_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

// MPI as Swift knows it. Each MPI has handles of its own kind (pointers, or integers), and special values that are macros which
// cast; only the code below knows them. The header that includes this file has included the MPI's own. Functions return MPI's error
// code, akuru_mpi_success() if all is well; counts are of elements.

/// Ranks that talk with each other: a communicator.
typedef struct { MPI_Comm handle; } akuru_mpi_ranks;
/// A message that is under way.
typedef struct { MPI_Request handle; } akuru_mpi_request;
/// What is known of a message that was finished.
typedef struct { MPI_Status status; } akuru_mpi_status;

static inline int akuru_mpi_success(void) { return MPI_SUCCESS; }
/// What akuru_mpi_test_some returns if a message failed: its status has the code.
static inline int akuru_mpi_error_in_status(void) { return MPI_ERR_IN_STATUS; }

/// Bytes of the longest name of a machine, description of an error, or version of a library, with room for a zero.
static inline int akuru_mpi_longest_text(void) {
  int longest = MPI_MAX_LIBRARY_VERSION_STRING;
  if (MPI_MAX_ERROR_STRING > longest) longest = MPI_MAX_ERROR_STRING;
  if (MPI_MAX_PROCESSOR_NAME > longest) longest = MPI_MAX_PROCESSOR_NAME;
  return longest + 1;
}

static inline int akuru_mpi_error_text(int code, char *text, int *length) { return MPI_Error_string(code, text, length); }
static inline int akuru_mpi_library(char *text, int *length) { return MPI_Get_library_version(text, length); }
static inline int akuru_mpi_machine(char *name, int *length) { return MPI_Get_processor_name(name, length); }

// The process

/// Starts MPI for one thread that makes all calls; is_enough is 0 if this MPI has no support for other threads beside it.
static inline int akuru_mpi_start(int *is_enough) {
  int provided = MPI_THREAD_SINGLE;
  int code = MPI_Init_thread(0, 0, MPI_THREAD_FUNNELED, &provided);
  *is_enough = provided >= MPI_THREAD_FUNNELED;
  return code;
}

static inline int akuru_mpi_finish(void) { return MPI_Finalize(); }
static inline int akuru_mpi_abort(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

// Ranks

/// All ranks of the job.
static inline akuru_mpi_ranks akuru_mpi_all(void) { return (akuru_mpi_ranks){MPI_COMM_WORLD}; }
static inline int akuru_mpi_rank(akuru_mpi_ranks ranks, int *rank) { return MPI_Comm_rank(ranks.handle, rank); }
static inline int akuru_mpi_size(akuru_mpi_ranks ranks, int *size) { return MPI_Comm_size(ranks.handle, size); }

/// The ranks of `all` that share memory with this one, in the same order. Collective.
static inline int akuru_mpi_split_by_machine(akuru_mpi_ranks all, akuru_mpi_ranks *machine) {
  return MPI_Comm_split_type(all.handle, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine->handle);
}

/// The ranks with the same part, which is 0 or more; none for a rank with a negative part. Collective.
static inline int akuru_mpi_split(akuru_mpi_ranks all, int part, int order, akuru_mpi_ranks *ranks) {
  return MPI_Comm_split(all.handle, part < 0 ? MPI_UNDEFINED : part, order, &ranks->handle);
}

static inline int akuru_mpi_free(akuru_mpi_ranks *ranks) { return MPI_Comm_free(&ranks->handle); }

/// Errors are returned as codes; else they would end the job.
static inline int akuru_mpi_return_errors(akuru_mpi_ranks ranks) {
  return MPI_Comm_set_errhandler(ranks.handle, MPI_ERRORS_RETURN);
}

// Collective calls

static inline int akuru_mpi_barrier(akuru_mpi_ranks ranks) { return MPI_Barrier(ranks.handle); }

static inline int akuru_mpi_broadcast(void *bytes, int count, int root, akuru_mpi_ranks ranks) {
  return MPI_Bcast(bytes, count, MPI_BYTE, root, ranks.handle);
}

/// These replace each value by its sum, or its maximum, over all ranks.
static inline int akuru_mpi_sum_doubles(void *values, int count, akuru_mpi_ranks ranks) {
  return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_DOUBLE, MPI_SUM, ranks.handle);
}
static inline int akuru_mpi_sum_integers(void *values, int count, akuru_mpi_ranks ranks) {
  return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_INT64_T, MPI_SUM, ranks.handle);
}
static inline int akuru_mpi_max_doubles(void *values, int count, akuru_mpi_ranks ranks) {
  return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_DOUBLE, MPI_MAX, ranks.handle);
}
static inline int akuru_mpi_max_integers(void *values, int count, akuru_mpi_ranks ranks) {
  return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_INT64_T, MPI_MAX, ranks.handle);
}

/// The bytes of all ranks, one after the other.
static inline int akuru_mpi_gather_all(
    const void *bytes, int count, void *all, const int *counts, const int *starts, akuru_mpi_ranks ranks) {
  return MPI_Allgatherv(bytes, count, MPI_BYTE, all, counts, starts, MPI_BYTE, ranks.handle);
}

// Messages

static inline int akuru_mpi_send(const void *bytes, int count, int to, int tag, akuru_mpi_ranks ranks) {
  return MPI_Send(bytes, count, MPI_BYTE, to, tag, ranks.handle);
}
static inline int akuru_mpi_receive(void *bytes, int count, int from, int tag, akuru_mpi_ranks ranks) {
  return MPI_Recv(bytes, count, MPI_BYTE, from, tag, ranks.handle, MPI_STATUS_IGNORE);
}

/// These begin a message; the memory must stay until it is finished.
static inline int akuru_mpi_begin_send(
    const void *bytes, int count, int to, int tag, akuru_mpi_ranks ranks, akuru_mpi_request *request) {
  return MPI_Isend(bytes, count, MPI_BYTE, to, tag, ranks.handle, &request->handle);
}
static inline int akuru_mpi_begin_receive(
    void *bytes, int most, int from, int tag, akuru_mpi_ranks ranks, akuru_mpi_request *request) {
  return MPI_Irecv(bytes, most, MPI_BYTE, from, tag, ranks.handle, &request->handle);
}

/// Whether a message waits.
static inline int akuru_mpi_probe(int from, int tag, akuru_mpi_ranks ranks, int *is_there) {
  return MPI_Iprobe(from, tag, ranks.handle, is_there, MPI_STATUS_IGNORE);
}

/// No message: what stands where one was finished.
static inline akuru_mpi_request akuru_mpi_no_request(void) { return (akuru_mpi_request){MPI_REQUEST_NULL}; }

/// The messages that are finished now, as indices with their statuses; *finished is 0 if there are none, or none are under way.
static inline int akuru_mpi_test_some(
    int count, akuru_mpi_request *requests, int *finished, int *indices, akuru_mpi_status *statuses) {
  int code = MPI_Testsome(count, &requests->handle, finished, indices, &statuses->status);
  if (*finished == MPI_UNDEFINED) *finished = 0;
  return code;
}

static inline int akuru_mpi_bytes(const akuru_mpi_status *status, int *bytes) {
  return MPI_Get_count(&status->status, MPI_BYTE, bytes);
}
static inline int akuru_mpi_error(akuru_mpi_status status) { return status.status.MPI_ERROR; }

// Shared memory

/// Counters in memory that processes share. Swift's Atomic is a type that stands in memory of its own, not one at an
/// address that was given. Whoever sees a count also sees what was written before it was raised.
static inline void akuru_count(int64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELEASE); }
static inline int64_t akuru_counted(const int64_t *counter) { return __atomic_load_n(counter, __ATOMIC_ACQUIRE); }

static inline void akuru_set(int64_t *word, int64_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

/// A new shared memory object, or one that exists; a signal that interrupts it changes nothing. Darwin declares shm_open with
/// variable arguments, which Swift does not import.
static inline int akuru_shared_memory(const char *name, int is_new) {
  int file;
  do file = shm_open(name, O_RDWR | (is_new ? O_CREAT | O_EXCL : 0), 0600);
  while (file < 0 && errno == EINTR);
  return file;
}

#endif
