// The speed of a training step's forward and backward pass.
//
//   bazel run --config=bench //training:batch_gradient_benchmark
//
// Beside the time stand tokens and billions of floating-point operations a second, and
// `of_peak`: the share of what fused multiply-adds alone reach on that many threads of this
// machine, measured just before on one of them.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"
#include "kernels/machine_limits.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "training/batch_gradient.h"
#include "training/dropout.h"
#include "training/initialize.h"

namespace llama2 {
namespace {

struct Shape {
  const char* name;
  Config config;
  int64_t length;
  int64_t batch;
};

const Shape kShapes[] = {
    {"260K",
     {.dim = 64,
      .hidden_dim = 172,
      .n_layers = 5,
      .n_heads = 8,
      .n_kv_heads = 4,
      .vocab_size = 512,
      .seq_len = 256},
     256,
     32},
    {"1M",
     {.dim = 128,
      .hidden_dim = 384,
      .n_layers = 6,
      .n_heads = 8,
      .n_kv_heads = 4,
      .vocab_size = 1024,
      .seq_len = 512},
     512,
     8},
    {"15M",
     {.dim = 288,
      .hidden_dim = 768,
      .n_layers = 6,
      .n_heads = 6,
      .n_kv_heads = 6,
      .vocab_size = 32000,
      .seq_len = 256},
     256,
     2},
};

void ForwardAndBackward(benchmark::State& state, const Shape& shape, int threads) {
  const Isa isa = BestIsa();
  std::vector<float> parameters(shape.config.parameters()), gradient(parameters.size());
  InitializeParameters(shape.config, /*seed=*/1, absl::MakeSpan(parameters));
  std::vector<int32_t> ids(shape.batch * (shape.length + 1));
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = i * i % shape.config.vocab_size;
  const MatrixView<const int32_t> windows(ids.data(), shape.batch, shape.length + 1);
  BatchGradient batch = *BatchGradient::Create(shape.config, shape.length, threads,
                                               /*shards=*/shape.batch, isa);
  const double peak = FmaPeak(isa) * threads;
  for (auto _ : state) {
    batch.Compute(parameters, windows, Dropout(), absl::MakeSpan(gradient));
  }
  const auto rate = [&](double per_step) {
    return benchmark::Counter(per_step * state.iterations(), benchmark::Counter::kIsRate);
  };
  const double flops = batch.FlopsPerWindow() * shape.batch;
  state.counters["tok/s"] = rate(shape.batch * shape.length);
  state.counters["GFLOP/s"] = rate(flops * 1e-9);
  state.counters["of_peak"] = rate(flops / peak);
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const llama2::Shape& shape : llama2::kShapes) {
    for (int threads : {1, 2}) {
      benchmark::RegisterBenchmark(
          absl::StrCat("ForwardAndBackward/", shape.name, "/threads:", threads).c_str(),
          [&shape, threads](benchmark::State& state) {
            llama2::ForwardAndBackward(state, shape, threads);
          })
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
