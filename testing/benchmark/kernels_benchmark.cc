// How near every kernel comes to what this machine can do.
//
//   bazel run --config=bench //testing/benchmark:kernels_benchmark -- --benchmark_filter=avx512
//
// What stands beside the times: measure_kernel.h. What a forward pass shares out between
// threads, matrix products by rows and attention by heads, is measured in one thread and in
// one for each processor.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/machine_limits.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "testing/benchmark/measure_kernel.h"

namespace llama2 {
namespace {

// Of `flops` operations that read or write `floats` numbers.
void Measure(benchmark::State& state, Isa isa, double flops, double floats,
             absl::FunctionRef<void()> kernel) {
  const Work work = {
      .operations = flops, .peak = FmaPeak(isa), .bytes = floats * sizeof(float)};
  MeasureKernel(state, isa, work, kernel);
}

// The same of all threads together.
void MeasureTeam(benchmark::State& state, Isa isa, int threads, double flops, double floats,
                 absl::FunctionRef<void(ThreadTeam::Member&)> kernel) {
  const Work work = {.operations = flops,
                     .peak = FmaPeak(isa, threads),
                     .bytes = floats * sizeof(float),
                     .threads = threads};
  MeasureKernel(state, isa, work, kernel);
}

// The operations of one exponential, counted in scalar.cc.
constexpr double kExpFlops = 21;

// `n` floats between -1 and 1.
AlignedBuffer<float> Values(int64_t n) {
  AlignedBuffer<float> values(n);
  for (int64_t i = 0; i < n; ++i) values[i] = std::sin(static_cast<float>(i % 10007));
  return values;
}

struct MatmulShape {
  int64_t rows, depth, batch;
};

void Matmul(benchmark::State& state, Isa isa, const MatmulShape& shape, int threads) {
  const auto [rows, depth, batch] = shape;
  const Kernels kernels(isa);
  AlignedBuffer<float> w = Values(rows * depth), x = Values(batch * depth);
  AlignedBuffer<float> y(batch * rows);
  const MatrixView<const float> weights(w.data(), rows, depth), inputs(x.data(), batch, depth);
  const MatrixView<float> outputs(y.data(), batch, rows);
  MeasureTeam(state, isa, threads, /*flops=*/2.0 * rows * depth * batch,
              /*floats=*/w.size() + x.size() + y.size(), [&](ThreadTeam::Member& me) {
                const Range mine = me.Share(weights.rows(), 16);
                kernels.Matmul(weights.Rows(mine.begin, mine.size()), inputs,
                               outputs.Columns(mine.begin, mine.size()));
              });
}

// The products of the backward pass over `batch` positions: of the gradient of a matrix
// product's output with the weights, and with the inputs.
void MatmulNN(benchmark::State& state, Isa isa, const MatmulShape& shape) {
  const auto [rows, depth, batch] = shape;
  const Kernels kernels(isa);
  AlignedBuffer<float> w = Values(rows * depth), dy = Values(batch * rows), dx(batch * depth);
  const MatrixView<const float> weights(w.data(), rows, depth), dys(dy.data(), batch, rows);
  const MatrixView<float> dxs(dx.data(), batch, depth);
  Measure(state, isa, /*flops=*/2.0 * rows * depth * batch,
          /*floats=*/w.size() + dy.size() + dx.size(),
          [&] { kernels.MatmulNN(dys, weights, dxs); });
}

void MatmulTN(benchmark::State& state, Isa isa, const MatmulShape& shape) {
  const auto [rows, depth, batch] = shape;
  const Kernels kernels(isa);
  AlignedBuffer<float> dw(rows * depth), dy = Values(batch * rows), x = Values(batch * depth);
  const MatrixView<const float> dys(dy.data(), batch, rows), xs(x.data(), batch, depth);
  const MatrixView<float> dws(dw.data(), rows, depth);
  Measure(state, isa, /*flops=*/2.0 * rows * depth * batch,
          /*floats=*/dw.size() + dy.size() + x.size(), [&] { kernels.MatmulTN(dys, xs, dws); });
}

// One key-value head, which `heads` query heads read at `positions` positions, the first
// of them `length`; and so each of `kv_heads` key-value heads in turn.
struct AttentionShape {
  int64_t heads, positions, head_dim, length, kv_heads = 1;
  int64_t width() const { return heads * head_dim; }
  int64_t last() const { return length + positions - 1; }
  int64_t keys() const { return KeyCacheSize(last(), head_dim); }  // of a key-value head
  int64_t values() const { return last() * head_dim; }
};

// What is read and written.
struct AttentionHeads {
  explicit AttentionHeads(const AttentionShape& shape)
      : q(Values(shape.positions * shape.width())),
        k(Values(shape.kv_heads * shape.keys())),
        v(Values(shape.kv_heads * shape.values())),
        scratch(AttentionScratchSize(shape.last())),
        out(shape.positions * shape.width()) {}
  AlignedBuffer<float> q, k, v, scratch, out;
};

// Each thread has heads of its own.
void Attention(benchmark::State& state, Isa isa, const AttentionShape& shape, int threads) {
  const Kernels kernels(isa);
  std::vector<AttentionHeads> heads;
  for (int i = 0; i < threads; ++i) heads.emplace_back(shape);
  const double scores =
      shape.kv_heads * shape.heads * shape.positions * (shape.length + shape.last()) / 2.0;
  const double floats = shape.kv_heads * (2.0 * shape.positions * shape.width() +
                                          2.0 * shape.last() * shape.head_dim);
  MeasureTeam(state, isa, threads,
              /*flops=*/threads * scores * (4.0 * shape.head_dim + kExpFlops),
              /*floats=*/threads * floats, [&](ThreadTeam::Member& me) {
                AttentionHeads& mine = heads[me.index()];
                for (int64_t i = 0; i < shape.kv_heads; ++i) {
                  const HeadCache cache = {.keys = mine.k.data() + i * shape.keys(),
                                           .values = mine.v.data() + i * shape.values()};
                  kernels.Attention(
                      MatrixView<const float>(mine.q.data(), shape.positions, shape.width()),
                      cache, shape.head_dim, shape.length, /*scale=*/0.1f, mine.scratch.span(),
                      MatrixView<float>(mine.out.data(), shape.positions, shape.width()));
                }
              });
}

// A kernel over vectors of one size: x and w with values between -1 and 1, and y, which
// begins as zeros. What is multiplied in place is y, over and over: zeros stay zeros,
// where other values would end as denormals, which some processors are slow with.
struct VectorKernel {
  using Vector = absl::Span<float>;
  const char* name;
  double flops;   // for each element
  double floats;  // for each element
  void (*run)(const Kernels& kernels, Vector x, Vector w, Vector y);
};

constexpr VectorKernel kVectorKernels[] = {
    {"RmsNorm", 4, 3,
     [](auto& kernels, auto x, auto w, auto y) { kernels.RmsNorm(x, w, 1e-5f, y); }},
    {"Softmax", kExpFlops + 4, 1,
     [](auto& kernels, auto x, auto, auto) { kernels.Softmax(x); }},
    {"Rope", 3, 3, [](auto& kernels, auto x, auto w, auto y) { kernels.Rope(y, x, w); }},
    {"SiluGate", kExpFlops + 4, 2,
     [](auto& kernels, auto x, auto, auto y) { kernels.SiluGate(y, x); }},
    {"Add", 1, 2, [](auto& kernels, auto x, auto, auto y) { kernels.Add(y, x); }},
    {"Exp", kExpFlops, 2, [](auto& kernels, auto x, auto, auto y) { kernels.Exp(x, y); }},
    {"Argmax", 1, 1,
     [](auto& kernels, auto x, auto, auto) { benchmark::DoNotOptimize(kernels.Argmax(x)); }},
};

void Vector(benchmark::State& state, Isa isa, const VectorKernel& kernel, int64_t n) {
  const Kernels kernels(isa);
  AlignedBuffer<float> x = Values(n), w = Values(n), y(n);
  Measure(state, isa, kernel.flops * n, kernel.floats * n,
          [&] { kernel.run(kernels, x.span(), w.span(), y.span()); });
}

// Decoding with models of 260K, 15M and 110M parameters: a layer, the classifier. Then
// prefill. Then checking a few drafted tokens, out of memory, with short rows and long ones.
constexpr MatmulShape kMatmulShapes[] = {
    {64, 64, 1},      {172, 64, 1},     {512, 64, 1},      {768, 288, 1},   {32000, 288, 1},
    {2048, 768, 1},   {32000, 768, 1},  {172, 64, 64},     {768, 288, 4},   {768, 288, 64},
    {512, 512, 128},  {1376, 512, 128}, {512, 1376, 128},  {2048, 768, 5},  {2048, 768, 8},
    {2048, 768, 128}, {768, 2048, 128}, {5632, 2048, 128}, {32000, 768, 5}, {32000, 768, 8},
    {16000, 2048, 5}, {16000, 2048, 8},
};

// Training models of 260K, 1M and 15M parameters: feed-forward, attention, classifier.
constexpr MatmulShape kTrainingShapes[] = {
    {172, 64, 256}, {384, 128, 512}, {768, 288, 256}, {512, 16, 64}, {1024, 128, 64},
};

// The last one's keys and values come out of memory.
constexpr AttentionShape kAttentionShapes[] = {
    {2, 1, 8, 256}, {1, 1, 48, 256}, {1, 1, 64, 1024}, {4, 1, 64, 1024}, {8, 1, 128, 2048},
    {2, 64, 8, 1},  {1, 64, 48, 64}, {1, 64, 64, 449}, {8, 64, 64, 449}, {1, 1, 64, 800, 128}};

std::string ShapeName(const MatmulShape& shape) {
  return absl::StrCat(shape.rows, "x", shape.depth, "/batch:", shape.batch);
}

template <typename Body>
void Register(absl::string_view kernel, Isa isa, absl::string_view shape, Body body) {
  benchmark::RegisterBenchmark(absl::StrCat(kernel, "/", IsaName(isa), "/", shape).c_str(),
                               body);
}

// The kernels that a forward pass shares out.
void RegisterShared(Isa isa, int threads) {
  const auto named = [&](const std::string& shape) {
    return threads == 1 ? shape : absl::StrCat(shape, "/threads:", threads);
  };
  for (const MatmulShape& shape : kMatmulShapes) {
    Register("Matmul", isa, named(ShapeName(shape)),
             [=](benchmark::State& state) { Matmul(state, isa, shape, threads); });
  }
  for (const AttentionShape& shape : kAttentionShapes) {
    std::string name = absl::StrCat(shape.positions, "x", shape.heads, "x", shape.head_dim,
                                    "/length:", shape.length);
    if (shape.kv_heads > 1) absl::StrAppend(&name, "/kv_heads:", shape.kv_heads);
    Register("Attention", isa, named(name),
             [=](benchmark::State& state) { Attention(state, isa, shape, threads); });
  }
}

void RegisterAlone(Isa isa) {
  for (const MatmulShape& shape : kTrainingShapes) {
    const std::string size = ShapeName(shape);
    Register("MatmulNN", isa, size,
             [=](benchmark::State& state) { MatmulNN(state, isa, shape); });
    Register("MatmulTN", isa, size,
             [=](benchmark::State& state) { MatmulTN(state, isa, shape); });
    Register("Matmul", isa, size,
             [=](benchmark::State& state) { Matmul(state, isa, shape, /*threads=*/1); });
  }
  for (const VectorKernel& kernel : kVectorKernels) {
    for (int64_t n : {64, 768, 32000}) {
      Register(kernel.name, isa, absl::StrCat(n),
               [=](benchmark::State& state) { Vector(state, isa, kernel, n); });
    }
  }
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const int processors = llama2::AvailableProcessors();
  for (llama2::Isa isa : llama2::SupportedIsas()) {
    llama2::RegisterShared(isa, /*threads=*/1);
    if (processors > 1) llama2::RegisterShared(isa, processors);
    llama2::RegisterAlone(isa);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
