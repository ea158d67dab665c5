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

// C [rows, 16] = A [rows, k] * B [k, 16] for a convolution: line p of B is found at lines + places[p], so nothing is
// gathered. A is stored by columns, [k, rows]. Otherwise as above.
#define AKURU_CONVOLUTION_TILE(ROWS) \
  case ROWS: { \
    akuru_float16 sum[ROWS]; \
    for (int r = 0; r < ROWS; r++) sum[r] = (akuru_float16)(0); \
    for (long p = 0; p < k; p++) { \
      akuru_float16 b; \
      __builtin_memcpy(&b, lines + places[p], sizeof b); \
      for (int r = 0; r < ROWS; r++) sum[r] = akuru_multiply_add((akuru_float16)(a[p * ROWS + r]), b, sum[r]); \
    } \
    for (int r = 0; r < ROWS; r++) __builtin_memcpy(c + r * ldc, &sum[r], sizeof sum[r]); \
    return; \
  }

static inline void akuru_convolve_tile(int rows, long k, const float *a, const float *lines, const long *places, float *c,
                                       long ldc) {
  switch (rows) {
    AKURU_CONVOLUTION_TILE(1) AKURU_CONVOLUTION_TILE(2) AKURU_CONVOLUTION_TILE(3) AKURU_CONVOLUTION_TILE(4)
    AKURU_CONVOLUTION_TILE(5) AKURU_CONVOLUTION_TILE(6)
#ifdef __AVX512F__
    AKURU_CONVOLUTION_TILE(7) AKURU_CONVOLUTION_TILE(8) AKURU_CONVOLUTION_TILE(9) AKURU_CONVOLUTION_TILE(10)
    AKURU_CONVOLUTION_TILE(11) AKURU_CONVOLUTION_TILE(12)
#endif
    default: return;
  }
}
#undef AKURU_CONVOLUTION_TILE

#ifdef __AVX512F__
enum { akuru_gradient_rows = 8 };
#else
enum { akuru_gradient_rows = 4 };
#endif

typedef float akuru_float4 __attribute__((ext_vector_type(4)));
typedef float akuru_float8 __attribute__((ext_vector_type(8)));

/// Sums of neighbours, of a and then of b.
static inline __attribute__((always_inline)) akuru_float4 akuru_add_pairs(akuru_float4 a, akuru_float4 b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

/// The four sums of every fourth lane.
static inline __attribute__((always_inline)) akuru_float4 akuru_fold8(akuru_float8 v) { return v.lo + v.hi; }
static inline __attribute__((always_inline)) akuru_float4 akuru_fold16(akuru_float16 v) { return akuru_fold8(v.lo + v.hi); }

#ifdef __AVX512F__
#define AKURU_REGISTER akuru_float16
#define AKURU_FOLD akuru_fold16
#else
#define AKURU_REGISTER akuru_float8
#define AKURU_FOLD akuru_fold8
#endif

// weights[r * pitch + i] += sum over x < count of gradients[r * lead + x] * line[x + i - 1], for three taps i: the gradient
// of one line of kernels that are three wide. `count` is a multiple of 16; line[-1] and line[count] are read.
#define AKURU_GRADIENTS(ROWS) \
  case ROWS: { \
    AKURU_REGISTER sum[ROWS][3]; \
    for (int r = 0; r < ROWS; r++) \
      for (int i = 0; i < 3; i++) sum[r][i] = (AKURU_REGISTER)(0); \
    for (long x = 0; x < count; x += akuru_register_floats) { \
      AKURU_REGISTER taps[3]; \
      for (int i = 0; i < 3; i++) __builtin_memcpy(&taps[i], line + x + i - 1, sizeof taps[i]); \
      for (int r = 0; r < ROWS; r++) { \
        AKURU_REGISTER g; \
        __builtin_memcpy(&g, gradients + r * lead + x, sizeof g); \
        for (int i = 0; i < 3; i++) sum[r][i] = AKURU_FMA(g, taps[i], sum[r][i]); \
      } \
    } \
    for (int r = 0; r < ROWS; r++) { \
      akuru_float4 low = akuru_add_pairs(AKURU_FOLD(sum[r][0]), AKURU_FOLD(sum[r][1])); \
      akuru_float4 high = AKURU_FOLD(sum[r][2]); \
      akuru_float4 all = akuru_add_pairs(low, akuru_add_pairs(high, high)); \
      for (int i = 0; i < 3; i++) weights[r * pitch + i] += all[i]; \
    } \
    return; \
  }
#ifdef __FMA__
#define AKURU_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define AKURU_FMA(a, b, c) ((a) * (b) + (c))
#endif

static inline void akuru_add_tap_gradients(int rows, long count, const float *gradients, long lead, const float *line,
                                           float *weights, long pitch) {
  switch (rows) {
    AKURU_GRADIENTS(1) AKURU_GRADIENTS(2) AKURU_GRADIENTS(3) AKURU_GRADIENTS(4)
#ifdef __AVX512F__
    AKURU_GRADIENTS(5) AKURU_GRADIENTS(6) AKURU_GRADIENTS(7) AKURU_GRADIENTS(8)
#endif
    default: return;
  }
}
#undef AKURU_GRADIENTS
#undef AKURU_FMA
#undef AKURU_REGISTER
#undef AKURU_FOLD

#endif
