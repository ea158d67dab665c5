#ifndef AKURU_CTIFF_SHIM_H
#define AKURU_CTIFF_SHIM_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

// A file in memory, and why reading it failed: what libtiff's callbacks need. It is the `client data` of one open file.
typedef struct {
  const uint8_t *bytes;
  uint64_t size;
  uint64_t offset;
  // Whether pixels are decoded, when warnings of codecs are about missing or damaged data.
  int decodes;
  int failed;
  char message[256];
} akuru_tiff_source;

// What the Swift code found in a page's directory. libtiff must find the same.
typedef struct {
  uint64_t directory;
  uint32_t width, height;
  // 0 for an image in strips.
  uint32_t tileWidth, tileHeight;
  // Bits of a sample: 1, 2, 4, 8 or 16. Samples of a pixel in the file.
  uint16_t bits, samples;
  // Channels of a pixel in the result, and the sample that each comes from.
  uint16_t channels, source[4];
  // Whether each sample has a plane of its own.
  uint8_t isSeparate;
  // Whether the first `inverted` channels are stored with 0 as white.
  uint8_t inverted;
  // Whether the file holds JPEG data in YCbCr, which become red, green and blue.
  uint8_t isYCbCr;
  // Red, green and blue of 1 << bits entries, or NULL.
  const uint8_t *palette;
} akuru_tiff_layout;

static inline void akuru_tiff_note(akuru_tiff_source *source, const char *format, va_list values) {
  if (source->failed) return;
  source->failed = 1;
  vsnprintf(source->message, sizeof(source->message), format, values);
}

static inline void akuru_tiff_error(thandle_t handle, const char *module, const char *format, va_list values) {
  (void)module;
  if (handle) akuru_tiff_note((akuru_tiff_source *)handle, format, values);
}

// Missing and damaged data is often only a warning to libtiff, which would go on with white in its place. Harmless are
// warnings about tags, which come before pixels are decoded, and about bytes that are left over.
static inline void akuru_tiff_warning(thandle_t handle, const char *module, const char *format, va_list values) {
  (void)module;
  akuru_tiff_source *source = (akuru_tiff_source *)handle;
  if (!source || !source->decodes) return;
  if (strstr(format, "Old-style LZW") || strstr(format, "Discarding") || strstr(format, "exceeds expected")) return;
  akuru_tiff_note(source, format, values);
}

// Has libtiff print nothing. The handlers are those of the process, and tell files apart by their client data. To be
// called once, before a file is opened. (Handlers of one file exist since libtiff 4.5.)
static inline void akuru_tiff_set_handlers(void) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  TIFFSetErrorHandlerExt(akuru_tiff_error);
  TIFFSetWarningHandlerExt(akuru_tiff_warning);
}

static inline tmsize_t akuru_tiff_read(thandle_t handle, void *target, tmsize_t count) {
  akuru_tiff_source *source = (akuru_tiff_source *)handle;
  uint64_t remaining = source->offset < source->size ? source->size - source->offset : 0;
  if (count < 0) return 0;
  if ((uint64_t)count > remaining) count = (tmsize_t)remaining;
  memcpy(target, source->bytes + source->offset, (size_t)count);
  source->offset += (uint64_t)count;
  return count;
}

static inline tmsize_t akuru_tiff_write(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static inline toff_t akuru_tiff_seek(thandle_t handle, toff_t offset, int whence) {
  akuru_tiff_source *source = (akuru_tiff_source *)handle;
  toff_t start = whence == SEEK_CUR ? source->offset : whence == SEEK_END ? source->size : 0;
  source->offset = start + offset;
  return source->offset;
}

static inline int akuru_tiff_close(thandle_t handle) {
  (void)handle;
  return 0;
}

static inline toff_t akuru_tiff_size(thandle_t handle) { return ((akuru_tiff_source *)handle)->size; }

// libtiff reads in place, and compares offsets with the size before it reserves memory.
static inline int akuru_tiff_map(thandle_t handle, void **base, toff_t *size) {
  akuru_tiff_source *source = (akuru_tiff_source *)handle;
  *base = (void *)source->bytes;
  *size = source->size;
  return 1;
}

static inline void akuru_tiff_unmap(thandle_t handle, void *base, toff_t size) { (void)handle, (void)base, (void)size; }

// Sample `i` of a row, with `bits` bits each, in 8 bits: as libpng expands and scales them.
static inline uint8_t akuru_tiff_sample(const uint8_t *row, size_t i, unsigned bits) {
  switch (bits) {
    case 1: return (uint8_t)(((row[i >> 3] >> (7 - (i & 7))) & 1) * 255);
    case 2: return (uint8_t)(((row[i >> 2] >> (6 - 2 * (i & 3))) & 3) * 85);
    case 4: return (uint8_t)(((row[i >> 1] >> (4 - 4 * (i & 1))) & 15) * 17);
    case 8: return row[i];
    default: {
      uint16_t value;
      memcpy(&value, row + 2 * i, 2);
      return (uint8_t)(((uint32_t)value * 255 + 32895) >> 16);
    }
  }
}

// Converts `count` pixels of a row. `stride` samples make a pixel in the row, channel `only` alone is there if it is not
// negative.
static inline void akuru_tiff_convert(const akuru_tiff_layout *layout, const uint8_t *row, size_t count, size_t stride,
                                      int only, uint8_t *target) {
  unsigned bits = layout->bits;
  size_t channels = layout->channels;
  if (layout->palette) {
    unsigned step = bits == 8 ? 1 : bits == 4 ? 17 : bits == 2 ? 85 : 255;
    for (size_t x = 0; x < count; x++)
      memcpy(target + 3 * x, layout->palette + 3 * (akuru_tiff_sample(row, x * stride, bits) / step), 3);
    return;
  }
  for (size_t c = only < 0 ? 0 : (size_t)only; c < (only < 0 ? channels : (size_t)only + 1); c++) {
    size_t first = only < 0 ? layout->source[c] : 0;
    uint8_t flip = c < layout->inverted ? 255 : 0;
    for (size_t x = 0; x < count; x++)
      target[x * channels + c] = akuru_tiff_sample(row, x * stride + first, bits) ^ flip;
  }
}

static inline int akuru_tiff_strips(TIFF *tiff, akuru_tiff_source *source, const akuru_tiff_layout *layout, int only,
                                    uint8_t *buffer, uint8_t *pixels) {
  size_t stride = layout->isSeparate ? 1 : layout->samples;
  uint16_t plane = only < 0 ? 0 : layout->source[only];
  for (uint32_t y = 0; y < layout->height; y++) {
    if (TIFFReadScanline(tiff, buffer, y, plane) < 0 || source->failed) return -1;
    akuru_tiff_convert(
        layout, buffer, layout->width, stride, only, pixels + (size_t)y * layout->width * layout->channels);
  }
  return 0;
}

static inline int akuru_tiff_tiles(TIFF *tiff, akuru_tiff_source *source, const akuru_tiff_layout *layout, int only,
                                   uint8_t *buffer, size_t size, uint8_t *pixels) {
  size_t stride = layout->isSeparate ? 1 : layout->samples;
  uint16_t plane = only < 0 ? 0 : layout->source[only];
  size_t rowBytes = ((size_t)layout->tileWidth * stride * layout->bits + 7) / 8;
  for (uint32_t y = 0; y < layout->height; y += layout->tileHeight) {
    for (uint32_t x = 0; x < layout->width; x += layout->tileWidth) {
      uint32_t tile = TIFFComputeTile(tiff, x, y, 0, plane);
      if (TIFFReadEncodedTile(tiff, tile, buffer, (tmsize_t)size) != (tmsize_t)size || source->failed) return -1;
      uint32_t columns = layout->width - x < layout->tileWidth ? layout->width - x : layout->tileWidth;
      uint32_t rows = layout->height - y < layout->tileHeight ? layout->height - y : layout->tileHeight;
      for (uint32_t row = 0; row < rows; row++) {
        size_t place = ((size_t)(y + row) * layout->width + x) * layout->channels;
        akuru_tiff_convert(layout, buffer + row * rowBytes, columns, stride, only, pixels + place);
      }
    }
  }
  return 0;
}

// Whether libtiff sees the page as the layout does. Sets what JPEG data become.
static inline int akuru_tiff_agrees(TIFF *tiff, const akuru_tiff_layout *layout, tmsize_t *bufferSize) {
  uint32_t width = 0, height = 0, tileWidth = 0, tileHeight = 0;
  uint16_t bits = 0, samples = 0, planar = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  if (width != layout->width || height != layout->height || bits != layout->bits || samples != layout->samples ||
      (samples > 1 && (planar == PLANARCONFIG_SEPARATE) != layout->isSeparate) ||
      TIFFIsTiled(tiff) != (layout->tileWidth != 0))
    return 0;
  if (layout->isYCbCr && !TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB)) return 0;
  size_t stride = layout->isSeparate ? 1 : samples;
  tmsize_t wanted;
  if (layout->tileWidth) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tileWidth);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tileHeight);
    if (tileWidth != layout->tileWidth || tileHeight != layout->tileHeight) return 0;
    wanted = (tmsize_t)(((size_t)tileWidth * stride * bits + 7) / 8 * tileHeight);
    *bufferSize = TIFFTileSize(tiff);
  } else {
    wanted = (tmsize_t)(((size_t)width * stride * bits + 7) / 8);
    *bufferSize = TIFFScanlineSize(tiff);
  }
  return *bufferSize == wanted;
}

// Decodes a page of the file `bytes` into `pixels`: height rows of width * channels bytes. Returns 0, or -1 with
// `message` set. Why in C: libtiff's interface has variable arguments, which Swift cannot call.
static inline int akuru_tiff_decode(const void *bytes, size_t size, const akuru_tiff_layout *layout, uint8_t *pixels,
                                    char message[256]) {
  akuru_tiff_source source = {(const uint8_t *)bytes, size, 0, 0, 0, {0}};
  // h: no directory is read here; c: strips stay whole.
  TIFF *tiff = TIFFClientOpen("image", "rhc", &source, akuru_tiff_read, akuru_tiff_write, akuru_tiff_seek,
                              akuru_tiff_close, akuru_tiff_size, akuru_tiff_map, akuru_tiff_unmap);
  int result = -1;
  uint8_t *buffer = NULL;
  tmsize_t bufferSize = 0;
  if (tiff && TIFFSetSubDirectory(tiff, layout->directory) && !source.failed) {
    if (akuru_tiff_agrees(tiff, layout, &bufferSize)) buffer = (uint8_t *)calloc(1, (size_t)bufferSize + 8);
    if (!buffer && !source.failed) strcpy(source.message, "directory and pixels disagree");
  }
  if (buffer) {
    source.decodes = 1;
    int parts = layout->isSeparate && !layout->palette ? layout->channels : 1;
    result = 0;
    for (int part = 0; part < parts && result == 0; part++) {
      int only = layout->isSeparate ? part : -1;
      result = layout->tileWidth
                   ? akuru_tiff_tiles(tiff, &source, layout, only, buffer, (size_t)bufferSize, pixels)
                   : akuru_tiff_strips(tiff, &source, layout, only, buffer, pixels);
    }
    source.decodes = 0;
    free(buffer);
  }
  if (tiff) TIFFClose(tiff);
  if (!source.message[0]) strcpy(source.message, "its data cannot be decoded");
  memcpy(message, source.message, sizeof(source.message));
  return result;
}

#endif
