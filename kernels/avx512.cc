// The kernels for AVX-512 (F, BW, DQ, VL): one register holds all 16 lanes.
#include <stdint.h>

#include "kernels/avx512_intrinsics.h"
#include "kernels/exp_constants.h"
#include "kernels/kernel_table.h"

namespace llama2 {
namespace {

#include "kernels/avx512_lanes.inc"

// 16 sums make one tree; 24 of them, 6 vectors and a row fill the 32 registers.
constexpr int kTileRows = 4;
constexpr int kTileBatch = 4;
constexpr int kMostTileBatch = 6;
constexpr int kShortVector = 128;
// 24 sums and a row's 3 vectors; what they are multiplied with comes from memory.
constexpr int kGemmRows = 8;
constexpr int kGemmVectors = 3;

inline Lanes TimesPowerOfTwo(Lanes p, Lanes rounded) {
  const __m512i n =
      _mm512_sub_epi32(_mm512_castps_si512(rounded), _mm512_set1_epi32(kRoundBits));
  const __m512i half = _mm512_srai_epi32(n, 1);
  const auto power = [](__m512i exponent) {
    return _mm512_castsi512_ps(
        _mm512_slli_epi32(_mm512_add_epi32(exponent, _mm512_set1_epi32(127)), 23));
  };
  return Mul(Mul(p, power(half)), power(_mm512_sub_epi32(n, half)));
}

// One step of the tree for two vectors at once: halves of a and of b, which
// `kFirst` and `kSecond` select quarter by quarter, are added.
template <int kFirst, int kSecond>
inline Lanes AddQuarters(Lanes a, Lanes b) {
  return Add(_mm512_shuffle_f32x4(a, b, kFirst), _mm512_shuffle_f32x4(a, b, kSecond));
}

// The same within each quarter, element by element.
template <int kFirst, int kSecond>
inline Lanes AddElements(Lanes a, Lanes b) {
  return Add(_mm512_shuffle_ps(a, b, kFirst), _mm512_shuffle_ps(a, b, kSecond));
}

// Sixteen trees at once: at each step two vectors of partial sums become one.
[[gnu::always_inline]] inline Lanes Sum16(const Lanes* x) {
  Lanes by8[8], by4[4], by2[2];
  // l + (l + 8): quarters 0, 1 against 2, 3.
  for (int i = 0; i < 8; ++i) by8[i] = AddQuarters<0x44, 0xEE>(x[2 * i], x[2 * i + 1]);
  // l + (l + 4): quarters 0, 2 against 1, 3. Quarter j of by4[i] belongs to x[4 i + j].
  for (int i = 0; i < 4; ++i) by4[i] = AddQuarters<0x88, 0xDD>(by8[2 * i], by8[2 * i + 1]);
  // l + (l + 2), then l + (l + 1).
  for (int i = 0; i < 2; ++i) by2[i] = AddElements<0x44, 0xEE>(by4[2 * i], by4[2 * i + 1]);
  const Lanes sums = AddElements<0x88, 0xDD>(by2[0], by2[1]);
  // Element e of quarter j is the sum of x[4 e + j].
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  return _mm512_permutexvar_ps(order, sums);
}

// Always in line, or a tile's sums would lie in memory to be passed.
template <int N>
[[gnu::always_inline]] inline void SumEach(const Lanes (&x)[N], float (&out)[N]) {
  constexpr int kFew = 6;  // one by one they take less than sixteen at once
  int i = 0;
  for (; i + 16 <= N; i += 16) Store(out + i, Sum16(x + i));
  if (N - i > kFew) {
    Lanes rest[16];
#pragma GCC unroll 16
    for (int j = 0; j < 16; ++j) rest[j] = i + j < N ? x[i + j] : Zero();
    StoreMasked(out + i, FirstLanes(N - i), Sum16(rest));
    return;
  }
  for (; i < N; ++i) out[i] = Sum(x[i]);
}

inline unsigned LanesEqual(Lanes x, float value) {
  return _mm512_cmp_ps_mask(x, Broadcast(value), _CMP_EQ_OQ);
}
inline unsigned LanesAtLeast(Lanes x, float least) {
  return _mm512_cmp_ps_mask(x, Broadcast(least), _CMP_GE_OQ);
}

#include "kernels/simd.inc"

}  // namespace

const KernelTable kAvx512Kernels = kTable;

}  // namespace llama2
