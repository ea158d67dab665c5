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

/// Makes this thread, and those that it starts, take subnormal numbers for zeros.
static inline void akuru_flush_subnormals(void) {
#if defined(__x86_64__)
  // MXCSR: flush to zero, and denormals are zeros.
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#elif defined(__aarch64__)
  unsigned long control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  __asm__ volatile("msr fpcr, %0" : : "r"(control | 1ul << 24));
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
#define AKURU_FOURFOLD_PRODUCT(ROWS) AKURU_TILE(ROWS, 4, accumulate, a[r * lda + p], AKURU_PANEL)
#define AKURU_CONVOLUTION(ROWS) AKURU_TILE(ROWS, 1, 0, a[p * ROWS + r], AKURU_PLACE)
#define AKURU_DOUBLE_CONVOLUTION(ROWS) AKURU_TILE(ROWS, 2, 0, a[p * ROWS + r], AKURU_PLACE)
#define AKURU_ROW(V) (rows_of_b + p * ldb + 16 * (V))
#define AKURU_COLUMNS_PRODUCT(ROWS) AKURU_TILE(ROWS, 1, accumulate, a[p * lda + r], AKURU_ROW)
#define AKURU_DOUBLE_COLUMNS_PRODUCT(ROWS) AKURU_TILE(ROWS, 2, accumulate, a[p * lda + r], AKURU_ROW)
#define AKURU_ROWS_PRODUCT(ROWS) AKURU_TILE(ROWS, 1, accumulate, a[r * lda + p], AKURU_ROW)
#define AKURU_DOUBLE_ROWS_PRODUCT(ROWS) AKURU_TILE(ROWS, 2, accumulate, a[r * lda + p], AKURU_ROW)

typedef float akuru_float4 __attribute__((ext_vector_type(4)));
typedef float akuru_float8 __attribute__((ext_vector_type(8)));

/// to[x, y] = from[y, x] for 8 columns of `rows` rows, at most 8; the rows that are not there are zero.
static inline void akuru_transpose_block(int rows, const float *from, long from_lead, float *to, long to_lead) {
  akuru_float8 line[8], pairs[8], fours[8];
  AKURU_UNROLLED for (int y = 0; y < 8; y++) {
    if (y < rows) __builtin_memcpy(&line[y], from + y * from_lead, sizeof line[y]);
    else line[y] = (akuru_float8)(0);
  }
  AKURU_UNROLLED for (int y = 0; y < 8; y += 2) {
    pairs[y] = __builtin_shufflevector(line[y], line[y + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[y + 1] = __builtin_shufflevector(line[y], line[y + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  AKURU_UNROLLED for (int y = 0; y < 8; y += 4)
    AKURU_UNROLLED for (int i = 0; i < 2; i++) {
      fours[y + 2 * i] = __builtin_shufflevector(pairs[y + i], pairs[y + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[y + 2 * i + 1] = __builtin_shufflevector(pairs[y + i], pairs[y + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  AKURU_UNROLLED for (int x = 0; x < 4; x++) {
    akuru_float8 low = __builtin_shufflevector(fours[x], fours[x + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    akuru_float8 high = __builtin_shufflevector(fours[x], fours[x + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    __builtin_memcpy(to + x * to_lead, &low, sizeof low);
    __builtin_memcpy(to + (x + 4) * to_lead, &high, sizeof high);
  }
}

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

// Adds the dot products of ROWS lines with the three shifts of another to sums.
#define AKURU_TAP_GRADIENTS(ROWS, REGISTER, FOLD) \
  case ROWS: { \
    REGISTER sum[ROWS][3]; \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) \
      AKURU_UNROLLED for (int i = 0; i < 3; i++) sum[r][i] = (REGISTER)(0); \
    for (long x = 0; x < count; x += sizeof(REGISTER) / sizeof(float)) { \
      REGISTER b[3]; \
      AKURU_UNROLLED for (int i = 0; i < 3; i++) __builtin_memcpy(&b[i], line + x + i - 1, sizeof b[i]); \
      AKURU_UNROLLED for (int r = 0; r < ROWS; r++) { \
        REGISTER a; \
        __builtin_memcpy(&a, rows_at + r * lead + x, sizeof a); \
        AKURU_UNROLLED for (int i = 0; i < 3; i++) sum[r][i] = AKURU_FMA(a, b[i], sum[r][i]); \
      } \
    } \
    AKURU_UNROLLED for (int r = 0; r < ROWS; r++) { \
      akuru_float4 low = akuru_add_pairs(FOLD(&sum[r][0]), FOLD(&sum[r][1])); \
      akuru_float4 high = FOLD(&sum[r][2]); \
      akuru_float4 all = akuru_add_pairs(low, akuru_add_pairs(high, high)); \
      AKURU_UNROLLED for (int i = 0; i < 3; i++) sums[r * pitch + i] += all[i]; \
    } \
    return; \
  }

#define AKURU_NARROW_CASES(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#define AKURU_WIDE_CASES(CASE) AKURU_NARROW_CASES(CASE) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
#define AKURU_NARROW_GRADIENTS(ROWS) AKURU_TAP_GRADIENTS(ROWS, akuru_float8, akuru_fold8)
#define AKURU_WIDE_GRADIENTS(ROWS) AKURU_TAP_GRADIENTS(ROWS, akuru_float16, akuru_fold16)
#define AKURU_FOUR(CASE) CASE(1) CASE(2) CASE(3) CASE(4)
#define AKURU_EIGHT(CASE) AKURU_FOUR(CASE) CASE(5) CASE(6) CASE(7) CASE(8)

// akuru_multiply_tile: C [rows, 16] = A [rows, k] * panel [k, 16], added to C if `accumulate`. Each element is one chain of fused
// multiply-adds in the order of k, so its bits do not depend on `rows`, nor on the instruction set, as long as it has fused
// multiply-adds.
//
// akuru_multiply_rows_tile: the same, where rows of B are ldb floats apart.
//
// akuru_multiply_columns_tile: the same as this one, where A is stored by columns, [k, rows], which are lda floats apart.
//
// akuru_convolve_tile: C [rows, 16] = A [rows, k] * B [k, 16] for a convolution: line p of B is found at lines + places[p],
// so nothing is gathered. A is stored by columns, [k, rows]. Otherwise as above.
//
// akuru_add_tap_gradients: sums[r * pitch + i] += sum over x < count of rows_at[r * lead + x] * line[x + i - 1], for three
// taps i: the gradient of one line of kernels that are three wide. `count` is a multiple of 16; line[-1] and line[count] are
// read.
#define AKURU_KERNELS(SUFFIX, TARGET, CASES, GRADIENT_CASES) \
  TARGET static inline void AKURU_PASTE(akuru_multiply_tile, SUFFIX)( \
      int rows, long k, const float *a, long lda, const float *panel, int accumulate, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_PRODUCT) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_multiply_rows_tile, SUFFIX)( \
      int rows, long k, const float *a, long lda, const float *rows_of_b, long ldb, int accumulate, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_ROWS_PRODUCT) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_multiply_columns_tile, SUFFIX)( \
      int rows, long k, const float *a, long lda, const float *rows_of_b, long ldb, int accumulate, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_COLUMNS_PRODUCT) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_convolve_tile, SUFFIX)( \
      int rows, long k, const float *a, const float *lines, const long *places, float *c, long ldc) { \
    switch (rows) { CASES(AKURU_CONVOLUTION) default: return; } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_add_tap_gradients, SUFFIX)( \
      int rows, long count, const float *rows_at, long lead, const float *line, float *sums, long pitch) { \
    switch (rows) { GRADIENT_CASES default: return; } \
  }

typedef double akuru_double8 __attribute__((ext_vector_type(8)));
typedef long akuru_long8 __attribute__((ext_vector_type(8)));

// akuru_add_exactly: adds `count` values, a multiple of 16, to sums, or writes them where `overwriting`, each rounded by
// (x + magic) - magic. A value that is not within +-limit counts as 0, and in `refused`. Adds the squares of all values to sixteen lanes.
#define AKURU_EXACT_SUMS(SUFFIX, TARGET) \
  TARGET static inline void AKURU_PASTE(akuru_add_exactly, SUFFIX)( \
      const float *values, long count, double limit, double magic, double *sums, int overwriting, long *refused, \
      double *squares) { \
    akuru_double8 lanes[2]; \
    __builtin_memcpy(lanes, squares, sizeof lanes); \
    akuru_long8 refusals = (akuru_long8)(0); \
    for (long x = 0; x < count; x += 16) { \
      akuru_float8 floats[2]; \
      akuru_double8 before[2] = {(akuru_double8)(0), (akuru_double8)(0)}; \
      __builtin_memcpy(floats, values + x, sizeof floats); \
      if (!overwriting) __builtin_memcpy(before, sums + x, sizeof before); \
      AKURU_UNROLLED for (int i = 0; i < 2; i++) { \
        const akuru_double8 v = __builtin_convertvector(floats[i], akuru_double8); \
        lanes[i] += v * v; \
        const akuru_long8 taken = __builtin_elementwise_abs(v) <= limit; \
        refusals += 1 + taken; \
        const akuru_double8 kept = taken ? v : (akuru_double8)(0); \
        before[i] += (kept + magic) - magic; \
      } \
      __builtin_memcpy(sums + x, before, sizeof before); \
    } \
    __builtin_memcpy(squares, lanes, sizeof lanes); \
    for (int i = 0; i < 8; i++) *refused += refusals[i]; \
  }

// Max pooling over windows of two lines by two columns, of `count` windows, at least sixteen; the last vector overlaps the one before.
//
// akuru_pool_squares: maxima of (v - mean) * scale + shift, `floor` where they are not larger; and the place of each in its window: 0 and 1
// are the first line, 2 and 3 the second, 4 is `floor`. On ties the first wins; NaN always wins.
//
// akuru_unpool_squares: 2 * count columns of both lines, the gradient of each window in its place and zero in the others.
#define AKURU_EVEN_LANES(A, B) __builtin_shufflevector(A, B, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define AKURU_ODD_LANES(A, B) __builtin_shufflevector(A, B, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define AKURU_FIRST_PAIRS(A, B) __builtin_shufflevector(A, B, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define AKURU_LAST_PAIRS(A, B) __builtin_shufflevector(A, B, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define AKURU_WINS(B, A) (((B) > (A)) | ((B) != (B)))
#define AKURU_POOLS(SUFFIX, TARGET) \
  TARGET static inline void AKURU_PASTE(akuru_pool_squares, SUFFIX)( \
      const float *first, const float *second, float mean, float scale, float shift, float floor, float *target, \
      unsigned char *places, long count) { \
    const akuru_float16 scales = (akuru_float16)(scale), shifts = (akuru_float16)(shift); \
    for (long x = 0; x < count; x += 16) { \
      if (x > count - 16) x = count - 16; \
      akuru_float16 v[4], m[4]; \
      __builtin_memcpy(v, first + 2 * x, 2 * sizeof v[0]); \
      __builtin_memcpy(v + 2, second + 2 * x, 2 * sizeof v[0]); \
      AKURU_UNROLLED for (int i = 0; i < 4; i += 2) { \
        m[i] = AKURU_EVEN_LANES(v[i], v[i + 1]), m[i + 1] = AKURU_ODD_LANES(v[i], v[i + 1]); \
      } \
      AKURU_UNROLLED for (int i = 0; i < 4; i++) m[i] = AKURU_FMA(m[i] - mean, scales, shifts); \
      const akuru_int16 right = AKURU_WINS(m[1], m[0]), rightBelow = AKURU_WINS(m[3], m[2]); \
      const akuru_float16 top = right ? m[1] : m[0], bottom = rightBelow ? m[3] : m[2]; \
      const akuru_int16 below = AKURU_WINS(bottom, top); \
      const akuru_float16 largest = below ? bottom : top; \
      const akuru_int16 dead = largest <= floor, lower = 2 - rightBelow; \
      akuru_int16 place = below ? lower : -right; \
      place = dead ? (akuru_int16)(4) : place; \
      const akuru_byte16 bytes = __builtin_convertvector(place, akuru_byte16); \
      const akuru_float16 result = dead ? (akuru_float16)(floor) : largest; \
      __builtin_memcpy(places + x, &bytes, sizeof bytes); \
      __builtin_memcpy(target + x, &result, sizeof result); \
    } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_unpool_squares, SUFFIX)( \
      const float *gradient, const unsigned char *places, float *first, float *second, long count) { \
    const akuru_float16 zero = (akuru_float16)(0); \
    for (long x = 0; x < count; x += 16) { \
      if (x > count - 16) x = count - 16; \
      akuru_float16 g, parts[4]; \
      akuru_byte16 bytes; \
      __builtin_memcpy(&g, gradient + x, sizeof g); \
      __builtin_memcpy(&bytes, places + x, sizeof bytes); \
      const akuru_int16 place = __builtin_convertvector(bytes, akuru_int16); \
      AKURU_UNROLLED for (int i = 0; i < 4; i++) parts[i] = place == i ? g : zero; \
      const akuru_float16 lines[4] = { \
          AKURU_FIRST_PAIRS(parts[0], parts[1]), AKURU_LAST_PAIRS(parts[0], parts[1]), AKURU_FIRST_PAIRS(parts[2], parts[3]), \
          AKURU_LAST_PAIRS(parts[2], parts[3])}; \
      __builtin_memcpy(first + 2 * x, lines, 2 * sizeof lines[0]); \
      __builtin_memcpy(second + 2 * x, lines + 2, 2 * sizeof lines[0]); \
    } \
  }

AKURU_KERNELS(, , AKURU_NARROW_CASES, AKURU_FOUR(AKURU_NARROW_GRADIENTS))
AKURU_POOLS(, )
AKURU_EXACT_SUMS(, )
#if defined(__x86_64__)
#define AKURU_WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#pragma push_macro("AKURU_FMA")
#undef AKURU_FMA
#define AKURU_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
AKURU_KERNELS(_wide, AKURU_WIDE, AKURU_WIDE_CASES, AKURU_EIGHT(AKURU_WIDE_GRADIENTS))
AKURU_POOLS(_wide, AKURU_WIDE)
AKURU_EXACT_SUMS(_wide, AKURU_WIDE)
/// C [rows, 32], of two panels one behind the other; otherwise as akuru_multiply_tile.
AKURU_WIDE static inline void akuru_multiply_double_tile_wide(
    int rows, long k, const float *a, long lda, const float *panel, int accumulate, float *c, long ldc) {
  switch (rows) {
    AKURU_WIDE_CASES(AKURU_DOUBLE_PRODUCT)
    default: return;
  }
}

/// C [rows, 64] for at most 3 rows, of four panels: fewer sums would wait for one another.
AKURU_WIDE static inline void akuru_multiply_fourfold_tile_wide(
    int rows, long k, const float *a, long lda, const float *panel, int accumulate, float *c, long ldc) {
  switch (rows) {
    AKURU_FOURFOLD_PRODUCT(1) AKURU_FOURFOLD_PRODUCT(2) AKURU_FOURFOLD_PRODUCT(3)
    default: return;
  }
}

/// C [rows, 32]; otherwise as akuru_multiply_rows_tile.
AKURU_WIDE static inline void akuru_multiply_rows_double_tile_wide(
    int rows, long k, const float *a, long lda, const float *rows_of_b, long ldb, int accumulate, float *c, long ldc) {
  switch (rows) {
    AKURU_WIDE_CASES(AKURU_DOUBLE_ROWS_PRODUCT)
    default: return;
  }
}

/// C [rows, 32]; otherwise as akuru_multiply_columns_tile.
AKURU_WIDE static inline void akuru_multiply_columns_double_tile_wide(
    int rows, long k, const float *a, long lda, const float *rows_of_b, long ldb, int accumulate, float *c, long ldc) {
  switch (rows) {
    AKURU_WIDE_CASES(AKURU_DOUBLE_COLUMNS_PRODUCT)
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

// The transformations of Winograd's F(L x M, 3 x 3) for tiles of 2 x 2, 4 x 4 and 5 x 4 outputs, as many tiles at a time as a register
// has lanes; position p of tile t is at p * pitch + t. Names end in L. Within a register the tiles stand as the instructions that part
// columns leave them; all three transformations agree on that order. Matrices: Lavin and Gray 2015, section 4; for 5 lines by the same
// way (Toom and Cook) from the points 0, 1, -1, 2, -2, 1/2 and infinity.
//
// akuru_winograd_inputs_L: B^T d B. Tile t has columns M (t + tile) - 1 to M (t + tile) + M of L + 2 lines. Lines that are NULL are zero,
// and so is what is outside of `begin` to `end`. The lines of a matrix start and end with zeros: a column outside of a line is found in
// the line beside it.
//
// akuru_winograd_outputs_L: L lines of `count` columns, a multiple of 16, from A^T m A; all but the first may be NULL. Then `bias` is
// added, values below `floor` are set to it, and to zero where mask is zero.
//
// akuru_winograd_gradients_L: A dy A^T of L lines of `count` columns; those that are NULL are zero.
//
// akuru_winograd_kernels_L: G g G^T of `count` kernels of 3 x 3, at most sixteen, turned by half if `turned`.
//
// akuru_winograd_kernel_gradients_L: adds G^T u G of `count` kernels, at most sixteen, to their gradients. Kernels are contiguous.
#define AKURU_INPUTS_2(D, M) \
  M[0] = D[0] - D[2], M[1] = D[1] + D[2], M[2] = D[2] - D[1], M[3] = D[1] - D[3]
#define AKURU_INPUTS_4(D, M) \
  M[0] = 4 * D[0] - 5 * D[2] + D[4], M[1] = (D[3] + D[4]) - 4 * (D[1] + D[2]), M[2] = (D[4] - D[3]) + 4 * (D[1] - D[2]), \
  M[3] = (D[4] - D[2]) + 2 * (D[3] - D[1]), M[4] = (D[4] - D[2]) - 2 * (D[3] - D[1]), M[5] = 4 * D[1] - 5 * D[3] + D[5]
#define AKURU_INPUTS_5(D, M) \
  M[0] = (4 * D[1] - 2 * D[0]) + (2.5f * D[2] - 5 * D[3]) + (D[5] - 0.5f * D[4]), \
  M[1] = 2 * (D[1] - D[2]) - 4.5f * D[3] + (0.5f * D[4] + D[5]), M[2] = (6 * D[2] - 2 * D[1]) - 3.5f * D[3] + (D[5] - 1.5f * D[4]), \
  M[3] = (D[1] - 1.5f * D[2]) - 2 * D[3] + (1.5f * D[4] + D[5]), M[4] = 2.5f * (D[2] - D[4]) + (D[5] - D[1]), \
  M[5] = 4 * D[1] - 5 * D[3] + D[5], M[6] = (4 * D[2] - 2 * D[1]) + (2.5f * D[3] - 5 * D[4]) + (D[6] - 0.5f * D[5])
#define AKURU_OUTPUTS_2(M, Y) Y[0] = M[0] + M[1] + M[2], Y[1] = M[1] - M[2] - M[3]
#define AKURU_OUTPUTS_4(M, Y) \
  Y[0] = M[0] + (M[1] + M[2]) + (M[3] + M[4]), Y[1] = (M[1] - M[2]) + 2 * (M[3] - M[4]), \
  Y[2] = (M[1] + M[2]) + 4 * (M[3] + M[4]), Y[3] = (M[1] - M[2]) + 8 * (M[3] - M[4]) + M[5]
#define AKURU_OUTPUTS_5(M, Y) \
  Y[0] = M[0] + (M[1] + M[2]) + (M[3] + M[4]) + M[5], Y[1] = (M[1] - M[2]) + 2 * (M[3] - M[4]) + 0.5f * M[5], \
  Y[2] = (M[1] + M[2]) + 4 * (M[3] + M[4]) + 0.25f * M[5], Y[3] = (M[1] - M[2]) + 8 * (M[3] - M[4]) + 0.125f * M[5], \
  Y[4] = (M[1] + M[2]) + 16 * (M[3] + M[4]) + 0.0625f * M[5] + M[6]
#define AKURU_SPREAD_2(Y, M) M[0] = Y[0], M[1] = Y[0] + Y[1], M[2] = Y[0] - Y[1], M[3] = -Y[1]
#define AKURU_SPREAD_4(Y, M) \
  M[0] = Y[0], M[1] = (Y[0] + Y[2]) + (Y[1] + Y[3]), M[2] = (Y[0] + Y[2]) - (Y[1] + Y[3]), \
  M[3] = (Y[0] + 4 * Y[2]) + (2 * Y[1] + 8 * Y[3]), M[4] = (Y[0] + 4 * Y[2]) - (2 * Y[1] + 8 * Y[3]), M[5] = Y[3]
#define AKURU_SPREAD_5(Y, M) \
  M[0] = Y[0], M[1] = (Y[0] + Y[2] + Y[4]) + (Y[1] + Y[3]), M[2] = (Y[0] + Y[2] + Y[4]) - (Y[1] + Y[3]), \
  M[3] = (Y[0] + 4 * Y[2] + 16 * Y[4]) + (2 * Y[1] + 8 * Y[3]), M[4] = (Y[0] + 4 * Y[2] + 16 * Y[4]) - (2 * Y[1] + 8 * Y[3]), \
  M[5] = (Y[0] + 0.5f * Y[1]) + (0.25f * Y[2] + 0.125f * Y[3]) + 0.0625f * Y[4], M[6] = Y[4]
#define AKURU_FILTERS_2(G, U) U[0] = G[0], U[1] = 0.5f * (G[0] + G[2] + G[1]), U[2] = 0.5f * (G[0] + G[2] - G[1]), U[3] = G[2]
#define AKURU_FILTERS_4(G, U) \
  U[0] = 0.25f * G[0], U[1] = (-1 / 6.f) * (G[0] + G[2] + G[1]), U[2] = (-1 / 6.f) * (G[0] + G[2] - G[1]), \
  U[3] = (1 / 24.f) * G[0] + (1 / 6.f) * G[2] + (1 / 12.f) * G[1], \
  U[4] = (1 / 24.f) * G[0] + (1 / 6.f) * G[2] - (1 / 12.f) * G[1], U[5] = G[2]
#define AKURU_FILTERS_5(G, U) \
  U[0] = -0.5f * G[0], U[1] = (-1 / 3.f) * (G[0] + G[2] + G[1]), U[2] = (1 / 9.f) * (G[0] + G[2] - G[1]), \
  U[3] = (1 / 36.f) * G[0] + (1 / 9.f) * G[2] + (1 / 18.f) * G[1], U[4] = (1 / 30.f) * G[1] - ((1 / 60.f) * G[0] + (1 / 15.f) * G[2]), \
  U[5] = (32 / 45.f) * G[0] + (8 / 45.f) * G[2] + (16 / 45.f) * G[1], U[6] = G[2]
#define AKURU_COLLECT_2(U, W) \
  W[0] = U[0] + 0.5f * (U[1] + U[2]), W[1] = 0.5f * (U[1] - U[2]), W[2] = 0.5f * (U[1] + U[2]) + U[3]
#define AKURU_COLLECT_4(U, W) \
  W[0] = 0.25f * U[0] - (1 / 6.f) * (U[1] + U[2]) + (1 / 24.f) * (U[3] + U[4]), \
  W[1] = (1 / 6.f) * (U[2] - U[1]) + (1 / 12.f) * (U[3] - U[4]), \
  W[2] = (1 / 6.f) * ((U[3] + U[4]) - (U[1] + U[2])) + U[5]
#define AKURU_COLLECT_5(U, W) \
  W[0] = ((1 / 9.f) * U[2] - (1 / 3.f) * U[1]) + ((1 / 36.f) * U[3] - (1 / 60.f) * U[4]) + ((32 / 45.f) * U[5] - 0.5f * U[0]), \
  W[1] = ((1 / 18.f) * U[3] + (1 / 30.f) * U[4]) - ((1 / 3.f) * U[1] + (1 / 9.f) * U[2]) + (16 / 45.f) * U[5], \
  W[2] = ((1 / 9.f) * (U[2] + U[3]) - (1 / 3.f) * U[1]) + ((8 / 45.f) * U[5] - (1 / 15.f) * U[4]) + U[6]

// Columns M t to M t + M - 1 of the tiles of M registers, and back.
#define AKURU_PART_2(V, D) D[0] = AKURU_EVENS(V[0], V[1]), D[1] = AKURU_ODDS(V[0], V[1])
#define AKURU_PART_4(V, D) \
  D[0] = AKURU_EVENS(AKURU_EVENS(V[0], V[1]), AKURU_EVENS(V[2], V[3])), \
  D[1] = AKURU_EVENS(AKURU_ODDS(V[0], V[1]), AKURU_ODDS(V[2], V[3])), \
  D[2] = AKURU_ODDS(AKURU_EVENS(V[0], V[1]), AKURU_EVENS(V[2], V[3])), \
  D[3] = AKURU_ODDS(AKURU_ODDS(V[0], V[1]), AKURU_ODDS(V[2], V[3]))
#define AKURU_JOIN_2(D, V) V[0] = AKURU_LOW(D[0], D[1]), V[1] = AKURU_HIGH(D[0], D[1])
#define AKURU_JOIN_4(D, V) \
  V[0] = AKURU_LOW(AKURU_LOW(D[0], D[2]), AKURU_LOW(D[1], D[3])), V[1] = AKURU_HIGH(AKURU_LOW(D[0], D[2]), AKURU_LOW(D[1], D[3])), \
  V[2] = AKURU_LOW(AKURU_HIGH(D[0], D[2]), AKURU_HIGH(D[1], D[3])), V[3] = AKURU_HIGH(AKURU_HIGH(D[0], D[2]), AKURU_HIGH(D[1], D[3]))

#define AKURU_WINOGRAD(L, M, SUFFIX, TARGET, REGISTER, INTEGERS) \
  TARGET static inline void AKURU_PASTE(akuru_winograd_inputs_##L, SUFFIX)( \
      const float *const *rows, const float *begin, const float *end, long tile, long tiles, float *target, long pitch) { \
    enum { lanes = sizeof(REGISTER) / sizeof(float), size = M + 2, height = L + 2 }; \
    for (long t = 0; t < tiles; t += lanes) { \
      REGISTER d[height][size]; \
      AKURU_UNROLLED for (int i = 0; i < height; i++) { \
        if (!rows[i]) { \
          AKURU_UNROLLED for (int j = 0; j < size; j++) d[i][j] = (REGISTER)(0); \
          continue; \
        } \
        const float *at = rows[i] + M * (tile + t) - 1; \
        float edge[M * lanes + M]; \
        if (at < begin || at + M * lanes + M > end) { \
          for (long j = 0; j < M * lanes + M; j++) edge[j] = at + j >= begin && at + j < end ? at[j] : 0; \
          at = edge; \
        } \
        REGISTER v[M], columns[2 * M]; \
        AKURU_UNROLLED for (int j = 0; j < M; j++) __builtin_memcpy(&v[j], at + j * lanes, sizeof v[j]); \
        AKURU_PASTE(AKURU_PART_, M)(v, columns); \
        AKURU_UNROLLED for (int j = 0; j < M; j++) __builtin_memcpy(&v[j], at + M + j * lanes, sizeof v[j]); \
        AKURU_PASTE(AKURU_PART_, M)(v, (columns + M)); \
        AKURU_PASTE(AKURU_INPUTS_, M)(columns, d[i]); \
      } \
      AKURU_UNROLLED for (int j = 0; j < size; j++) { \
        REGISTER column[height], m[height]; \
        AKURU_UNROLLED for (int i = 0; i < height; i++) column[i] = d[i][j]; \
        AKURU_PASTE(AKURU_INPUTS_, L)(column, m); \
        AKURU_UNROLLED for (int i = 0; i < height; i++) \
          __builtin_memcpy(target + (size * i + j) * pitch + t, &m[i], sizeof m[i]); \
      } \
    } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_winograd_outputs_##L, SUFFIX)( \
      const float *source, long pitch, float *const *lines, long count, float bias, float floor, const float *mask) { \
    enum { lanes = sizeof(REGISTER) / sizeof(float), size = M + 2, height = L + 2 }; \
    for (long t = 0; M * t < count; t += lanes) { \
      REGISTER m[L][size]; \
      AKURU_UNROLLED for (int j = 0; j < size; j++) { \
        REGISTER v[height], y[L]; \
        AKURU_UNROLLED for (int i = 0; i < height; i++) \
          __builtin_memcpy(&v[i], source + (size * i + j) * pitch + t, sizeof v[i]); \
        AKURU_PASTE(AKURU_OUTPUTS_, L)(v, y); \
        AKURU_UNROLLED for (int i = 0; i < L; i++) m[i][j] = y[i]; \
      } \
      AKURU_UNROLLED for (int y = 0; y < L; y++) { \
        if (!lines[y]) continue; \
        REGISTER parts[M], columns[M]; \
        AKURU_PASTE(AKURU_OUTPUTS_, M)(m[y], parts); \
        AKURU_PASTE(AKURU_JOIN_, M)(parts, columns); \
        AKURU_UNROLLED for (int part = 0; part < M; part++) { \
          const long x = M * t + part * lanes; \
          if (x >= count) continue; \
          REGISTER kept, v = columns[part] + bias; \
          __builtin_memcpy(&kept, mask + x, sizeof kept); \
          const INTEGERS less = v < (REGISTER)(floor); \
          const INTEGERS bits = (less & (INTEGERS)((REGISTER)(floor))) | (~less & (INTEGERS)v); \
          const INTEGERS all = bits & (kept != (REGISTER)(0)); \
          __builtin_memcpy(lines[y] + x, &all, sizeof all); \
        } \
      } \
    } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_winograd_gradients_##L, SUFFIX)( \
      const float *const *lines, long tile, long tiles, long count, float *target, long pitch) { \
    enum { lanes = sizeof(REGISTER) / sizeof(float), size = M + 2, height = L + 2 }; \
    for (long t = 0; t < tiles; t += lanes) { \
      const long x = M * (tile + t); \
      REGISTER y[L][M], side[height][M]; \
      AKURU_UNROLLED for (int i = 0; i < L; i++) { \
        REGISTER v[M]; \
        AKURU_UNROLLED for (int j = 0; j < M; j++) { \
          v[j] = (REGISTER)(0); \
          if (lines[i] && x + j * lanes < count) __builtin_memcpy(&v[j], lines[i] + x + j * lanes, sizeof v[j]); \
        } \
        AKURU_PASTE(AKURU_PART_, M)(v, y[i]); \
      } \
      AKURU_UNROLLED for (int j = 0; j < M; j++) { \
        REGISTER column[L], m[height]; \
        AKURU_UNROLLED for (int i = 0; i < L; i++) column[i] = y[i][j]; \
        AKURU_PASTE(AKURU_SPREAD_, L)(column, m); \
        AKURU_UNROLLED for (int i = 0; i < height; i++) side[i][j] = m[i]; \
      } \
      AKURU_UNROLLED for (int i = 0; i < height; i++) { \
        REGISTER m[size]; \
        AKURU_PASTE(AKURU_SPREAD_, M)(side[i], m); \
        AKURU_UNROLLED for (int j = 0; j < size; j++) \
          __builtin_memcpy(target + (size * i + j) * pitch + t, &m[j], sizeof m[j]); \
      } \
    } \
  }

/// taps[tap][kernel] of `count` kernels of nine taps; zero behind them.
static inline void akuru_gather_taps(const float *kernels, int count, float taps[9][16]) {
  for (int kernel = 0; kernel < 16; kernel += 8) {
    const int height = count - kernel < 0 ? 0 : count - kernel < 8 ? count - kernel : 8;
    akuru_transpose_block(height, kernels + 9 * kernel, 9, &taps[0][kernel], 16);
    for (int y = 0; y < 8; y++) taps[8][kernel + y] = y < height ? kernels[9 * (kernel + y) + 8] : 0;
  }
}
/// Adds sums[tap][kernel] to the gradients of `count` kernels.
static inline void akuru_add_taps(float sums[9][16], int count, float *gradients) {
  float turned[16][8];
  for (int kernel = 0; kernel < 16; kernel += 8) akuru_transpose_block(8, &sums[0][kernel], 16, turned[kernel], 8);
  for (int kernel = 0; kernel < count; kernel++) {
    for (int tap = 0; tap < 8; tap++) gradients[9 * kernel + tap] += turned[kernel][tap];
    gradients[9 * kernel + 8] += sums[8][kernel];
  }
}
#define AKURU_WINOGRAD_KERNELS(L, M, SUFFIX, TARGET) \
  TARGET static inline void AKURU_PASTE(akuru_winograd_kernels_##L, SUFFIX)( \
      const float *kernels, int turned, int count, float *target, long pitch) { \
    enum { size = M + 2, height = L + 2 }; \
    float taps[9][16]; \
    akuru_gather_taps(kernels, count, taps); \
    akuru_float16 u[3][size]; \
    AKURU_UNROLLED for (int y = 0; y < 3; y++) { \
      akuru_float16 g[3]; \
      AKURU_UNROLLED for (int x = 0; x < 3; x++) { \
        const int tap = 3 * y + x; \
        __builtin_memcpy(&g[x], taps[turned ? 8 - tap : tap], sizeof g[x]); \
      } \
      AKURU_FILTERS_##M(g, u[y]); \
    } \
    AKURU_UNROLLED for (int x = 0; x < size; x++) { \
      akuru_float16 column[3] = {u[0][x], u[1][x], u[2][x]}, m[height]; \
      AKURU_FILTERS_##L(column, m); \
      AKURU_UNROLLED for (int y = 0; y < height; y++) { \
        float *place = target + (size * y + x) * pitch; \
        if (count == 16) __builtin_memcpy(place, &m[y], sizeof m[y]); \
        else for (int lane = 0; lane < count; lane++) place[lane] = m[y][lane]; \
      } \
    } \
  } \
  TARGET static inline void AKURU_PASTE(akuru_winograd_kernel_gradients_##L, SUFFIX)( \
      const float *source, long pitch, float *gradients, int count) { \
    enum { size = M + 2, height = L + 2 }; \
    akuru_float16 w[height][3]; \
    AKURU_UNROLLED for (int y = 0; y < height; y++) { \
      akuru_float16 u[size]; \
      AKURU_UNROLLED for (int x = 0; x < size; x++) __builtin_memcpy(&u[x], source + (size * y + x) * pitch, sizeof u[x]); \
      AKURU_COLLECT_##M(u, w[y]); \
    } \
    float sums[9][16]; \
    AKURU_UNROLLED for (int x = 0; x < 3; x++) { \
      akuru_float16 column[height], taps[3]; \
      AKURU_UNROLLED for (int y = 0; y < height; y++) column[y] = w[y][x]; \
      AKURU_COLLECT_##L(column, taps); \
      AKURU_UNROLLED for (int y = 0; y < 3; y++) __builtin_memcpy(sums[3 * y + x], &taps[y], sizeof taps[y]); \
    } \
    akuru_add_taps(sums, count, gradients); \
  }
AKURU_WINOGRAD_KERNELS(2, 2, , )
AKURU_WINOGRAD_KERNELS(4, 4, , )
AKURU_WINOGRAD_KERNELS(5, 4, , )
#if defined(__x86_64__)
AKURU_WINOGRAD_KERNELS(2, 2, _wide, AKURU_WIDE)
AKURU_WINOGRAD_KERNELS(4, 4, _wide, AKURU_WIDE)
AKURU_WINOGRAD_KERNELS(5, 4, _wide, AKURU_WIDE)
#endif

typedef int akuru_int8 __attribute__((ext_vector_type(8)));
#define AKURU_EVENS(A, B) __builtin_shufflevector(A, B, 0, 2, 8, 10, 4, 6, 12, 14)
#define AKURU_ODDS(A, B) __builtin_shufflevector(A, B, 1, 3, 9, 11, 5, 7, 13, 15)
#define AKURU_LOW(A, B) __builtin_shufflevector(A, B, 0, 8, 1, 9, 4, 12, 5, 13)
#define AKURU_HIGH(A, B) __builtin_shufflevector(A, B, 2, 10, 3, 11, 6, 14, 7, 15)
AKURU_WINOGRAD(2, 2, , , akuru_float8, akuru_int8)
AKURU_WINOGRAD(4, 4, , , akuru_float8, akuru_int8)
AKURU_WINOGRAD(5, 4, , , akuru_float8, akuru_int8)
#undef AKURU_HIGH
#undef AKURU_LOW
#undef AKURU_ODDS
#undef AKURU_EVENS
#if defined(__x86_64__)
#define AKURU_EVENS(A, B) __builtin_shufflevector(A, B, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
#define AKURU_ODDS(A, B) __builtin_shufflevector(A, B, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)
#define AKURU_LOW(A, B) __builtin_shufflevector(A, B, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define AKURU_HIGH(A, B) __builtin_shufflevector(A, B, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
AKURU_WINOGRAD(2, 2, _wide, AKURU_WIDE, akuru_float16, akuru_int16)
AKURU_WINOGRAD(4, 4, _wide, AKURU_WIDE, akuru_float16, akuru_int16)
AKURU_WINOGRAD(5, 4, _wide, AKURU_WIDE, akuru_float16, akuru_int16)
#undef AKURU_HIGH
#undef AKURU_LOW
#undef AKURU_ODDS
#undef AKURU_EVENS
#undef AKURU_WIDE
#endif
// The functions above for tiles of 2, 4 or 5 `lines`; `wide` is AVX-512.
#define AKURU_CALL(NAME, SUFFIX, ...) \
  switch (lines) { \
    case 2: NAME##_2##SUFFIX(__VA_ARGS__); break; \
    case 4: NAME##_4##SUFFIX(__VA_ARGS__); break; \
    default: NAME##_5##SUFFIX(__VA_ARGS__); \
  }
static inline void akuru_winograd_kernels(
    int lines, int wide, const float *kernels, int turned, int count, float *target, long pitch) {
#if defined(__x86_64__)
  if (wide) {
    AKURU_CALL(akuru_winograd_kernels, _wide, kernels, turned, count, target, pitch)
    return;
  }
#endif
  (void)wide;
  AKURU_CALL(akuru_winograd_kernels, , kernels, turned, count, target, pitch)
}
static inline void akuru_winograd_kernel_gradients(
    int lines, int wide, const float *source, long pitch, float *gradients, int count) {
#if defined(__x86_64__)
  if (wide) {
    AKURU_CALL(akuru_winograd_kernel_gradients, _wide, source, pitch, gradients, count)
    return;
  }
#endif
  (void)wide;
  AKURU_CALL(akuru_winograd_kernel_gradients, , source, pitch, gradients, count)
}
// Tiles come in multiples of 8. With `wide`, sixteen are taken at a time; the eight that may be left are placed as without it.
static inline void akuru_winograd_inputs(
    int lines, int wide, const float *const *rows, const float *begin, const float *end, long tile, long tiles, float *target,
    long pitch) {
  (void)wide;
  long whole = 0;
#if defined(__x86_64__)
  whole = wide ? tiles & ~15L : 0;
  if (whole > 0) AKURU_CALL(akuru_winograd_inputs, _wide, rows, begin, end, tile, whole, target, pitch)
#endif
  if (whole < tiles) AKURU_CALL(akuru_winograd_inputs, , rows, begin, end, tile + whole, tiles - whole, target + whole, pitch)
}
static inline void akuru_winograd_outputs(
    int lines, int wide, const float *source, long pitch, float *const *rows, long tiles, long count, float bias, float floor,
    const float *mask) {
  (void)wide;
  long whole = 0, columns = 0;
#if defined(__x86_64__)
  whole = wide ? tiles & ~15L : 0;
  columns = whole * (lines == 2 ? 2 : 4);
  const long first = count < columns ? count : columns;
  if (whole > 0) AKURU_CALL(akuru_winograd_outputs, _wide, source, pitch, rows, first, bias, floor, mask)
#endif
  if (columns >= count) return;
  float *rest[5];
  for (int y = 0; y < lines; y++) rest[y] = rows[y] ? rows[y] + columns : 0;
  AKURU_CALL(akuru_winograd_outputs, , source + whole, pitch, rest, count - columns, bias, floor, mask + columns)
}
static inline void akuru_winograd_gradients(
    int lines, int wide, const float *const *rows, long tile, long tiles, long count, float *target, long pitch) {
  (void)wide;
  long whole = 0;
#if defined(__x86_64__)
  whole = wide ? tiles & ~15L : 0;
  if (whole > 0) AKURU_CALL(akuru_winograd_gradients, _wide, rows, tile, whole, count, target, pitch)
#endif
  if (whole < tiles) AKURU_CALL(akuru_winograd_gradients, , rows, tile + whole, tiles - whole, count, target + whole, pitch)
}
#undef AKURU_CALL
#undef AKURU_WINOGRAD_KERNELS
#undef AKURU_WINOGRAD
#undef AKURU_JOIN_4
#undef AKURU_JOIN_2
#undef AKURU_PART_4
#undef AKURU_PART_2
#undef AKURU_COLLECT_5
#undef AKURU_COLLECT_4
#undef AKURU_COLLECT_2
#undef AKURU_FILTERS_5
#undef AKURU_FILTERS_4
#undef AKURU_FILTERS_2
#undef AKURU_SPREAD_5
#undef AKURU_SPREAD_4
#undef AKURU_SPREAD_2
#undef AKURU_OUTPUTS_5
#undef AKURU_OUTPUTS_4
#undef AKURU_OUTPUTS_2
#undef AKURU_INPUTS_5
#undef AKURU_INPUTS_4
#undef AKURU_INPUTS_2

#undef AKURU_EXACT_SUMS
#undef AKURU_POOLS
#undef AKURU_WINS
#undef AKURU_LAST_PAIRS
#undef AKURU_FIRST_PAIRS
#undef AKURU_ODD_LANES
#undef AKURU_EVEN_LANES
#undef AKURU_KERNELS
#undef AKURU_WIDE_GRADIENTS
#undef AKURU_NARROW_GRADIENTS
#undef AKURU_WIDE_CASES
#undef AKURU_NARROW_CASES
#undef AKURU_EIGHT
#undef AKURU_FOUR
#undef AKURU_TAP_GRADIENTS
#undef AKURU_DOUBLE_COLUMNS_PRODUCT
#undef AKURU_COLUMNS_PRODUCT
#undef AKURU_DOUBLE_ROWS_PRODUCT
#undef AKURU_ROWS_PRODUCT
#undef AKURU_ROW
#undef AKURU_DOUBLE_CONVOLUTION
#undef AKURU_CONVOLUTION
#undef AKURU_FOURFOLD_PRODUCT
#undef AKURU_DOUBLE_PRODUCT
#undef AKURU_PRODUCT
#undef AKURU_PLACE
#undef AKURU_PANEL
#undef AKURU_TILE
#undef AKURU_UNROLLED
#undef AKURU_FMA
#undef AKURU_PASTE

#endif
