#ifndef AKURU_COPENBLAS_SHIM_H
#define AKURU_COPENBLAS_SHIM_H

#include <cblas.h>

/// Sixteen floats; Swift imports it as SIMD16<Float>.
typedef float akuru_float16 __attribute__((ext_vector_type(16)));

/// Sixteen integers and sixteen bytes; SIMD16<Int32> and SIMD16<UInt8>.
typedef int akuru_int16 __attribute__((ext_vector_type(16)));
typedef unsigned char akuru_byte16 __attribute__((ext_vector_type(16)));

/// The low bytes of integers, and bytes as integers. Swift's conversions between SIMD types compile to loops over lanes.
static inline __attribute__((always_inline)) akuru_byte16 akuru_narrow(akuru_int16 v) {
  return __builtin_convertvector(v, akuru_byte16);
}
static inline __attribute__((always_inline)) akuru_int16 akuru_widen(akuru_byte16 v) {
  return __builtin_convertvector(v, akuru_int16);
}

/// a * b + c in one rounding. Swift's `addingProduct` on SIMD16 compiles to per-lane calls; this is one or two vector
/// instructions. Where the target has no fused multiply-add, it multiplies and adds.
static inline __attribute__((always_inline)) akuru_float16 akuru_multiply_add(
    akuru_float16 a, akuru_float16 b, akuru_float16 c) {
#ifdef __FMA__
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// Floats in a vector register of the instruction set this is compiled for.
#ifdef __AVX512F__
enum { akuru_register_floats = 16, akuru_tile_rows = 12 };
#else
enum { akuru_register_floats = 8, akuru_tile_rows = 6 };
#endif

// C [rows, 16] = A [rows, k] * panel [k, 16], added to C if `accumulate`: a tile of C stays in registers over all of k. In
// C because Swift keeps no array of vectors in registers. Each element is one chain of fused multiply-adds in the order
// of k, so its bits depend neither on `rows` nor on the instruction set.
#define AKURU_TILE(ROWS) \
  case ROWS: { \
    akuru_float16 sum[ROWS]; \
    for (int r = 0; r < ROWS; r++) { \
      if (accumulate) __builtin_memcpy(&sum[r], c + r * ldc, sizeof sum[r]); \
      else sum[r] = (akuru_float16)(0); \
    } \
    for (long p = 0; p < k; p++) { \
      akuru_float16 b; \
      __builtin_memcpy(&b, panel + 16 * p, sizeof b); \
      for (int r = 0; r < ROWS; r++) sum[r] = akuru_multiply_add((akuru_float16)(a[r * lda + p]), b, sum[r]); \
    } \
    for (int r = 0; r < ROWS; r++) __builtin_memcpy(c + r * ldc, &sum[r], sizeof sum[r]); \
    return; \
  }

static inline void akuru_multiply_tile(int rows, long k, const float *a, long lda, const float *panel, int accumulate,
                                       float *c, long ldc) {
  switch (rows) {
    AKURU_TILE(1) AKURU_TILE(2) AKURU_TILE(3) AKURU_TILE(4) AKURU_TILE(5) AKURU_TILE(6)
#ifdef __AVX512F__
    AKURU_TILE(7) AKURU_TILE(8) AKURU_TILE(9) AKURU_TILE(10) AKURU_TILE(11) AKURU_TILE(12)
#endif
    default: return;
  }
}
#undef AKURU_TILE

#endif
