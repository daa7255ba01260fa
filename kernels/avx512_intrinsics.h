// The compiler's intrinsics, for the files that are compiled for AVX-512.
#ifndef LLAMA2_KERNELS_AVX512_INTRINSICS_H_
#define LLAMA2_KERNELS_AVX512_INTRINSICS_H_

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 warns of the undefined operands in its own intrinsics (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#endif  // LLAMA2_KERNELS_AVX512_INTRINSICS_H_
