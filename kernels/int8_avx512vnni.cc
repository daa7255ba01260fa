// The int8 kernels for AVX-512 with VNNI, whose products of unsigned and signed bytes
// are exact: the weights stand in as w + 128, and each sum begins at -128 times the
// sum of its x.
#include <stdint.h>

#include "kernels/avx512_intrinsics.h"
#include "kernels/int8_kernel_table.h"

namespace llama2 {
namespace {

#include "kernels/avx512_lanes.inc"
#include "kernels/int8_avx512.inc"

constexpr bool kBiased = true;

inline Ints AsWeights(Ints w) { return _mm512_xor_si512(w, _mm512_set1_epi8(-128)); }

// In assembler, because g++ 12 copies the sums of its intrinsic forth and back.
inline Ints AddQuads(Ints sum, Ints w, Ints x) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
  return sum;
}

#include "kernels/int8_simd.inc"

}  // namespace

const Int8KernelTable kInt8Avx512VnniKernels = kInt8Table;

}  // namespace llama2
