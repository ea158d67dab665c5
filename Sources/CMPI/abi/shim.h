#include <mpi_abi.h>

#include "../shim.h"
