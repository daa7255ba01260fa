#include "kernels/machine_loops.h"

#include <cmath>

#include "base/check.h"
#if defined(__x86_64__)
#include "kernels/avx512_intrinsics.h"
#endif

namespace llama2 {
namespace {

// Two units with a latency of up to five cycles need ten chains; twelve and two
// operands fit in the sixteen registers of AVX2.
constexpr int kChains = 12;

float FmaScalar(int64_t repeats) {
  float chains[kChains] = {};
  for (int64_t i = 0; i < repeats; ++i) {
    for (float& chain : chains) chain = std::fma(chain, 0.5f, 1.0f);
  }
  float sum = 0;
  for (float chain : chains) sum += chain;
  return sum;
}

int32_t Int8Scalar(int64_t repeats) {
  uint32_t chains[kChains] = {};
  for (int64_t i = 0; i < repeats; ++i) {
    for (uint32_t& chain : chains) chain = chain * 3 + 1;
  }
  uint32_t sum = 0;
  for (uint32_t chain : chains) sum += chain;
  return static_cast<int32_t>(sum);
}

// Asks for a line 64 KB ahead once in a page: at the end of one the processor neither knows
// the next one's address nor goes on loading by itself.
inline void ReachAhead(const uint32_t* words, int64_t i) {
  constexpr int64_t kFarAhead = 64 * 1024 / sizeof(uint32_t);
  constexpr int64_t kReachStep = 4096 / sizeof(uint32_t);
  if (i % kReachStep == 0) __builtin_prefetch(words + kFarAhead);
}

uint32_t ReadScalar(const uint32_t* words, int64_t n, ReadPattern pattern) {
  const int64_t part = n / pattern.streams;
  uint32_t lanes[16] = {};
  for (int64_t i = 0; i < part; i += kReadStep) {
    for (int s = 0; s < pattern.streams; ++s) {
      const uint32_t* from = words + s * part + i;
      if (pattern.reach_ahead) ReachAhead(from, i);
      for (int64_t j = 0; j < kReadStep; j += 16) {
        for (int l = 0; l < 16; ++l) lanes[l] ^= from[j + l];
      }
    }
  }
  uint32_t all = 0;
  for (uint32_t lane : lanes) all ^= lane;
  return all;
}

#if defined(__x86_64__)

#define LLAMA2_AVX2 __attribute__((target("avx2,fma")))
#define LLAMA2_AVX512 __attribute__((target("avx512f,avx512bw")))
#define LLAMA2_AVX512VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

// Says that the register may have changed, so that what is computed from it is computed
// again each time.
#define LLAMA2_TOUCH(x) asm volatile("" : "+v"(x))

LLAMA2_AVX2 float FmaAvx2(int64_t repeats) {
  const __m256 a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(1.0f);
  __m256 chains[kChains];
  for (__m256& chain : chains) chain = _mm256_setzero_ps();
  for (int64_t i = 0; i < repeats; ++i) {
    for (__m256& chain : chains) chain = _mm256_fmadd_ps(chain, a, b);
  }
  __m256 sum = _mm256_setzero_ps();
  for (__m256 chain : chains) sum = _mm256_add_ps(sum, chain);
  return _mm256_cvtss_f32(sum);
}

// Multiplies bytes to 16 bits, adds pairs to 32, adds those to the chain.
LLAMA2_AVX2 int32_t Int8Avx2(int64_t repeats) {
  const __m256i w = _mm256_set1_epi8(3), ones = _mm256_set1_epi16(1);
  __m256i x = _mm256_set1_epi8(5);
  __m256i chains[kChains];
  for (__m256i& chain : chains) chain = _mm256_setzero_si256();
  for (int64_t i = 0; i < repeats; ++i) {
    for (__m256i& chain : chains) {
      LLAMA2_TOUCH(x);
      const __m256i pairs = _mm256_maddubs_epi16(x, w);
      chain = _mm256_add_epi32(chain, _mm256_madd_epi16(pairs, ones));
    }
  }
  __m256i sum = _mm256_setzero_si256();
  for (__m256i chain : chains) sum = _mm256_add_epi32(sum, chain);
  return _mm256_cvtsi256_si32(sum);
}

LLAMA2_AVX2 uint32_t ReadAvx2(const uint32_t* words, int64_t n, ReadPattern pattern) {
  const int64_t part = n / pattern.streams;
  __m256i lanes[8];
  for (__m256i& lane : lanes) lane = _mm256_setzero_si256();
  for (int64_t i = 0; i < part; i += kReadStep) {
    for (int s = 0; s < pattern.streams; ++s) {
      const uint32_t* from = words + s * part + i;
      if (pattern.reach_ahead) ReachAhead(from, i);
      const __m256i* vectors = reinterpret_cast<const __m256i*>(from);
      for (int j = 0; j < 16; ++j) {
        lanes[j % 8] = _mm256_xor_si256(lanes[j % 8], _mm256_load_si256(vectors + j));
      }
    }
  }
  for (int j = 1; j < 8; ++j) lanes[0] = _mm256_xor_si256(lanes[0], lanes[j]);
  alignas(32) uint32_t last[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(last), lanes[0]);
  uint32_t all = 0;
  for (uint32_t word : last) all ^= word;
  return all;
}

LLAMA2_AVX512 float FmaAvx512(int64_t repeats) {
  const __m512 a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(1.0f);
  __m512 chains[kChains];
  for (__m512& chain : chains) chain = _mm512_setzero_ps();
  for (int64_t i = 0; i < repeats; ++i) {
    for (__m512& chain : chains) chain = _mm512_fmadd_ps(chain, a, b);
  }
  __m512 sum = _mm512_setzero_ps();
  for (__m512 chain : chains) sum = _mm512_add_ps(sum, chain);
  return _mm512_cvtss_f32(sum);
}

LLAMA2_AVX512 int32_t Int8Avx512(int64_t repeats) {
  const __m512i w = _mm512_set1_epi8(3), ones = _mm512_set1_epi16(1);
  __m512i x = _mm512_set1_epi8(5);
  __m512i chains[kChains];
  for (__m512i& chain : chains) chain = _mm512_setzero_si512();
  for (int64_t i = 0; i < repeats; ++i) {
    for (__m512i& chain : chains) {
      LLAMA2_TOUCH(x);
      const __m512i pairs = _mm512_maddubs_epi16(x, w);
      chain = _mm512_add_epi32(chain, _mm512_madd_epi16(pairs, ones));
    }
  }
  __m512i sum = _mm512_setzero_si512();
  for (__m512i chain : chains) sum = _mm512_add_epi32(sum, chain);
  return _mm_cvtsi128_si32(_mm512_castsi512_si128(sum));
}

LLAMA2_AVX512VNNI int32_t Int8Avx512Vnni(int64_t repeats) {
  const __m512i x = _mm512_set1_epi8(5), w = _mm512_set1_epi8(3);
  __m512i chains[kChains];
  for (__m512i& chain : chains) chain = _mm512_setzero_si512();
  for (int64_t i = 0; i < repeats; ++i) {
    for (__m512i& chain : chains) chain = _mm512_dpbusd_epi32(chain, x, w);
  }
  __m512i sum = _mm512_setzero_si512();
  for (__m512i chain : chains) sum = _mm512_add_epi32(sum, chain);
  return _mm_cvtsi128_si32(_mm512_castsi512_si128(sum));
}

LLAMA2_AVX512 uint32_t ReadAvx512(const uint32_t* words, int64_t n, ReadPattern pattern) {
  const int64_t part = n / pattern.streams;
  __m512i lanes[8];
  for (__m512i& lane : lanes) lane = _mm512_setzero_si512();
  for (int64_t i = 0; i < part; i += kReadStep) {
    for (int s = 0; s < pattern.streams; ++s) {
      const uint32_t* from = words + s * part + i;
      if (pattern.reach_ahead) ReachAhead(from, i);
      for (int j = 0; j < 8; ++j) {
        lanes[j] = _mm512_xor_si512(lanes[j], _mm512_load_si512(from + 16 * j));
      }
    }
  }
  for (int j = 1; j < 8; ++j) lanes[0] = _mm512_xor_si512(lanes[0], lanes[j]);
  alignas(64) uint32_t last[16];
  _mm512_store_si512(last, lanes[0]);
  uint32_t all = 0;
  for (uint32_t word : last) all ^= word;
  return all;
}

#endif

}  // namespace

MachineLoops LoopsFor(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return {FmaScalar, 2 * kChains, Int8Scalar, 2 * kChains, ReadScalar};
#if defined(__x86_64__)
    case Isa::kAvx2:
      return {FmaAvx2, 2 * 8 * kChains, Int8Avx2, 2 * 32 * kChains, ReadAvx2};
    case Isa::kAvx512: {
      const bool vnni = __builtin_cpu_supports("avx512vnni");
      return {FmaAvx512, 2 * 16 * kChains, vnni ? Int8Avx512Vnni : Int8Avx512, 2 * 64 * kChains,
              ReadAvx512};
    }
#else
    case Isa::kAvx2:
    case Isa::kAvx512:
      break;
#endif
  }
  CHECK(false);
  return {};
}

}  // namespace llama2
