#ifndef AKURU_CJPEG_SHIM_H
#define AKURU_CJPEG_SHIM_H

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// A decoder, where errors go, and why it failed: what libjpeg's callbacks need.
typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
} akuru_jpeg_decoder;

static inline void akuru_jpeg_error(j_common_ptr jpeg) {
  akuru_jpeg_decoder *decoder = (akuru_jpeg_decoder *)jpeg->client_data;
  decoder->errors.format_message(jpeg, decoder->message);
  longjmp(decoder->failed, 1);
}

// Damaged data is only a warning to libjpeg, which would go on with gray blocks in its place.
static inline void akuru_jpeg_warning(j_common_ptr jpeg, int level) {
  if (level < 0) akuru_jpeg_error(jpeg);
}

static inline void akuru_jpeg_begin(j_decompress_ptr jpeg) { (void)jpeg; }

// All bytes were given at once: there are no more.
static inline boolean akuru_jpeg_end(j_decompress_ptr jpeg) {
  akuru_jpeg_decoder *decoder = (akuru_jpeg_decoder *)jpeg->client_data;
  strcpy(decoder->message, "the file ends too early");
  longjmp(decoder->failed, 1);
  return FALSE;
}

static inline void akuru_jpeg_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if ((size_t)count > jpeg->src->bytes_in_buffer) akuru_jpeg_end(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

// Decodes the file `bytes` into `pixels`: height rows of width gray bytes. Red, green and blue become
// (299 R + 587 G + 114 B + 500) / 1000, row by row, so that no color image is held. Returns 0, or -1 with `message` set.
// Why in C: libjpeg reports errors by longjmp, which must not cross Swift code.
static inline int akuru_jpeg_decode(const void *bytes, size_t size, unsigned char *pixels, unsigned width,
                                    unsigned height, size_t memory, char message[JMSG_LENGTH_MAX]) {
  akuru_jpeg_decoder decoder;
  memset(&decoder, 0, sizeof(decoder));
  j_decompress_ptr jpeg = &decoder.jpeg;
  jpeg->err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = akuru_jpeg_error;
  decoder.errors.emit_message = akuru_jpeg_warning;
  jpeg->client_data = &decoder;
  if (setjmp(decoder.failed)) {
    memcpy(message, decoder.message, JMSG_LENGTH_MAX);
    jpeg_destroy_decompress(&decoder.jpeg);
    return -1;
  }
  jpeg_create_decompress(jpeg);
  // What the coefficients of a progressive image may take.
  jpeg->mem->max_memory_to_use = (long)memory;
  decoder.source.init_source = akuru_jpeg_begin;
  decoder.source.fill_input_buffer = akuru_jpeg_end;
  decoder.source.skip_input_data = akuru_jpeg_skip;
  decoder.source.resync_to_restart = jpeg_resync_to_restart;
  decoder.source.term_source = akuru_jpeg_begin;
  decoder.source.next_input_byte = (const JOCTET *)bytes;
  decoder.source.bytes_in_buffer = size;
  jpeg->src = &decoder.source;
  jpeg_read_header(jpeg, TRUE);
  jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_EXT_RGBX;
  if (jpeg->image_width != width || jpeg->image_height != height) {
    strcpy(decoder.message, "header and pixels disagree");
    longjmp(decoder.failed, 1);
  }
  jpeg_start_decompress(jpeg);
  int channels = jpeg->output_components;
  if (jpeg->output_width != width || jpeg->output_height != height || (channels != 1 && channels != 4)) {
    strcpy(decoder.message, "header and pixels disagree");
    longjmp(decoder.failed, 1);
  }
  JSAMPARRAY row = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, width * (JDIMENSION)channels, 1);
  while (jpeg->output_scanline < height) {
    unsigned char *target = pixels + (size_t)jpeg->output_scanline * width;
    jpeg_read_scanlines(jpeg, row, 1);
    if (channels == 1) {
      memcpy(target, row[0], width);
    } else {
      // Four bytes a pixel, and a division by multiplying that 32 bits hold, so that the compiler can take several pixels at
      // once: floor(n / 1000) = floor(floor(n / 8) * 67109 / 2^23) for n up to 255,500.
      const JSAMPLE *restrict colors = row[0];
      for (size_t x = 0; x < width; x++) {
        unsigned n = 299u * colors[4 * x] + 587u * colors[4 * x + 1] + 114u * colors[4 * x + 2] + 500u;
        target[x] = (unsigned char)((n >> 3) * 67109u >> 23);
      }
    }
  }
  jpeg_finish_decompress(jpeg);
  jpeg_destroy_decompress(jpeg);
  return 0;
}

// The text of libjpeg's message about its version: the table of messages is reached through a struct of macros only.
static inline const char *akuru_jpeg_version(void) {
  struct jpeg_error_mgr errors;
  jpeg_std_error(&errors);
  return errors.jpeg_message_table[JMSG_VERSION];
}

#endif
