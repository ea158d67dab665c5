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
#define AKURU_ROW(V) (rows_of_b + p * ldb + 16 * (V))
#define AKURU_ROWS_PRODUCT(ROWS) AKURU_TILE(ROWS, 1, 0, a[r * lda + p], AKURU_ROW)
#define AKURU_DOUBLE_ROWS_PRODUCT(ROWS) AKURU_TILE(ROWS, 2, 0, a[r * lda + p], AKURU_ROW)

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

// Adds the dot products of ROWS lines with COLUMNS lines, at most three, to sums; LINE(i) is the address of line i at x.
#define AKURU_DOTS(ROWS, COLUMNS, REGISTER, FOLD, LINE) \
  { \
    REGISTER sum[ROWS][COLUMNS]; \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) \
      AKURU_UNROLLED for (int i = 0; i < COLUMNS; i++) sum[r][i] = (REGISTER)(0); \
    for (long x = 0; x < count; x += sizeof(REGISTER) / sizeof(float)) { \
      REGISTER b[COLUMNS]; \
      AKURU_UNROLLED for (int i = 0; i < COLUMNS; i++) __builtin_memcpy(&b[i], LINE(i), sizeof b[i]); \
      AKURU_UNROLLED for (int r = 0; r < ROWS; r++) { \
        REGISTER a; \
        __builtin_memcpy(&a, rows_at + r * lead + x, sizeof a); \
        AKURU_UNROLLED for (int i = 0; i < COLUMNS; i++) sum[r][i] = AKURU_FMA(a, b[i], sum[r][i]); \
      } \
    } \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) { \
      akuru_float4 low = akuru_add_pairs(FOLD(&sum[r][0]), FOLD(&sum[r][COLUMNS > 1])); \
      akuru_float4 high = FOLD(&sum[r][COLUMNS - 1]); \
      akuru_float4 all = akuru_add_pairs(low, akuru_add_pairs(high, high)); \
      AKURU_UNROLLED for (int i = 0; i < COLUMNS; i++) sums[r * pitch + i] += all[i]; \
    } \
    return; \
  }
#define AKURU_TAP(I) (line + x + (I) - 1)
#define AKURU_OTHER(I) (line + (I) * line_lead + x)

#define AKURU_NARROW_CASES(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#define AKURU_WIDE_CASES(CASE) AKURU_NARROW_CASES(CASE) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
#define AKURU_NARROW_GRADIENTS(ROWS) case ROWS: AKURU_DOTS(ROWS, 3, akuru_float8, akuru_fold8, AKURU_TAP)
#define AKURU_WIDE_GRADIENTS(ROWS) case ROWS: AKURU_DOTS(ROWS, 3, akuru_float16, akuru_fold16, AKURU_TAP)
// Cases of rows and columns.
#define AKURU_DOT_CASE(ROWS, COLUMNS, REGISTER, FOLD) \
  case 4 * ROWS + COLUMNS: AKURU_DOTS(ROWS, COLUMNS, REGISTER, FOLD, AKURU_OTHER)
#define AKURU_DOT_CASES(ROWS, REGISTER, FOLD) \
  AKURU_DOT_CASE(ROWS, 1, REGISTER, FOLD) AKURU_DOT_CASE(ROWS, 2, REGISTER, FOLD) AKURU_DOT_CASE(ROWS, 3, REGISTER, FOLD)
#define AKURU_NARROW_DOTS(ROWS) AKURU_DOT_CASES(ROWS, akuru_float8, akuru_fold8)
#define AKURU_WIDE_DOTS(ROWS) AKURU_DOT_CASES(ROWS, akuru_float16, akuru_fold16)
#define AKURU_FOUR(CASE) CASE(1) CASE(2) CASE(3) CASE(4)
#define AKURU_EIGHT(CASE) AKURU_FOUR(CASE) CASE(5) CASE(6) CASE(7) CASE(8)

// akuru_multiply_tile: C [rows, 16] = A [rows, k] * panel [k, 16], added to C if `accumulate`. Each element is one chain of fused
// multiply-adds in the order of k, so its bits do not depend on `rows`, nor on the instruction set, as long as it has fused
// multiply-adds.
//
// akuru_multiply_rows_tile: C [rows, 16] = A [rows, k] * B [k, 16], where rows of B are ldb floats apart. Otherwise as above.
//
// akuru_convolve_tile: C [rows, 16] = A [rows, k] * B [k, 16] for a convolution: line p of B is found at lines + places[p],
// so nothing is gathered. A is stored by columns, [k, rows]. Otherwise as above.
//
// akuru_add_tap_gradients: sums[r * pitch + i] += sum over x < count of rows_at[r * lead + x] * line[x + i - 1], for three
// taps i: the gradient of one line of kernels that are three wide. `count` is a multiple of 16; line[-1] and line[count] are
// read.
//
// akuru_add_dots: sums[r * pitch + i] += sum over x < count of rows_at[r * lead + x] * line[i * line_lead + x], for up to three
// lines i. `count` is a multiple of 16.
#define AKURU_KERNELS(SUFFIX, TARGET, CASES, GRADIENT_CASES, DOT_CASES) \
  TARGET static inline void AKURU_PASTE(akuru_multiply_tile, SUFFIX)( \
      int rows, long k, const float *a, long lda, const float *panel, int accumulate, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_PRODUCT) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_multiply_rows_tile, SUFFIX)( \
      int rows, long k, const float *a, long lda, const float *rows_of_b, long ldb, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_ROWS_PRODUCT) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_convolve_tile, SUFFIX)( \
      int rows, long k, const float *a, const float *lines, const long *places, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_CONVOLUTION) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_add_tap_gradients, SUFFIX)( \
      int rows, long count, const float *rows_at, long lead, const float *line, float *sums, long pitch) { \
    switch (rows) { GRADIENT_CASES default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_add_dots, SUFFIX)( \
      int rows, int columns, long count, const float *rows_at, long lead, const float *line, long line_lead, \
      float *sums, long pitch) { \
    switch (4 * rows + columns) { DOT_CASES default: return; } \
  }

AKURU_KERNELS(, , AKURU_NARROW_CASES, AKURU_FOUR(AKURU_NARROW_GRADIENTS), AKURU_FOUR(AKURU_NARROW_DOTS))
#if defined(__x86_64__)
#define AKURU_WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#pragma push_macro("AKURU_FMA")
#undef AKURU_FMA
#define AKURU_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
AKURU_KERNELS(_wide, AKURU_WIDE, AKURU_WIDE_CASES, AKURU_EIGHT(AKURU_WIDE_GRADIENTS), AKURU_EIGHT(AKURU_WIDE_DOTS))
/// C [rows, 32], of two panels one behind the other; otherwise as akuru_multiply_tile.
AKURU_WIDE static inline void akuru_multiply_double_tile_wide(
    int rows, long k, const float *a, long lda, const float *panel, int accumulate, float *c, long ldc) {
  switch (rows) {
    AKURU_WIDE_CASES(AKURU_DOUBLE_PRODUCT)
    default: return;
  }
}

/// C [rows, 32]; otherwise as akuru_multiply_rows_tile.
AKURU_WIDE static inline void akuru_multiply_rows_double_tile_wide(
    int rows, long k, const float *a, long lda, const float *rows_of_b, long ldb, float *c, long ldc) {
  switch (rows) {
    AKURU_WIDE_CASES(AKURU_DOUBLE_ROWS_PRODUCT)
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
#endif

// The transformations of Winograd's F(2 x 2, 3 x 3), as many tiles at a time as a register has lanes; position p of tile t is at
// p * pitch + t. Within a register the tiles stand as the instructions that part even and odd columns leave them; all three
// transformations agree on that order.
//
// akuru_winograd_inputs: B^T d B. Tile t has columns 2 (t + tile) - 1 to 2 (t + tile) + 2 of four lines. Lines that are NULL are zero,
// and so is what is outside of `begin` to `end`. The lines of a matrix start and end with zeros: a column outside of a line is found in
// the line beside it.
//
// akuru_winograd_outputs: two lines of `count` columns from A^T m A, the second may be NULL; then `bias` is added, values below
// `floor` are set to it, and to zero where mask is zero.
//
// akuru_winograd_gradients: A dy A^T of two lines of `count` columns, the second may be NULL.
#define AKURU_WINOGRAD(SUFFIX, TARGET, REGISTER, INTEGERS, EVENS, ODDS, LOW, HIGH) \
  TARGET static inline void AKURU_PASTE(akuru_winograd_inputs, SUFFIX)( \
      const float *const *rows, const float *begin, const float *end, long tile, long tiles, float *target, long pitch) { \
    enum { lanes = sizeof(REGISTER) / sizeof(float) }; \
    for (long t = 0; t < tiles; t += lanes) { \
      const long x = 2 * (tile + t); \
      REGISTER d[4][4]; \
      AKURU_UNROLLED for (int i = 0; i < 4; i++) { \
        if (!rows[i]) { \
          AKURU_UNROLLED for (int j = 0; j < 4; j++) d[i][j] = (REGISTER)(0); \
          continue; \
        } \
        const float *at = rows[i] + x - 1; \
        float edge[2 * lanes + 2]; \
        if (at < begin || at + 2 * lanes + 2 > end) { \
          for (long j = 0; j < 2 * lanes + 2; j++) edge[j] = at + j >= begin && at + j < end ? at[j] : 0; \
          at = edge; \
        } \
        REGISTER a, b, c, e; \
        __builtin_memcpy(&a, at, sizeof a); \
        __builtin_memcpy(&b, at + lanes, sizeof b); \
        __builtin_memcpy(&c, at + 2, sizeof c); \
        __builtin_memcpy(&e, at + 2 + lanes, sizeof e); \
        const REGISTER d0 = EVENS(a, b), d1 = ODDS(a, b), d2 = EVENS(c, e), d3 = ODDS(c, e); \
        d[i][0] = d0 - d2; \
        d[i][1] = d1 + d2; \
        d[i][2] = d2 - d1; \
        d[i][3] = d1 - d3; \
      } \
      AKURU_UNROLLED for (int j = 0; j < 4; j++) { \
        const REGISTER m[4] = {d[0][j] - d[2][j], d[1][j] + d[2][j], d[2][j] - d[1][j], d[1][j] - d[3][j]}; \
        AKURU_UNROLLED for (int i = 0; i < 4; i++) \
          __builtin_memcpy(target + (4 * i + j) * pitch + t, &m[i], sizeof m[i]); \
      } \
    } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_winograd_outputs, SUFFIX)( \
      const float *source, long pitch, float *first, float *second, long count, float bias, float floor, \
      const float *mask) { \
    enum { lanes = sizeof(REGISTER) / sizeof(float) }; \
    float *const lines[2] = {first, second}; \
    for (long t = 0; 2 * t < count; t += lanes) { \
      REGISTER m[2][4]; \
      AKURU_UNROLLED for (int j = 0; j < 4; j++) { \
        REGISTER v[4]; \
        AKURU_UNROLLED for (int i = 0; i < 4; i++) __builtin_memcpy(&v[i], source + (4 * i + j) * pitch + t, sizeof v[i]); \
        m[0][j] = v[0] + v[1] + v[2]; \
        m[1][j] = v[1] - v[2] - v[3]; \
      } \
      AKURU_UNROLLED for (int y = 0; y < 2; y++) { \
        if (!lines[y]) continue; \
        const REGISTER even = m[y][0] + m[y][1] + m[y][2], odd = m[y][1] - m[y][2] - m[y][3]; \
        REGISTER halves[2] = {LOW(even, odd), HIGH(even, odd)}; \
        AKURU_UNROLLED for (int half = 0; half < 2; half++) { \
          const long x = 2 * t + half * lanes; \
          if (x >= count) continue; \
          REGISTER kept, v = halves[half] + bias; \
          __builtin_memcpy(&kept, mask + x, sizeof kept); \
          const INTEGERS less = v < (REGISTER)(floor); \
          const INTEGERS bits = (less & (INTEGERS)((REGISTER)(floor))) | (~less & (INTEGERS)v); \
          const INTEGERS all = bits & (kept != (REGISTER)(0)); \
          __builtin_memcpy(lines[y] + x, &all, sizeof all); \
        } \
      } \
    } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_winograd_gradients, SUFFIX)( \
      const float *first, const float *second, long tile, long tiles, long count, float *target, long pitch) { \
    enum { lanes = sizeof(REGISTER) / sizeof(float) }; \
    const float *const lines[2] = {first, second}; \
    for (long t = 0; t < tiles; t += lanes) { \
      const long x = 2 * (tile + t); \
      REGISTER pairs[2][2]; \
      AKURU_UNROLLED for (int y = 0; y < 2; y++) { \
        REGISTER a = (REGISTER)(0), b = (REGISTER)(0); \
        if (lines[y] && x < count) __builtin_memcpy(&a, lines[y] + x, sizeof a); \
        if (lines[y] && x + lanes < count) __builtin_memcpy(&b, lines[y] + x + lanes, sizeof b); \
        pairs[y][0] = EVENS(a, b); \
        pairs[y][1] = ODDS(a, b); \
      } \
      AKURU_UNROLLED for (int i = 0; i < 4; i++) { \
        REGISTER side[2]; \
        AKURU_UNROLLED for (int j = 0; j < 2; j++) \
          side[j] = i == 0 ? pairs[0][j] : i == 1 ? pairs[0][j] + pairs[1][j] \
                  : i == 2 ? pairs[0][j] - pairs[1][j] : -pairs[1][j]; \
        const REGISTER m[4] = {side[0], side[0] + side[1], side[0] - side[1], -side[1]}; \
        AKURU_UNROLLED for (int j = 0; j < 4; j++) \
          __builtin_memcpy(target + (4 * i + j) * pitch + t, &m[j], sizeof m[j]); \
      } \
    } \
  }

#define AKURU_EVENS8(A, B) __builtin_shufflevector(A, B, 0, 2, 8, 10, 4, 6, 12, 14)
#define AKURU_ODDS8(A, B) __builtin_shufflevector(A, B, 1, 3, 9, 11, 5, 7, 13, 15)
#define AKURU_LOW8(A, B) __builtin_shufflevector(A, B, 0, 8, 1, 9, 4, 12, 5, 13)
#define AKURU_HIGH8(A, B) __builtin_shufflevector(A, B, 2, 10, 3, 11, 6, 14, 7, 15)
typedef int akuru_int8 __attribute__((ext_vector_type(8)));
AKURU_WINOGRAD(, , akuru_float8, akuru_int8, AKURU_EVENS8, AKURU_ODDS8, AKURU_LOW8, AKURU_HIGH8)
#if defined(__x86_64__)
#define AKURU_EVENS16(A, B) __builtin_shufflevector(A, B, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
#define AKURU_ODDS16(A, B) __builtin_shufflevector(A, B, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)
#define AKURU_LOW16(A, B) __builtin_shufflevector(A, B, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define AKURU_HIGH16(A, B) __builtin_shufflevector(A, B, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
AKURU_WINOGRAD(_wide, AKURU_WIDE, akuru_float16, akuru_int16, AKURU_EVENS16, AKURU_ODDS16, AKURU_LOW16, AKURU_HIGH16)
#undef AKURU_HIGH16
#undef AKURU_LOW16
#undef AKURU_ODDS16
#undef AKURU_EVENS16
#undef AKURU_WIDE
#endif
#undef AKURU_HIGH8
#undef AKURU_LOW8
#undef AKURU_ODDS8
#undef AKURU_EVENS8
#undef AKURU_WINOGRAD

#undef AKURU_KERNELS
#undef AKURU_WIDE_GRADIENTS
#undef AKURU_NARROW_GRADIENTS
#undef AKURU_WIDE_CASES
#undef AKURU_NARROW_CASES
#undef AKURU_EIGHT
#undef AKURU_FOUR
#undef AKURU_WIDE_DOTS
#undef AKURU_NARROW_DOTS
#undef AKURU_DOT_CASES
#undef AKURU_DOT_CASE
#undef AKURU_OTHER
#undef AKURU_TAP
#undef AKURU_DOTS
#undef AKURU_DOUBLE_ROWS_PRODUCT
#undef AKURU_ROWS_PRODUCT
#undef AKURU_ROW
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
