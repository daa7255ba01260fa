#include "testing/benchmark/ladder_steps.h"

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#if defined(__x86_64__)
#include "kernels/avx512_intrinsics.h"
#endif

namespace llama2 {
namespace {

using Weights = MatrixView<const float>;
using Inputs = MatrixView<const float>;
using Outputs = MatrixView<float>;

// Each product is added to the sum before it: one chain.
float NaiveDot(const float* w, const float* x, int64_t n) {
  float sum = 0;
  for (int64_t k = 0; k < n; ++k) sum += w[k] * x[k];
  return sum;
}

// 16 sums that do not wait for each other, and that the compiler may keep in vectors.
float Dot16(const float* w, const float* x, int64_t n) {
  float sums[16] = {};
  for (int64_t k = 0; k < n; k += 16) {
    for (int l = 0; l < 16; ++l) sums[l] += w[k + l] * x[k + l];
  }
  for (int half = 8; half > 0; half /= 2) {
    for (int l = 0; l < half; ++l) sums[l] += sums[l + half];
  }
  return sums[0];
}

using Dot = float (*)(const float* w, const float* x, int64_t n);

template <Dot dot>
void VectorByVector(Weights w, Inputs x, Outputs y) {
  for (int64_t b = 0; b < x.rows(); ++b) {
    for (int64_t r = 0; r < w.rows(); ++r) {
      y.Row(b)[r] = dot(w.Row(r).data(), x.Row(b).data(), w.cols());
    }
  }
}

// What a forward pass calls.
Fp32Step KernelStep(absl::string_view name) {
  const Kernels kernels(BestIsa());
  return {name, [=](Weights w, Inputs x, Outputs y) { kernels.Matmul(w, x, y); }, true};
}

#if defined(__x86_64__)

#define LLAMA2_AVX512 __attribute__((target("avx512f,avx512dq")))

// The 16 partial sums as the tree of the canonical order adds them.
LLAMA2_AVX512 inline float Sum(__m512 x) {
  const __m256 by8 = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
  const __m128 by4 = _mm_add_ps(_mm256_castps256_ps128(by8), _mm256_extractf128_ps(by8, 1));
  const __m128 by2 = _mm_add_ps(by4, _mm_movehl_ps(by4, by4));
  return _mm_cvtss_f32(_mm_add_ss(by2, _mm_movehdup_ps(by2)));
}

// The 16 sums in one register.
LLAMA2_AVX512 float SimdDot(const float* w, const float* x, int64_t n) {
  __m512 sums = _mm512_setzero_ps();
  for (int64_t k = 0; k < n; k += 16) {
    sums = _mm512_fmadd_ps(_mm512_loadu_ps(w + k), _mm512_loadu_ps(x + k), sums);
  }
  return Sum(sums);
}

// The same; for each page that begins in the row, it asks for the beginning of the one 64 KB
// further on.
LLAMA2_AVX512 float AskingDot(const float* w, const float* x, int64_t n) {
  constexpr uintptr_t kPage = 4096, kFarAhead = 64 * 1024;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(w);
  const uintptr_t end = reinterpret_cast<uintptr_t>(w + n);
  for (uintptr_t page = (begin + kPage - 1) / kPage * kPage; page < end; page += kPage) {
    __builtin_prefetch(reinterpret_cast<const void*>(page + kFarAhead));
  }
  return SimdDot(w, x, n);
}

// R rows times B vectors: R + B loads for R * B products.
template <int R, int B>
LLAMA2_AVX512 void Tile(Weights w, Inputs x, Outputs y, int64_t row, int64_t b0) {
  const float* w0 = w.Row(row).data();
  const float* x0 = x.Row(b0).data();
  __m512 sums[R][B];
  for (auto& row_sums : sums) {
    for (__m512& sum : row_sums) sum = _mm512_setzero_ps();
  }
  for (int64_t k = 0; k < w.cols(); k += 16) {
    __m512 xs[B];
    for (int b = 0; b < B; ++b) xs[b] = _mm512_loadu_ps(x0 + b * x.stride() + k);
    for (int r = 0; r < R; ++r) {
      const __m512 ws = _mm512_loadu_ps(w0 + r * w.stride() + k);
      for (int b = 0; b < B; ++b) sums[r][b] = _mm512_fmadd_ps(ws, xs[b], sums[r][b]);
    }
  }
  for (int b = 0; b < B; ++b) {
    for (int r = 0; r < R; ++r) y.Row(b0 + b)[row + r] = Sum(sums[r][b]);
  }
}

// R rows times the vectors from b on: in tiles of B, what is left in smaller ones.
template <int R, int B>
void RowsInTiles(Weights w, Inputs x, Outputs y, int64_t row, int64_t b) {
  for (; b + B <= x.rows(); b += B) Tile<R, B>(w, x, y, row, b);
  if constexpr (B > 1) {
    if (b < x.rows()) RowsInTiles<R, B - 1>(w, x, y, row, b);
  }
}

// A few rows stay in the nearest cache while all the vectors pass.
template <int R, int B>
void InTiles(Weights w, Inputs x, Outputs y) {
  int64_t row = 0;
  for (; row + R <= w.rows(); row += R) RowsInTiles<R, B>(w, x, y, row, 0);
  for (; row < w.rows(); ++row) RowsInTiles<1, B>(w, x, y, row, 0);
}

#endif

bool HasAvx512() { return BestIsa() == Isa::kAvx512; }

}  // namespace

std::vector<Fp32Step> DecodeFp32Steps() {
  std::vector<Fp32Step> steps = {{"1_naive", VectorByVector<NaiveDot>, false},
                                 {"2_sixteen_sums", VectorByVector<Dot16>, false}};
#if defined(__x86_64__)
  if (HasAvx512()) {
    steps.push_back({"3_simd", VectorByVector<SimdDot>, true});
    steps.push_back({"4_four_rows", InTiles<4, 1>, true});
    steps.push_back({"5_ask_ahead", VectorByVector<AskingDot>, true});
  }
#endif
  steps.push_back(KernelStep("6_kernel"));
  return steps;
}

std::vector<Fp32Step> PrefillFp32Steps() {
  std::vector<Fp32Step> steps = {{"1_naive", VectorByVector<NaiveDot>, false},
                                 {"2_sixteen_sums", VectorByVector<Dot16>, false}};
#if defined(__x86_64__)
  if (HasAvx512()) {
    steps.push_back({"3_simd", VectorByVector<SimdDot>, true});
    steps.push_back({"4_tile_1x4", InTiles<1, 4>, true});
    steps.push_back({"5_tile_2x2", InTiles<2, 2>, true});
    steps.push_back({"6_tile_4x4", InTiles<4, 4>, true});
    steps.push_back({"7_tile_4x6", InTiles<4, 6>, true});
  }
#endif
  steps.push_back(KernelStep("8_kernel"));
  return steps;
}

}  // namespace llama2
