#include "llama/forward_observer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/kv_cache.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "llama/weights.h"
#include "llama/workspace.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

// Keeps all that it is shown, in order, as one long row of numbers for each kind.
class Recorder : public ForwardObserver {
 public:
  Recorder(const Config& config, const Kernels& kernels) : config_(config), kernels_(kernels) {}

  void OnResidual(After after, int64_t layer, absl::Span<const BatchRow> rows,
                  MatrixView<const float> x) override {
    steps_.push_back(static_cast<int>(after) + 10 * layer);
    for (int64_t b = 0; b < x.rows(); ++b) {
      std::vector<float>& record = residual_[Key(after, layer, rows[b].position)];
      EXPECT_TRUE(record.empty());
      record.assign(x.Row(b).begin(), x.Row(b).end());
    }
  }

  void OnAttention(int64_t layer, absl::Span<const BatchRow> rows,
                   MatrixView<const float> queries, MatrixView<const float> heads) override {
    for (int64_t b = 0; b < queries.rows(); ++b) {
      for (int64_t head = 0; head < config_.n_heads; ++head) {
        CheckHead(layer, head, rows[b], queries.Row(b), heads.Row(b));
      }
    }
  }

  using Key = std::tuple<After, int64_t, int64_t>;
  const std::map<Key, std::vector<float>>& residual() const { return residual_; }
  // By layer, head and position.
  const std::map<std::tuple<int64_t, int64_t, int64_t>, std::vector<float>>& weights() const {
    return weights_;
  }
  const std::vector<int>& steps() const { return steps_; }

 private:
  // The weights sum to 1, and with them the values give what the pass computed. Values are of
  // order 1, and a sum of a few dozen of them is rounded to within some 1e-7 of itself.
  void CheckHead(int64_t layer, int64_t head, const BatchRow& row, absl::Span<const float> q,
                 absl::Span<const float> heads) {
    std::vector<float>& weights = weights_[{layer, head, row.position}];
    weights.resize(row.position + 1);
    AttentionWeights(config_, kernels_, layer, head, row, q, absl::MakeSpan(weights));
    double sum = 0;
    for (float weight : weights) sum += weight;
    EXPECT_NEAR(sum, 1, 1e-6);
    const int64_t head_dim = config_.head_dim();
    const float* values = row.cache->Head(layer, head / config_.group_size()).values;
    for (int64_t i = 0; i < head_dim; ++i) {
      double value = 0;
      for (int64_t t = 0; t <= row.position; ++t) {
        value += static_cast<double>(weights[t]) * values[t * head_dim + i];
      }
      EXPECT_NEAR(heads[head * head_dim + i], value, 2e-6) << layer << " " << head << " " << i;
    }
  }

  const Config config_;
  const Kernels kernels_;
  std::map<Key, std::vector<float>> residual_;
  std::map<std::tuple<int64_t, int64_t, int64_t>, std::vector<float>> weights_;
  std::vector<int> steps_;
};

class EveryConfig : public ::testing::TestWithParam<Config> {
 protected:
  EveryConfig() : tiny_(MakeTinyModel(GetParam(), 11)), weights_(tiny_.weights()) {
    for (int64_t t = 0; t < std::min<int64_t>(GetParam().seq_len, 20); ++t) {
      tokens_.push_back((1 + 7 * t) % GetParam().vocab_size);
    }
  }

  std::unique_ptr<const Transformer> Model(Isa isa) const {
    return MakeFp32Transformer(tiny_.config, weights_, Kernels(isa));
  }

  // The logits after the last token, where `chunk` tokens go through the model at a time.
  std::vector<float> Logits(const Transformer& model, int threads, int64_t chunk,
                            ForwardObserver* observer) const {
    ThreadTeam team(threads);
    Session session = *Session::Create(model, team, {.chunk = chunk});
    session.set_observer(observer);
    const absl::Span<const float> logits = session.Append(tokens_);
    return {logits.begin(), logits.end()};
  }

  const TinyModel tiny_;
  const Weights weights_;
  std::vector<int> tokens_;
};
INSTANTIATE_TEST_SUITE_P(Awkward, EveryConfig, ::testing::ValuesIn(AwkwardConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(EveryConfig, SeesTheSameAtAnyThreadCountChunkAndIsaAndChangesNothing) {
  const auto scalar = Model(Isa::kScalar);
  Recorder expected(GetParam(), scalar->kernels());
  const std::vector<float> unseen = Logits(*scalar, 1, 64, nullptr);
  EXPECT_THAT(Logits(*scalar, 1, 64, &expected), BitsEqual(unseen));
  EXPECT_EQ(expected.weights().size(),
            tokens_.size() * GetParam().n_layers * GetParam().n_heads);
  for (Isa isa : SupportedIsas()) {
    const auto model = Model(isa);
    for (int threads : {1, 2, 3}) {
      for (int64_t chunk : {1, 3, 64}) {
        if (isa == Isa::kScalar && (threads != 2 || chunk != 3)) continue;  // slow
        const std::string what = std::string(IsaName(isa)) + ", " + std::to_string(threads) +
                                 " threads, chunks of " + std::to_string(chunk);
        Recorder recorder(GetParam(), model->kernels());
        EXPECT_THAT(Logits(*model, threads, chunk, &recorder), BitsEqual(unseen)) << what;
        ASSERT_EQ(recorder.residual().size(), expected.residual().size()) << what;
        for (const auto& [key, x] : expected.residual()) {
          ASSERT_THAT(recorder.residual().at(key), BitsEqual(x)) << what;
        }
        for (const auto& [key, row] : expected.weights()) {
          ASSERT_THAT(recorder.weights().at(key), BitsEqual(row)) << what;
        }
      }
    }
  }
}

TEST_P(EveryConfig, IsCalledInTheOrderOfTheSteps) {
  const auto model = Model(BestIsa());
  Recorder recorder(GetParam(), model->kernels());
  Logits(*model, 2, 64, &recorder);
  std::vector<int> expected = {static_cast<int>(ForwardObserver::After::kEmbedding)};
  for (int64_t l = 0; l < GetParam().n_layers; ++l) {
    expected.push_back(static_cast<int>(ForwardObserver::After::kAttention) + 10 * l);
    expected.push_back(static_cast<int>(ForwardObserver::After::kFeedForward) + 10 * l);
  }
  EXPECT_EQ(recorder.steps(), expected);
}

TEST_P(EveryConfig, TheLastLayersLensIsTheLogits) {
  for (Isa isa : SupportedIsas()) {
    const auto model = Model(isa);
    Recorder recorder(GetParam(), model->kernels());
    const std::vector<float> logits = Logits(*model, 1, 64, &recorder);
    const int64_t last = tokens_.size() - 1;
    // The last position's residual stream, with that of others in front of it.
    std::vector<float> rows;
    for (int64_t t : {int64_t{0}, last / 2, last}) {
      const std::vector<float>& x = recorder.residual().at(
          {ForwardObserver::After::kFeedForward, GetParam().n_layers - 1, t});
      rows.insert(rows.end(), x.begin(), x.end());
    }
    const MatrixView<const float> residual(rows.data(), 3, GetParam().dim);
    for (int threads : {1, 2, 3}) {
      ThreadTeam team(threads);
      Workspace workspace = *Workspace::Create(*model, team, 3, 1);
      EXPECT_THAT(model->Classify(residual, team, workspace).Row(2), BitsEqual(logits));
      EXPECT_THAT(model->Classify(residual.Rows(2, 1), team, workspace).Row(0),
                  BitsEqual(logits));
      EXPECT_EQ(model->Classify(residual.Rows(2, 0), team, workspace).rows(), 0);
    }
  }
}

}  // namespace
}  // namespace llama2
