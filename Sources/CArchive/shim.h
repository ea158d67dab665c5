#ifndef AKURU_CARCHIVE_SHIM_H
#define AKURU_CARCHIVE_SHIM_H

#include <archive.h>
#include <archive_entry.h>

/// The file type of a regular file: a macro that casts, which Swift does not import.
static inline unsigned int akuru_regular_file(void) { return AE_IFREG; }

#endif
