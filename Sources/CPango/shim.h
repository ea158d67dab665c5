#ifndef AKURU_CPANGO_SHIM_H
#define AKURU_CPANGO_SHIM_H

#include <pango/pangocairo.h>

#endif
