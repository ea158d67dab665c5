#ifndef AKURU_CPNG_SHIM_H
#define AKURU_CPNG_SHIM_H

#include <png.h>
#include <string.h>

// A file in memory, and why reading it failed: what libpng's callbacks need.
typedef struct {
  const png_byte *bytes;
  size_t remaining;
  char message[128];
} akuru_png_source;

static inline void akuru_png_error(png_structp png, png_const_charp text) {
  akuru_png_source *source = (akuru_png_source *)png_get_error_ptr(png);
  strncpy(source->message, text, sizeof(source->message) - 1);
  png_longjmp(png, 1);
}

// A damaged or misplaced tRNS chunk is only a warning to libpng, which would leave the transparency out.
static inline void akuru_png_warning(png_structp png, png_const_charp text) {
  if (strncmp(text, "tRNS", 4) == 0) akuru_png_error(png, text);
}

static inline void akuru_png_read(png_structp png, png_bytep target, size_t count) {
  akuru_png_source *source = (akuru_png_source *)png_get_io_ptr(png);
  if (count > source->remaining) png_error(png, "the file ends too early");
  memcpy(target, source->bytes, count);
  source->bytes += count;
  source->remaining -= count;
}

// Decodes the file `bytes` into `pixels`: height rows of width * channels bytes, 8 bits per channel, where channels is
// 1 (gray), 2 (gray, alpha), 3 (red, green, blue) or 4 (with alpha), as the file's colour type and tRNS chunk say.
// Returns 0, or -1 with `message` set. Why in C: libpng reports errors by longjmp, which must not cross Swift code. Why
// not libpng's simplified interface, which hides that: png_image_finish_read writes past the buffer for 16-bit
// interlaced images (CVE-2025-65018) or, since that was fixed, gives wrong pixels (pnggroup/libpng issue 853).
static inline int akuru_png_decode(const void *bytes, size_t size, png_bytep pixels, png_uint_32 width,
                                   png_uint_32 height, int channels, char message[128]) {
  akuru_png_source source = {(const png_byte *)bytes, size, {0}};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, akuru_png_error, akuru_png_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    strcpy(message, "libpng has no memory or is another version than at compile time");
    return -1;
  }
  if (setjmp(png_jmpbuf(png))) {
    memcpy(message, source.message, sizeof(source.message));
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_set_read_fn(png, &source, akuru_png_read);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // Skip texts, profiles and all else but IHDR, PLTE, tRNS, IDAT and IEND: they would cost memory.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t stride = (size_t)width * (size_t)channels;
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height ||
      png_get_rowbytes(png, info) != stride)
    png_error(png, "header and pixels disagree");
  while (passes-- > 0)
    for (size_t y = 0; y < height; y++) png_read_row(png, pixels + y * stride, NULL);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

// A bound on the bytes that png_image_write_to_memory needs: PNG_IMAGE_PNG_SIZE_MAX is a macro with arguments,
// which Swift cannot import.
static inline size_t akuru_png_size_limit(const png_image *image) {
  return PNG_IMAGE_PNG_SIZE_MAX(*image);
}

#endif
