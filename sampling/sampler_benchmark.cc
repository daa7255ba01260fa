// What choosing a token costs: rows of a small and of Llama's vocabulary, peaked as a
// trained model's and flat as an untrained one's.
//
//   bazel run --config=bench //sampling:sampler_benchmark

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "sampling/rng.h"
#include "sampling/sampler.h"

namespace llama2 {
namespace {

// Normally distributed logits; `spread` is their standard deviation.
std::vector<float> MakeLogits(int64_t size, float spread) {
  Rng rng(1);
  std::vector<float> logits(size);
  for (float& x : logits) {
    // Box and Muller, 1958.
    const float radius = std::sqrt(-2 * std::log(1 - rng.NextFloat()));
    x = spread * radius * std::cos(6.2831853f * rng.NextFloat());
  }
  return logits;
}

// Arguments: V, the logits' standard deviation.
void BM_Sample(benchmark::State& state, float temperature, float top_p) {
  const std::vector<float> logits = MakeLogits(state.range(0), state.range(1));
  std::vector<float> row(logits.size());
  Sampler sampler({.temperature = temperature, .top_p = top_p}, Kernels(BestIsa()));
  for (auto _ : state) {
    std::copy(logits.begin(), logits.end(), row.begin());
    benchmark::DoNotOptimize(sampler.Sample(absl::MakeSpan(row), {}));
  }
  // Beside the time for a token: logits, so that it can be compared across V.
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void Rows(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"V", "spread"})->ArgsProduct({{512, 32000}, {0, 1, 3, 5}});
}

BENCHMARK_CAPTURE(BM_Sample, greedy, 0.0f, 0.9f)->Apply(Rows);
BENCHMARK_CAPTURE(BM_Sample, temperature, 0.8f, 1.0f)->Apply(Rows);
BENCHMARK_CAPTURE(BM_Sample, top_p, 1.0f, 0.9f)->Apply(Rows);

}  // namespace
}  // namespace llama2
