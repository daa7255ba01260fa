#include "analysis/kl_divergence.h"

#include <cmath>
#include <cstddef>
#include <vector>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

std::vector<double> Softmax(const std::vector<float>& logits) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit);
  std::vector<double> p;
  for (const double logit : logits) p.push_back(std::exp(logit) / sum);
  return p;
}

TEST(KlDivergence, IsTheSumOfItsDefinition) {
  const std::vector<float> p = {0.5f, -1, 3, 2.25f}, q = {1, -2, 2.5f, 2.5f};
  const std::vector<double> big_p = Softmax(p), big_q = Softmax(q);
  double expected = 0;
  for (size_t i = 0; i < p.size(); ++i) expected += big_p[i] * std::log(big_p[i] / big_q[i]);
  EXPECT_NEAR(KlDivergence(p, q), expected, 1e-15);
  EXPECT_GT(std::abs(KlDivergence(q, p) - expected), 1e-3) << "it is not symmetric";
}

TEST(KlDivergence, OfCoins) {
  // P is 3 : 1, Q is 1 : 1.
  const std::vector<float> p = {std::log(3.0f), 0}, q = {0, 0};
  EXPECT_NEAR(KlDivergence(p, q), 0.75 * std::log(1.5) + 0.25 * std::log(0.5), 1e-7);
}

TEST(KlDivergence, IsZeroForTheSameDistribution) {
  const std::vector<float> p = {0.5f, -1, 3, 2.25f};
  EXPECT_EQ(KlDivergence(p, p), 0);
  // A softmax does not change when all logits go up.
  const std::vector<float> shifted = {64.5f, 63, 67, 66.25f};
  EXPECT_NEAR(KlDivergence(p, shifted), 0, 1e-15);
  EXPECT_EQ(KlDivergence({5.0f}, {-3.0f}), 0) << "one token";
}

TEST(KlDivergence, LargeLogitsDoNotOverflow) {
  const std::vector<float> p = {1e6f, 0}, q = {0, 1e6f};
  EXPECT_DOUBLE_EQ(KlDivergence(p, q), 1e6);
}

// Rounding to int8 moves a distribution by less than 1e-3 nats; by definition the sum of far
// larger terms of both signs.
TEST(KlDivergence, SmallOnesAreExact) {
  std::vector<float> p(2048), q(2048);
  for (size_t i = 0; i < p.size(); ++i) {
    p[i] = 4 * std::sin(static_cast<float>(i));
    q[i] = p[i] + 0x1p-10f * static_cast<float>(i % 3) - 0x1p-10f;
  }
  // To second order, half the variance of the difference.
  const std::vector<double> weights = Softmax(p);
  double mean = 0, square = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double d = static_cast<double>(q[i]) - p[i];
    mean += weights[i] * d;
    square += weights[i] * d * d;
  }
  const double expected = (square - mean * mean) / 2;
  EXPECT_NEAR(KlDivergence(p, q) / expected, 1, 1e-3);
}

}  // namespace
}  // namespace llama2
