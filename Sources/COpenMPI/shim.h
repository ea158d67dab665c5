#ifndef AKURU_COPENMPI_SHIM_H
#define AKURU_COPENMPI_SHIM_H

#include <mpi.h>

/// Open MPI's handles are cast macros, which Swift does not import; each inline below returns one of them.
static inline MPI_Comm akuru_comm_world(void) { return MPI_COMM_WORLD; }

#endif
