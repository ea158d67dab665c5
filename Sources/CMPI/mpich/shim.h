#include <mpi.h>

#include "../shim.h"
