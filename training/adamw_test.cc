#include "training/adamw.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "llama/config.h"
#include "llama/weights.h"

namespace llama2 {
namespace {

Config SmallConfig() {
  return {.dim = 4,
          .hidden_dim = 3,
          .n_layers = 2,
          .n_heads = 2,
          .n_kv_heads = 1,
          .vocab_size = 5,
          .seq_len = 3,
          .shared_classifier = false};
}

TEST(GradientNormTest, IsTheEuclideanNorm) {
  EXPECT_EQ(GradientNorm({}), 0);
  EXPECT_EQ(GradientNorm({3, -4}), 5);
  const std::vector<float> large(1000, 1e30f);  // whose squares no float holds
  EXPECT_NEAR(GradientNorm(large), 1e30 * std::sqrt(1000), 1e25);
}

// Three steps against the algorithm of the paper, in double, for every parameter.
TEST(AdamWTest, FollowsThePaper) {
  const Config config = SmallConfig();
  const int64_t n = config.parameters();
  const AdamWOptions options = {
      .beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.25};
  constexpr double kRate = 0.125;
  constexpr float kScale = 0.5f;

  std::vector<float> parameters(n), m(n), v(n);
  std::vector<double> expected(n), exact_m(n), exact_v(n);
  for (int64_t i = 0; i < n; ++i) expected[i] = parameters[i] = std::sin(static_cast<float>(i));
  // Which of them are matrices', and decay: told by ones in the norms' places.
  std::vector<float> is_norm(n);
  const MutableWeights marks = WeightsAt(config, is_norm.data());
  const auto mark = [](absl::Span<float> norm) {
    for (float& value : norm) value = 1;
  };
  for (const auto& layer : marks.layers) {
    mark(layer.attention_norm);
    mark(layer.feed_forward_norm);
  }
  mark(marks.final_norm);

  for (int64_t step = 1; step <= 3; ++step) {
    std::vector<float> gradient(n);
    for (int64_t i = 0; i < n; ++i) gradient[i] = std::cos(static_cast<float>(i * step));
    for (int64_t i = 0; i < n; ++i) {
      const double g = gradient[i] * kScale;
      exact_m[i] = 0.8 * exact_m[i] + 0.2 * g;
      exact_v[i] = 0.9 * exact_v[i] + 0.1 * g * g;
      const double m_hat = exact_m[i] / (1 - std::pow(0.8, step));
      const double v_hat = exact_v[i] / (1 - std::pow(0.9, step));
      const double decay = is_norm[i] != 0 ? 0 : 0.25;
      expected[i] -= kRate * (m_hat / (std::sqrt(v_hat) + 1e-3) + decay * expected[i]);
    }
    AdamWStep(config, options, kRate, step, kScale, gradient, absl::MakeSpan(parameters),
              absl::MakeSpan(m), absl::MakeSpan(v));
  }
  for (int64_t i = 0; i < n; ++i) {
    EXPECT_NEAR(parameters[i], expected[i], 1e-6) << i;
    EXPECT_NEAR(m[i], exact_m[i], 1e-6) << i;
    EXPECT_NEAR(v[i], exact_v[i], 1e-6) << i;
  }
}

}  // namespace
}  // namespace llama2
