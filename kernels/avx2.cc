// The kernels for AVX2 and FMA: two registers hold the 16 lanes.
#include <immintrin.h>
#include <stdint.h>

#include "kernels/exp_constants.h"
#include "kernels/kernel_table.h"

namespace llama2 {
namespace {

#include "kernels/avx2_lanes.inc"

// 4 sums of two registers, the vectors' 4 and a row's 2 fit in the 16 registers.
constexpr int kTileRows = 2;
constexpr int kTileBatch = 2;
constexpr int kMostTileBatch = 2;
// Two rows take longer than one after the other, whose sums wait for each other as little.
constexpr int kShortVector = 0;
// 6 sums of two registers, a row's 2, and one to multiply with.
constexpr int kGemmRows = 6;
constexpr int kGemmVectors = 1;

inline __m256 TimesPowerOfTwo(__m256 p, __m256 rounded) {
  const __m256i n =
      _mm256_sub_epi32(_mm256_castps_si256(rounded), _mm256_set1_epi32(kRoundBits));
  const __m256i half = _mm256_srai_epi32(n, 1);
  const auto power = [](__m256i exponent) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(127)), 23));
  };
  return _mm256_mul_ps(_mm256_mul_ps(p, power(half)), power(_mm256_sub_epi32(n, half)));
}
inline Lanes TimesPowerOfTwo(Lanes p, Lanes rounded) {
  return {TimesPowerOfTwo(p.low, rounded.low), TimesPowerOfTwo(p.high, rounded.high)};
}

// Four trees at once: at each step two vectors of partial sums become one.
inline __m128 Sum4(const Lanes* x) {
  // l + (l + 8).
  const __m256 a = _mm256_add_ps(x[0].low, x[0].high);
  const __m256 b = _mm256_add_ps(x[1].low, x[1].high);
  const __m256 c = _mm256_add_ps(x[2].low, x[2].high);
  const __m256 d = _mm256_add_ps(x[3].low, x[3].high);
  // l + (l + 4): the halves of a and c, of b and d.
  const __m256 ac =
      _mm256_add_ps(_mm256_permute2f128_ps(a, c, 0x20), _mm256_permute2f128_ps(a, c, 0x31));
  const __m256 bd =
      _mm256_add_ps(_mm256_permute2f128_ps(b, d, 0x20), _mm256_permute2f128_ps(b, d, 0x31));
  // l + (l + 2), then l + (l + 1): a and b lie in the lower half, c and d above.
  const __m256 by2 =
      _mm256_add_ps(_mm256_shuffle_ps(ac, bd, 0x44), _mm256_shuffle_ps(ac, bd, 0xEE));
  const __m256 sums = _mm256_add_ps(by2, _mm256_movehdup_ps(by2));
  return _mm_shuffle_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1), 0x88);
}

template <int N>
inline void SumEach(const Lanes (&x)[N], float (&out)[N]) {
  int i = 0;
  for (; i + 4 <= N; i += 4) _mm_storeu_ps(out + i, Sum4(x + i));
  for (; i < N; ++i) out[i] = Sum(x[i]);
}

template <int kComparison>
inline unsigned CompareLanes(Lanes x, float value) {
  const __m256 other = _mm256_set1_ps(value);
  return _mm256_movemask_ps(_mm256_cmp_ps(x.low, other, kComparison)) |
         _mm256_movemask_ps(_mm256_cmp_ps(x.high, other, kComparison)) << 8;
}
inline unsigned LanesEqual(Lanes x, float value) { return CompareLanes<_CMP_EQ_OQ>(x, value); }
inline unsigned LanesAtLeast(Lanes x, float least) {
  return CompareLanes<_CMP_GE_OQ>(x, least);
}

#include "kernels/simd.inc"

}  // namespace

const KernelTable kAvx2Kernels = kTable;

}  // namespace llama2
