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

inline Ints AddQuads(Ints sum, Ints w, Ints x) { return _mm512_dpbusd_epi32(sum, w, x); }

#include "kernels/int8_simd.inc"

}  // namespace

const Int8KernelTable kInt8Avx512VnniKernels = kInt8Table;

}  // namespace llama2
