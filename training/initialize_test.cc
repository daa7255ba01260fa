#include "training/initialize.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "llama/weights.h"

namespace llama2 {
namespace {

Config SomeConfig() {
  return {.dim = 64,
          .hidden_dim = 96,
          .n_layers = 8,
          .n_heads = 4,
          .n_kv_heads = 2,
          .vocab_size = 100,
          .seq_len = 32,
          .shared_classifier = false};
}

std::vector<float> Initialized(uint64_t seed) {
  std::vector<float> parameters(SomeConfig().parameters());
  InitializeParameters(SomeConfig(), seed, absl::MakeSpan(parameters));
  return parameters;
}

// The standard deviation around 0 of a matrix, within 5 of its standard errors.
void ExpectDeviation(MatrixView<const float> w, double expected) {
  double squares = 0, sum = 0;
  for (int64_t r = 0; r < w.rows(); ++r) {
    for (float value : w.Row(r)) {
      squares += static_cast<double>(value) * value;
      sum += value;
    }
  }
  const double n = w.rows() * w.cols();
  EXPECT_NEAR(std::sqrt(squares / n), expected, 5 * expected / std::sqrt(2 * n));
  EXPECT_NEAR(sum / n, 0, 5 * expected / std::sqrt(n));
}

// In llama2.c w3 gets w2's small deviation (its issues 579 and 580).
TEST(InitializeTest, OnlyWhatWritesToTheStreamIsSmaller) {
  const std::vector<float> parameters = Initialized(1);
  const Weights weights = WeightsAt(SomeConfig(), parameters.data());
  ExpectDeviation(weights.token_embedding, 0.02);
  ExpectDeviation(weights.classifier, 0.02);
  for (const LayerWeights& layer : weights.layers) {
    for (const auto& w : {layer.wq, layer.wk, layer.wv, layer.w1, layer.w3}) {
      ExpectDeviation(w, 0.02);
    }
    ExpectDeviation(layer.wo, 0.02 / 4);
    ExpectDeviation(layer.w2, 0.02 / 4);
    EXPECT_THAT(layer.attention_norm, ::testing::Each(1.0f));
    EXPECT_THAT(layer.feed_forward_norm, ::testing::Each(1.0f));
  }
  EXPECT_THAT(weights.final_norm, ::testing::Each(1.0f));
}

TEST(InitializeTest, TheSeedDecides) {
  EXPECT_EQ(Initialized(1), Initialized(1));
  EXPECT_NE(Initialized(1), Initialized(2));
}

}  // namespace
}  // namespace llama2
