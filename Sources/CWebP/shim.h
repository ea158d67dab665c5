#ifndef AKURU_CWEBP_SHIM_H
#define AKURU_CWEBP_SHIM_H

#include <webp/decode.h>

// Decodes the file `bytes` into `pixels`: height rows of width * channels bytes, red, green, blue and, with 4 channels,
// alpha. Why in C: the output is a union, whose part for colors Swift would have to select by name.
static inline VP8StatusCode akuru_webp_decode(const uint8_t *bytes, size_t size, uint8_t *pixels, int width, int height,
                                              int channels) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return VP8_STATUS_INVALID_PARAM;
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = width * channels;
  config.output.u.RGBA.size = (size_t)width * (size_t)height * (size_t)channels;
  VP8StatusCode status = WebPDecode(bytes, size, &config);
  if (status == VP8_STATUS_OK && (config.output.width != width || config.output.height != height))
    status = VP8_STATUS_BITSTREAM_ERROR;
  WebPFreeDecBuffer(&config.output);
  return status;
}

#endif
