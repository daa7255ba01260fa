// The int8 kernels for AVX2 and FMA: two registers hold 16 int32, or 64 int8.
#include <immintrin.h>
#include <stdint.h>

#include "kernels/int8_kernel_table.h"

namespace llama2 {
namespace {

#include "kernels/avx2_lanes.inc"

struct Ints {
  __m256i low;
  __m256i high;
};

// 2 sums of either kind take 8 of the 16 registers.
constexpr int kTilePanels = 1;
constexpr int kTileVectors = 2;

inline Ints ZeroInts() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline Ints BroadcastInt(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
inline Ints LoadBytes(const uint8_t* p) {
  const __m256i* halves = reinterpret_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
}
inline Ints LoadValues(const int8_t* p) {
  const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepi8_epi32(values), _mm256_cvtepi8_epi32(_mm_srli_si128(values, 8))};
}
inline __m256i UpperHalves(__m256i x, __m256i y) {
  const __m256i mask = _mm256_set1_epi32(static_cast<int32_t>(0xF0F0F0F0));
  return _mm256_or_si256(_mm256_and_si256(mask, x), _mm256_andnot_si256(mask, y));
}
inline Ints UpperHalves(Ints x, Ints y) {
  return {UpperHalves(x.low, y.low), UpperHalves(x.high, y.high)};
}
inline Ints ShiftUp(Ints x) {
  return {_mm256_slli_epi32(x.low, 4), _mm256_slli_epi32(x.high, 4)};
}
inline Ints ShiftDown(Ints x) {
  return {_mm256_srli_epi32(x.low, 4), _mm256_srli_epi32(x.high, 4)};
}
inline Lanes LoadFloats(const uint8_t* p) { return Load(reinterpret_cast<const float*>(p)); }
inline Ints BroadcastQuad(const int8_t* p) {
  int32_t quad;
  __builtin_memcpy(&quad, p, sizeof(quad));
  return BroadcastInt(quad);
}
inline void StoreFirstBytes(int8_t* p, int64_t n, Ints x) {
  // Packing goes on within each half of a register: the order is put right at last.
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(x.low, x.high), 0xD8);
  const __m128i bytes =
      _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  int8_t all[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(all), bytes);
  __builtin_memcpy(p, all, n);
}
inline Ints AddInts(Ints a, Ints b) {
  return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}
inline Ints MaxInts(Ints a, Ints b) {
  return {_mm256_max_epi32(a.low, b.low), _mm256_max_epi32(a.high, b.high)};
}

constexpr bool kBiased = false;

inline Ints AsWeights(Ints w) { return w; }

// |w| times x with w's sign: two such products, at most 128 * 127 each, fit in int16.
inline __m256i Quads(__m256i w, __m256i x) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
inline Ints AddQuads(Ints sum, Ints w, Ints x) {
  return AddInts(sum, {Quads(w.low, x.low), Quads(w.high, x.high)});
}

inline int32_t LargestInt(Ints x) {
  const __m256i by8 = _mm256_max_epi32(x.low, x.high);
  const __m128i by4 =
      _mm_max_epi32(_mm256_castsi256_si128(by8), _mm256_extracti128_si256(by8, 1));
  const __m128i by2 = _mm_max_epi32(by4, _mm_shuffle_epi32(by4, 0x4E));
  return _mm_cvtsi128_si32(_mm_max_epi32(by2, _mm_shuffle_epi32(by2, 0xB1)));
}

inline int32_t SumInts(Ints x) {
  const __m256i by8 = _mm256_add_epi32(x.low, x.high);
  const __m128i by4 =
      _mm_add_epi32(_mm256_castsi256_si128(by8), _mm256_extracti128_si256(by8, 1));
  const __m128i by2 = _mm_add_epi32(by4, _mm_shuffle_epi32(by4, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(by2, _mm_shuffle_epi32(by2, 0xB1)));
}

inline Lanes ToFloats(Ints x) {
  return {_mm256_cvtepi32_ps(x.low), _mm256_cvtepi32_ps(x.high)};
}
inline Ints MagnitudeBits(Lanes x) {
  const __m256i mask = _mm256_set1_epi32(0x7FFFFFFF);
  return {_mm256_and_si256(_mm256_castps_si256(x.low), mask),
          _mm256_and_si256(_mm256_castps_si256(x.high), mask)};
}
inline __m256i RoundAway(__m256 x) {
  // Adding the number before a half, not a half, keeps the sum from being rounded up.
  const __m256 sign = _mm256_and_ps(x, _mm256_set1_ps(-0.0f));
  const __m256 half = _mm256_or_ps(_mm256_set1_ps(0x1.fffffep-2f), sign);
  return _mm256_cvttps_epi32(_mm256_add_ps(x, half));
}
inline Ints RoundAway(Lanes x) { return {RoundAway(x.low), RoundAway(x.high)}; }

#include "kernels/int8_simd.inc"

}  // namespace

const Int8KernelTable kInt8Avx2Kernels = kInt8Table;

}  // namespace llama2
