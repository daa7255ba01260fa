// The trainer's forward pass is inference's, to the bit, and its gradients are those of the
// oracle's loss, by finite differences over every single weight.
#include "training/sequence_gradient.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/test_logits.h"
#include "llama/weights.h"
#include "testing/oracle.h"
#include "testing/tiny_models.h"
#include "training/dropout.h"

namespace llama2 {
namespace {

SequenceGradient PassFor(const Config& config, int64_t length) {
  return *SequenceGradient::Create(config, Kernels(BestIsa()), length);
}

// `length` + 1 ids.
std::vector<int32_t> SomeWindow(const Config& config, int64_t length) {
  std::vector<int32_t> window;
  for (int64_t i = 0; i <= length; ++i)
    window.push_back((3 + i * i * 5 + i) % config.vocab_size);
  return window;
}

// The sum of the losses of a window, in double.
double OracleLoss(const Config& config, const Weights& weights,
                  absl::Span<const int32_t> window) {
  const std::vector<double> losses = OracleLosses(config, weights, window);
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

class SequenceGradientTest : public ::testing::TestWithParam<Config> {};

INSTANTIATE_TEST_SUITE_P(Awkward, SequenceGradientTest, ::testing::ValuesIn(AwkwardConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(SequenceGradientTest, LogitsHaveTheBitsOfInference) {
  const Config& config = GetParam();
  const TinyModel model = MakeTinyModel(config, /*seed=*/1);
  const Kernels kernels(BestIsa());
  const std::vector<int> tokens = SomeTokens(config);
  const auto transformer = MakeFp32Transformer(config, model.weights(), kernels);
  const Logits expected = LogitsOf(*transformer, tokens, /*threads=*/1, tokens.size());

  const int64_t length = tokens.size();
  std::vector<float> values(length * config.vocab_size);
  const MatrixView<float> logits(values.data(), length, config.vocab_size);
  SequenceGradient pass = PassFor(config, length);
  pass.Logits(model.weights(), std::vector<int32_t>(tokens.begin(), tokens.end()), logits);
  Logits actual;
  for (int64_t t = 0; t < length; ++t) {
    actual.emplace_back(logits.Row(t).begin(), logits.Row(t).end());
  }
  ExpectSameBits(actual, expected, "training's forward pass");
}

TEST_P(SequenceGradientTest, LossIsTheOracles) {
  const Config& config = GetParam();
  const TinyModel model = MakeTinyModel(config, /*seed=*/2);
  const int64_t length = config.seq_len;
  const std::vector<int32_t> window = SomeWindow(config, length);
  SequenceGradient pass = PassFor(config, length);
  const double expected = OracleLoss(config, model.weights(), window);
  EXPECT_NEAR(pass.Loss(model.weights(), window), expected, 1e-5 * length);

  std::vector<float> gradient(config.parameters());
  const MutableWeights views = WeightsAt(config, gradient.data());
  EXPECT_EQ(pass.Add(model.weights(), window, 1, Dropout(), 0, views),
            pass.Loss(model.weights(), window));
}

// A window shorter than the pass allows, and a second one, whose gradient is added.
TEST_P(SequenceGradientTest, GradientsAddUpAndScale) {
  const Config& config = GetParam();
  const TinyModel model = MakeTinyModel(config, /*seed=*/3);
  const std::vector<int32_t> window = SomeWindow(config, config.seq_len);
  SequenceGradient pass = PassFor(config, config.seq_len + 3);
  std::vector<float> once(config.parameters()), twice(config.parameters());
  pass.Add(model.weights(), window, 1, Dropout(), 0, WeightsAt(config, once.data()));
  pass.Add(model.weights(), window, 0.25f, Dropout(), 0, WeightsAt(config, twice.data()));
  pass.Add(model.weights(), window, 0.5f, Dropout(), 0, WeightsAt(config, twice.data()));
  for (size_t i = 0; i < once.size(); ++i) {
    ASSERT_NEAR(twice[i], 0.75f * once[i], 1e-5 * (1 + std::abs(once[i]))) << i;
  }
}

// Small enough for two losses of the oracle for each weight.
std::vector<Config> SmallConfigs() {
  const Config grouped = {.dim = 8,
                          .hidden_dim = 10,
                          .n_layers = 2,
                          .n_heads = 4,
                          .n_kv_heads = 2,
                          .vocab_size = 11,
                          .seq_len = 9,
                          .shared_classifier = true};
  Config separate = grouped;
  separate.shared_classifier = false;
  Config single = grouped;
  single.n_kv_heads = 1;
  Config each = grouped;
  each.n_kv_heads = 4;
  Config wide = grouped;
  wide.n_layers = 1;
  wide.n_heads = wide.n_kv_heads = 1;
  return {grouped, separate, single, each, wide};
}

class EveryGradientTest : public ::testing::TestWithParam<Config> {};

INSTANTIATE_TEST_SUITE_P(Small, EveryGradientTest, ::testing::ValuesIn(SmallConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(EveryGradientTest, IsTheDifferenceOfTheOraclesLosses) {
  const Config& config = GetParam();
  TinyModel model = MakeTinyModel(config, /*seed=*/4);
  const std::vector<int32_t> window = SomeWindow(config, config.seq_len);
  std::vector<float> gradient(config.parameters());
  SequenceGradient pass = PassFor(config, config.seq_len);
  pass.Add(model.weights(), window, 1, Dropout(), 0, WeightsAt(config, gradient.data()));
  constexpr float kStep = 1e-3f;
  for (int64_t i = 0; i < config.parameters(); ++i) {
    const float weight = model.storage[i];
    const float above = weight + kStep, below = weight - kStep;
    model.storage[i] = above;
    const double loss_above = OracleLoss(config, model.weights(), window);
    model.storage[i] = below;
    const double loss_below = OracleLoss(config, model.weights(), window);
    model.storage[i] = weight;
    const double expected = (loss_above - loss_below) / (static_cast<double>(above) - below);
    ASSERT_NEAR(gradient[i], expected, 1e-4 * (1 + std::abs(expected))) << "parameter " << i;
  }
}

// With dropout the loss of the same masks is differentiated, along random directions, over
// more than one block of positions.
TEST(SequenceGradientDropoutTest, GradientIsThatOfTheMaskedLoss) {
  Config config = {.dim = 16,
                   .hidden_dim = 20,
                   .n_layers = 2,
                   .n_heads = 4,
                   .n_kv_heads = 2,
                   .vocab_size = 19,
                   .seq_len = 70,
                   .shared_classifier = true};
  TinyModel model = MakeTinyModel(config, /*seed=*/5);
  const TinyModel direction = MakeTinyModel(config, /*seed=*/6);
  const std::vector<int32_t> window = SomeWindow(config, config.seq_len);
  const Dropout dropout = {.rate = 0.2, .seed = 7, .step = 3};
  SequenceGradient pass = PassFor(config, config.seq_len);
  std::vector<float> gradient(config.parameters());
  const double loss =
      pass.Add(model.weights(), window, 1, dropout, 2, WeightsAt(config, gradient.data()));
  EXPECT_GT(std::abs(loss - pass.Loss(model.weights(), window)), 0.1);  // something is left out

  const auto loss_at = [&](float distance) {
    TinyModel moved = MakeTinyModel(config, /*seed=*/5);
    for (size_t i = 0; i < moved.storage.size(); ++i) {
      moved.storage[i] += distance * direction.storage[i];
    }
    std::vector<float> unused(config.parameters());
    return pass.Add(moved.weights(), window, 1, dropout, 2, WeightsAt(config, unused.data()));
  };
  double expected = 0;
  for (size_t i = 0; i < gradient.size(); ++i) {
    expected += static_cast<double>(gradient[i]) * direction.storage[i];
  }
  constexpr float kStep = 1e-3f;
  const double actual = (loss_at(kStep) - loss_at(-kStep)) / (2.0 * kStep);
  EXPECT_NEAR(actual, expected, 2e-3 * std::abs(expected));
}

}  // namespace
}  // namespace llama2
