// The int8 kernels for AVX-512 (F, BW, DQ, VL).
#include <stdint.h>

#include "kernels/avx512_intrinsics.h"
#include "kernels/int8_kernel_table.h"

namespace llama2 {
namespace {

#include "kernels/avx512_lanes.inc"
#include "kernels/int8_avx512.inc"

constexpr bool kBiased = false;

inline Ints AsWeights(Ints w) { return w; }

// |w| times x with w's sign: two such products, at most 128 * 127 each, fit in int16.
inline Ints AddQuads(Ints sum, Ints w, Ints x) {
  const Ints signed_x = _mm512_mask_sub_epi8(x, _mm512_movepi8_mask(w), ZeroInts(), x);
  const Ints pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(w), signed_x);
  return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}

#include "kernels/int8_simd.inc"

}  // namespace

const Int8KernelTable kInt8Avx512Kernels = kInt8Table;

}  // namespace llama2
