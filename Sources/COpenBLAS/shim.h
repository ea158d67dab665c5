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

/// Which of the vector instruction sets the CPU and its operating system have.
enum { akuru_other_cpu = 0, akuru_avx2_cpu = 1, akuru_avx512_cpu = 2 };
static inline int akuru_cpu(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return akuru_other_cpu;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return akuru_avx512_cpu;
  return akuru_avx2_cpu;
#else
  return akuru_other_cpu;
#endif
}

// The kernels below are compiled twice on x86: for the instruction set that all is compiled for, and, with names that end in
// `_wide`, for AVX-512, to be called where the CPU has it. They are in C because Swift keeps no array of vectors in
// registers and compiles a module for one instruction set only.
#define AKURU_PASTE(NAME, SUFFIX) NAME##SUFFIX

/// Rows of C that share a tile, and output channels whose gradients do, at most: as many sums as there are registers for.
enum { akuru_tile_rows = 6, akuru_gradient_rows = 4, akuru_tile_rows_wide = 14, akuru_gradient_rows_wide = 8 };

#ifdef __FMA__
#define AKURU_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define AKURU_FMA(a, b, c) ((a) * (b) + (c))
#endif

// Sums stay in registers only where the loops over them are unrolled.
#define AKURU_UNROLLED _Pragma("clang loop unroll(full)")

// A tile of C, [ROWS, 16 * VECTORS]; it stays in registers over all of k. VALUE is the element of A in row r and column p,
// LINE(v) where vector v of B's row p is. Two vectors halve the loads of A for a multiplication, which limit one with AVX-512.
#define AKURU_TILE(ROWS, VECTORS, ACCUMULATE, VALUE, LINE) \
  case ROWS: { \
    akuru_float16 sum[ROWS][VECTORS]; \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) \
      AKURU_UNROLLED for (int v = 0; v < VECTORS; v++) { \
        if (ACCUMULATE) __builtin_memcpy(&sum[r][v], c + r * ldc + 16 * v, sizeof sum[r][v]); \
        else sum[r][v] = (akuru_float16)(0); \
      } \
    for (long p = 0; p < k; p++) { \
      akuru_float16 b[VECTORS]; \
      AKURU_UNROLLED for (int v = 0; v < VECTORS; v++) __builtin_memcpy(&b[v], LINE(v), sizeof b[v]); \
      AKURU_UNROLLED for (int r = 0; r < ROWS; r++) { \
        akuru_float16 value = (akuru_float16)(VALUE); \
        AKURU_UNROLLED for (int v = 0; v < VECTORS; v++) sum[r][v] = AKURU_FMA(value, b[v], sum[r][v]); \
      } \
    } \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) \
      AKURU_UNROLLED for (int v = 0; v < VECTORS; v++) \
        __builtin_memcpy(c + r * ldc + 16 * v, &sum[r][v], sizeof sum[r][v]); \
    return; \
  }
#define AKURU_PANEL(V) (panel + 16 * ((V) * k + p))
#define AKURU_PLACE(V) (lines + places[p] + 16 * (V))
#define AKURU_PRODUCT(ROWS) AKURU_TILE(ROWS, 1, accumulate, a[r * lda + p], AKURU_PANEL)
#define AKURU_DOUBLE_PRODUCT(ROWS) AKURU_TILE(ROWS, 2, accumulate, a[r * lda + p], AKURU_PANEL)
#define AKURU_CONVOLUTION(ROWS) AKURU_TILE(ROWS, 1, 0, a[p * ROWS + r], AKURU_PLACE)
#define AKURU_DOUBLE_CONVOLUTION(ROWS) AKURU_TILE(ROWS, 2, 0, a[p * ROWS + r], AKURU_PLACE)

typedef float akuru_float4 __attribute__((ext_vector_type(4)));
typedef float akuru_float8 __attribute__((ext_vector_type(8)));

/// Sums of neighbors, of a and then of b.
static inline __attribute__((always_inline)) akuru_float4 akuru_add_pairs(akuru_float4 a, akuru_float4 b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

// The four sums of every fourth lane. Vectors go by address, as how they are passed by value depends on the instruction set.
static inline __attribute__((always_inline)) akuru_float4 akuru_fold8(const akuru_float8 *v) { return v->lo + v->hi; }
static inline __attribute__((always_inline)) akuru_float4 akuru_fold16(const akuru_float16 *v) {
  akuru_float8 half = v->lo + v->hi;
  return akuru_fold8(&half);
}

#define AKURU_GRADIENTS(ROWS, REGISTER, FOLD) \
  case ROWS: { \
    REGISTER sum[ROWS][3]; \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) \
      AKURU_UNROLLED for (int i = 0; i < 3; i++) sum[r][i] = (REGISTER)(0); \
    for (long x = 0; x < count; x += sizeof(REGISTER) / sizeof(float)) { \
      REGISTER taps[3]; \
      AKURU_UNROLLED for (int i = 0; i < 3; i++) __builtin_memcpy(&taps[i], line + x + i - 1, sizeof taps[i]); \
      AKURU_UNROLLED for (int r = 0; r < ROWS; r++) { \
        REGISTER g; \
        __builtin_memcpy(&g, gradients + r * lead + x, sizeof g); \
        AKURU_UNROLLED for (int i = 0; i < 3; i++) sum[r][i] = AKURU_FMA(g, taps[i], sum[r][i]); \
      } \
    } \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) { \
      akuru_float4 low = akuru_add_pairs(FOLD(&sum[r][0]), FOLD(&sum[r][1])); \
      akuru_float4 high = FOLD(&sum[r][2]); \
      akuru_float4 all = akuru_add_pairs(low, akuru_add_pairs(high, high)); \
      AKURU_UNROLLED for (int i = 0; i < 3; i++) weights[r * pitch + i] += all[i]; \
    } \
    return; \
  }

#define AKURU_NARROW_CASES(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#define AKURU_WIDE_CASES(CASE) AKURU_NARROW_CASES(CASE) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
#define AKURU_NARROW_GRADIENTS(ROWS) AKURU_GRADIENTS(ROWS, akuru_float8, akuru_fold8)
#define AKURU_WIDE_GRADIENTS(ROWS) AKURU_GRADIENTS(ROWS, akuru_float16, akuru_fold16)

// akuru_multiply_tile: C [rows, 16] = A [rows, k] * panel [k, 16], added to C if `accumulate`. Each element is one chain of fused multiply-adds in the order of k, so its bits do not depend on `rows`, nor on
// the instruction set, as long as it has fused multiply-adds.
//
// akuru_convolve_tile: C [rows, 16] = A [rows, k] * B [k, 16] for a convolution: line p of B is found at lines + places[p],
// so nothing is gathered. A is stored by columns, [k, rows]. Otherwise as above.
//
// akuru_add_tap_gradients: weights[r * pitch + i] += sum over x < count of gradients[r * lead + x] * line[x + i - 1], for three
// taps i: the gradient of one line of kernels that are three wide. `count` is a multiple of 16; line[-1] and line[count] are
// read.
#define AKURU_KERNELS(SUFFIX, TARGET, CASES, GRADIENT_CASES) \
  TARGET static inline void AKURU_PASTE(akuru_multiply_tile, SUFFIX)( \
      int rows, long k, const float *a, long lda, const float *panel, int accumulate, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_PRODUCT) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_convolve_tile, SUFFIX)( \
      int rows, long k, const float *a, const float *lines, const long *places, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_CONVOLUTION) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_add_tap_gradients, SUFFIX)( \
      int rows, long count, const float *gradients, long lead, const float *line, float *weights, long pitch) { \
    switch (rows) { GRADIENT_CASES default: return; } \
  }

AKURU_KERNELS(, , AKURU_NARROW_CASES, AKURU_NARROW_GRADIENTS(1) AKURU_NARROW_GRADIENTS(2) AKURU_NARROW_GRADIENTS(3)
                      AKURU_NARROW_GRADIENTS(4))
#if defined(__x86_64__)
#define AKURU_WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#pragma push_macro("AKURU_FMA")
#undef AKURU_FMA
#define AKURU_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
AKURU_KERNELS(_wide, AKURU_WIDE, AKURU_WIDE_CASES,
              AKURU_WIDE_GRADIENTS(1) AKURU_WIDE_GRADIENTS(2) AKURU_WIDE_GRADIENTS(3) AKURU_WIDE_GRADIENTS(4)
                  AKURU_WIDE_GRADIENTS(5) AKURU_WIDE_GRADIENTS(6) AKURU_WIDE_GRADIENTS(7) AKURU_WIDE_GRADIENTS(8))
/// C [rows, 32], of two panels one behind the other; otherwise as akuru_multiply_tile.
AKURU_WIDE static inline void akuru_multiply_double_tile_wide(
    int rows, long k, const float *a, long lda, const float *panel, int accumulate, float *c, long ldc) {
  switch (rows) {
    AKURU_WIDE_CASES(AKURU_DOUBLE_PRODUCT)
    default: return;
  }
}

/// C [rows, 32]; otherwise as akuru_convolve_tile.
AKURU_WIDE static inline void akuru_convolve_double_tile_wide(
    int rows, long k, const float *a, const float *lines, const long *places, float *c, long ldc) {
  switch (rows) {
    AKURU_WIDE_CASES(AKURU_DOUBLE_CONVOLUTION)
    default: return;
  }
}
#pragma pop_macro("AKURU_FMA")
#undef AKURU_WIDE
#endif

#undef AKURU_KERNELS
#undef AKURU_WIDE_GRADIENTS
#undef AKURU_NARROW_GRADIENTS
#undef AKURU_WIDE_CASES
#undef AKURU_NARROW_CASES
#undef AKURU_GRADIENTS
#undef AKURU_DOUBLE_CONVOLUTION
#undef AKURU_CONVOLUTION
#undef AKURU_DOUBLE_PRODUCT
#undef AKURU_PRODUCT
#undef AKURU_PLACE
#undef AKURU_PANEL
#undef AKURU_TILE
#undef AKURU_UNROLLED
#undef AKURU_FMA
#undef AKURU_PASTE

#endif
