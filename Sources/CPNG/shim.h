#ifndef AKURU_CPNG_SHIM_H
#define AKURU_CPNG_SHIM_H

#include <png.h>

#endif
