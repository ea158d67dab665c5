#ifndef AKURU_CPNG_SHIM_H
#define AKURU_CPNG_SHIM_H

#include <png.h>

// A bound on the bytes that png_image_write_to_memory needs: PNG_IMAGE_PNG_SIZE_MAX is a macro with arguments,
// which Swift cannot import.
static inline size_t akuru_png_size_limit(const png_image *image) {
  return PNG_IMAGE_PNG_SIZE_MAX(*image);
}

#endif
