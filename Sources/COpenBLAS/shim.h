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

#endif
