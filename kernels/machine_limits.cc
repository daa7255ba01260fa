#include "kernels/machine_limits.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/aligned_buffer.h"
#include "base/check.h"

namespace llama2 {
namespace {

// Two units with a latency of up to five cycles need ten chains; twelve and two
// operands fit in the sixteen registers of AVX2.
constexpr int kChains = 12;

// One loop of each kind for an instruction set. What a loop computes is returned, so
// that the compiler must compute it.
struct Loops {
  int lanes;                                    // floats in a register
  float (*multiply_add)(int64_t repeats);       // kChains registers each time
  float (*read)(const float* data, int64_t n);  // n is a multiple of kReadStep
};

// Floats read in a step: eight registers of the widest instruction set.
constexpr int64_t kReadStep = 128;

float MultiplyAddScalar(int64_t repeats) {
  float chains[kChains] = {};
  for (int64_t i = 0; i < repeats; ++i) {
    for (float& chain : chains) chain = std::fma(chain, 0.5f, 1.0f);
  }
  float sum = 0;
  for (float chain : chains) sum += chain;
  return sum;
}

float ReadScalar(const float* data, int64_t n) {
  float sums[16] = {};
  for (int64_t i = 0; i < n; i += 16) {
    for (int l = 0; l < 16; ++l) sums[l] += data[i + l];
  }
  float sum = 0;
  for (float lane : sums) sum += lane;
  return sum;
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) float MultiplyAddAvx2(int64_t repeats) {
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

__attribute__((target("avx2"))) float ReadAvx2(const float* data, int64_t n) {
  __m256 sums[8];
  for (__m256& sum : sums) sum = _mm256_setzero_ps();
  for (int64_t i = 0; i < n; i += 64) {
    for (int s = 0; s < 8; ++s)
      sums[s] = _mm256_add_ps(sums[s], _mm256_load_ps(data + i + 8 * s));
  }
  for (int s = 1; s < 8; ++s) sums[0] = _mm256_add_ps(sums[0], sums[s]);
  return _mm256_cvtss_f32(sums[0]);
}

__attribute__((target("avx512f"))) float MultiplyAddAvx512(int64_t repeats) {
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

__attribute__((target("avx512f"))) float ReadAvx512(const float* data, int64_t n) {
  __m512 sums[8];
  for (__m512& sum : sums) sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < n; i += 128) {
    for (int s = 0; s < 8; ++s) {
      sums[s] = _mm512_add_ps(sums[s], _mm512_load_ps(data + i + 16 * s));
    }
  }
  for (int s = 1; s < 8; ++s) sums[0] = _mm512_add_ps(sums[0], sums[s]);
  return _mm512_cvtss_f32(sums[0]);
}

#endif

Loops LoopsFor(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return {1, MultiplyAddScalar, ReadScalar};
#if defined(__x86_64__)
    case Isa::kAvx2:
      return {8, MultiplyAddAvx2, ReadAvx2};
    case Isa::kAvx512:
      return {16, MultiplyAddAvx512, ReadAvx512};
#else
    case Isa::kAvx2:
    case Isa::kAvx512:
      break;
#endif
  }
  CHECK(false);
  return {};
}

// The least seconds that `body` takes: of ten times and, as long as it is short, of
// five milliseconds.
template <typename Body>
double LeastSeconds(Body body) {
  using Clock = std::chrono::steady_clock;
  double least = INFINITY, all = 0;
  for (int i = 0; i < 10 || all < 5e-3; ++i) {
    const Clock::time_point begin = Clock::now();
    volatile float result = body();
    (void)result;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    least = std::min(least, seconds);
    all += seconds;
  }
  return least;
}

}  // namespace

double FmaPeak(Isa isa) {
  constexpr int64_t kRepeats = 20000;
  const Loops loops = LoopsFor(isa);
  const double seconds = LeastSeconds([&] { return loops.multiply_add(kRepeats); });
  return 2.0 * loops.lanes * kChains * kRepeats / seconds;
}

double ReadPeak(Isa isa, size_t bytes) {
  CHECK_GT(bytes, 0u);
  const Loops loops = LoopsFor(isa);
  // Less than a page would time the calls; it lies in the nearest cache in any case.
  const int64_t steps = (std::max<size_t>(bytes, 4096) / sizeof(float) - 1) / kReadStep + 1;
  const int64_t floats = steps * kReadStep;
  AlignedBuffer<float> memory(floats);
  // Written once: pages that were never touched are all one page of zeros.
  std::fill(memory.span().begin(), memory.span().end(), 1.0f);
  const int64_t passes = 1 + (1 << 20) / floats;  // one pass over little is too short to time
  const double seconds = LeastSeconds([&] {
    float sum = 0;
    for (int64_t pass = 0; pass < passes; ++pass) sum += loops.read(memory.data(), floats);
    return sum;
  });
  return static_cast<double>(passes * floats * sizeof(float)) / seconds;
}

}  // namespace llama2
