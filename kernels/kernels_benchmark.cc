// How near every kernel comes to what one core of this machine can do.
//
//   bazel run --config=bench //kernels:kernels_benchmark -- --benchmark_filter=avx512
//
// Beside the time stand GFLOP/s, GB/s (every operand counted once) and `of_limit`: the
// least time that the machine's arithmetic and the reading of that much memory allow,
// measured just before, divided by the time that it took (this thread's time on the
// processor, so that neighbours disturb less). The label says which of the two sets the
// limit. The scalar kernels are there to be read, and have none.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/machine_limits.h"
#include "kernels/tensor_view.h"

namespace llama2 {
namespace {

// What one call of a kernel takes.
struct Work {
  double flops;   // a fused multiply-add is two, a division one
  double floats;  // read or written
};

// The operations of one exponential, counted in scalar.cc.
constexpr double kExpFlops = 21;

// Seconds that this thread has run.
double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void Measure(benchmark::State& state, Isa isa, Work work, absl::FunctionRef<void()> kernel) {
  const double bytes = work.floats * sizeof(float);
  const double arithmetic = work.flops / FmaPeak(isa);
  const double memory = bytes / ReadPeak(isa, static_cast<size_t>(bytes));
  const double begin = ThreadSeconds();
  for (auto _ : state) {
    kernel();
    benchmark::ClobberMemory();
  }
  const double seconds = (ThreadSeconds() - begin) / static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = work.flops / seconds / 1e9;
  state.counters["GB/s"] = bytes / seconds / 1e9;
  if (isa == Isa::kScalar) return;
  state.counters["of_limit"] = std::max(arithmetic, memory) / seconds;
  state.SetLabel(arithmetic > memory ? "arithmetic" : "memory");
}

// `n` floats between -1 and 1.
AlignedBuffer<float> Values(int64_t n) {
  AlignedBuffer<float> values(n);
  for (int64_t i = 0; i < n; ++i) values[i] = std::sin(static_cast<float>(i % 10007));
  return values;
}

void Matmul(benchmark::State& state, Isa isa, int64_t rows, int64_t depth, int64_t batch) {
  const Kernels kernels(isa);
  AlignedBuffer<float> w = Values(rows * depth), x = Values(batch * depth);
  AlignedBuffer<float> y(batch * rows);
  const Work work = {.flops = 2.0 * rows * depth * batch,
                     .floats = static_cast<double>(w.size() + x.size() + y.size())};
  Measure(state, isa, work, [&] {
    kernels.Matmul(MatrixView<const float>(w.data(), rows, depth),
                   MatrixView<const float>(x.data(), batch, depth),
                   MatrixView<float>(y.data(), batch, rows));
  });
}

void Attention(benchmark::State& state, Isa isa, int64_t queries, int64_t head_dim,
               int64_t length) {
  const Kernels kernels(isa);
  AlignedBuffer<float> q = Values(queries * head_dim), v = Values(length * head_dim);
  AlignedBuffer<float> k = Values(KeyCacheSize(length, head_dim));
  AlignedBuffer<float> scratch(AttentionScratchSize(queries, length));
  AlignedBuffer<float> out(queries * head_dim);
  const Work work = {
      .flops = queries * length * (4.0 * head_dim + kExpFlops),
      .floats = static_cast<double>(q.size() + k.size() + v.size() + out.size())};
  Measure(state, isa, work, [&] {
    kernels.Attention(MatrixView<const float>(q.data(), queries, head_dim),
                      {.keys = k.data(), .values = v.data()}, length,
                      /*scale=*/0.1f, scratch.span(),
                      MatrixView<float>(out.data(), queries, head_dim));
  });
}

// A kernel over vectors x (read and written) and w (read) of one size.
struct VectorKernel {
  const char* name;
  double flops;   // for each element
  double floats;  // for each element
  void (*run)(const Kernels& kernels, absl::Span<float> x, absl::Span<const float> w,
              absl::Span<float> y);
};

constexpr VectorKernel kVectorKernels[] = {
    {"RmsNorm", 4, 3,
     [](const Kernels& kernels, absl::Span<float> x, absl::Span<const float> w,
        absl::Span<float> y) { kernels.RmsNorm(x, w, 1e-5f, y); }},
    {"Softmax", kExpFlops + 4, 1,
     [](const Kernels& kernels, absl::Span<float> x, absl::Span<const float>,
        absl::Span<float>) { kernels.Softmax(x); }},
    {"Rope", 3, 2,
     [](const Kernels& kernels, absl::Span<float> x, absl::Span<const float> w,
        absl::Span<float>) { kernels.Rope(x, w, w); }},
    {"SiluGate", kExpFlops + 4, 2,
     [](const Kernels& kernels, absl::Span<float> x, absl::Span<const float> w,
        absl::Span<float>) { kernels.SiluGate(x, w); }},
    {"Add", 1, 2,
     [](const Kernels& kernels, absl::Span<float> x, absl::Span<const float> w,
        absl::Span<float>) { kernels.Add(x, w); }},
    {"Exp", kExpFlops, 2,
     [](const Kernels& kernels, absl::Span<float> x, absl::Span<const float>,
        absl::Span<float> y) { kernels.Exp(x, y); }},
    {"Argmax", 1, 1,
     [](const Kernels& kernels, absl::Span<float> x, absl::Span<const float>,
        absl::Span<float>) { benchmark::DoNotOptimize(kernels.Argmax(x)); }},
};

void Vector(benchmark::State& state, Isa isa, const VectorKernel& kernel, int64_t n) {
  const Kernels kernels(isa);
  AlignedBuffer<float> x = Values(n), w = Values(n), y(n);
  const Work work = {.flops = kernel.flops * n, .floats = kernel.floats * n};
  Measure(state, isa, work, [&] { kernel.run(kernels, x.span(), w.span(), y.span()); });
}

void RegisterFor(Isa isa) {
  const auto name = [&](absl::string_view kernel, absl::string_view shape) {
    return absl::StrCat(kernel, "/", IsaName(isa), "/", shape);
  };
  // Decoding with models of 260K, 15M and 110M parameters: a layer, the classifier.
  // Then prefill.
  struct Shape {
    int64_t rows, depth, batch;
  };
  for (const auto& [rows, depth, batch] : std::initializer_list<Shape>{{64, 64, 1},
                                                                       {172, 64, 1},
                                                                       {512, 64, 1},
                                                                       {768, 288, 1},
                                                                       {32000, 288, 1},
                                                                       {2048, 768, 1},
                                                                       {32000, 768, 1},
                                                                       {172, 64, 64},
                                                                       {768, 288, 4},
                                                                       {768, 288, 64},
                                                                       {2048, 768, 128}}) {
    benchmark::RegisterBenchmark(
        name("Matmul", absl::StrCat(rows, "x", depth, "/batch:", batch)).c_str(),
        [=](benchmark::State& state) { Matmul(state, isa, rows, depth, batch); });
  }
  struct Head {
    int64_t queries, head_dim, length;
  };
  for (const auto& [queries, head_dim, length] : std::initializer_list<Head>{
           {2, 8, 256}, {1, 48, 256}, {1, 64, 1024}, {4, 64, 1024}, {8, 128, 2048}}) {
    benchmark::RegisterBenchmark(
        name("Attention", absl::StrCat(queries, "x", head_dim, "/length:", length)).c_str(),
        [=](benchmark::State& state) { Attention(state, isa, queries, head_dim, length); });
  }
  for (const VectorKernel& kernel : kVectorKernels) {
    for (int64_t n : {64, 768, 32000}) {
      benchmark::RegisterBenchmark(
          name(kernel.name, absl::StrCat(n)).c_str(),
          [=](benchmark::State& state) { Vector(state, isa, kernel, n); });
    }
  }
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (llama2::Isa isa : llama2::SupportedIsas()) llama2::RegisterFor(isa);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
