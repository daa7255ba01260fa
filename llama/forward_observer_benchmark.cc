// What it costs to look at a forward pass: one token at position 64 of a model of stories260K's
// shape, on one thread, without an observer, with one that does nothing, and with one that
// computes every head's attention weights.
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/forward_observer.h"
#include "llama/fp32.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "llama/weights.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

constexpr int64_t kPosition = 64;
constexpr Config kConfig = {.dim = 64,
                            .hidden_dim = 172,
                            .n_layers = 5,
                            .n_heads = 8,
                            .n_kv_heads = 4,
                            .vocab_size = 512,
                            .seq_len = 512};

class Idle : public ForwardObserver {
 public:
  void OnResidual(After, int64_t, absl::Span<const BatchRow>,
                  MatrixView<const float>) override {}
  void OnAttention(int64_t, absl::Span<const BatchRow>, MatrixView<const float>,
                   MatrixView<const float>) override {}
};

class WeightsTaker : public Idle {
 public:
  explicit WeightsTaker(const Kernels& kernels) : kernels_(kernels), weights_(kPosition + 1) {}
  void OnAttention(int64_t layer, absl::Span<const BatchRow> rows,
                   MatrixView<const float> queries, MatrixView<const float>) override {
    if (rows[0].position != kPosition) return;
    for (int64_t head = 0; head < kConfig.n_heads; ++head) {
      AttentionWeights(kConfig, kernels_, layer, head, rows[0], queries.Row(0),
                       absl::MakeSpan(weights_));
      benchmark::DoNotOptimize(weights_.data());
    }
  }

 private:
  const Kernels kernels_;
  std::vector<float> weights_;
};

void Decode(benchmark::State& state, ForwardObserver* observer) {
  const TinyModel tiny = MakeTinyModel(kConfig, 1);
  const Weights weights = tiny.weights();
  const auto model = MakeFp32Transformer(kConfig, weights, Kernels(BestIsa()));
  ThreadTeam team(1);
  Session session = *Session::Create(*model, team, {});
  session.Feed(std::vector<int>(kPosition, 7));
  session.set_observer(observer);
  for (auto _ : state) {
    session.Rewind(kPosition);
    benchmark::DoNotOptimize(session.Append({7}).data());
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_Nobody(benchmark::State& state) { Decode(state, nullptr); }
BENCHMARK(BM_Nobody);

void BM_Idle(benchmark::State& state) {
  Idle idle;
  Decode(state, &idle);
}
BENCHMARK(BM_Idle);

void BM_AttentionWeights(benchmark::State& state) {
  WeightsTaker observer{Kernels(BestIsa())};
  Decode(state, &observer);
}
BENCHMARK(BM_AttentionWeights);

}  // namespace
}  // namespace llama2
