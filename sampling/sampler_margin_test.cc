// How far a choice was from another one: measured by making it another one.
#include <cmath>
#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "sampling/rng.h"
#include "sampling/sampler.h"

namespace llama2 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Choice {
  int token;
  float margin;
};

Choice Choose(const SamplerOptions& options, std::vector<float> logits) {
  Sampler sampler(options, Kernels(BestIsa()));
  float margin = -1;
  const absl::StatusOr<int> token =
      sampler.Sample(absl::MakeSpan(logits), {}, /*trace=*/nullptr, &margin);
  EXPECT_TRUE(token.ok()) << token.status();
  return {*token, margin};
}

std::vector<float> RandomLogits(int64_t size, float spread, Rng& rng) {
  std::vector<float> logits(size);
  for (float& logit : logits) logit = spread * (rng.NextFloat() - 0.5f);
  return logits;
}

TEST(SamplerMarginTest, GreedilyItIsTheLeadOfTheLargestLogit) {
  EXPECT_EQ(Choose({.temperature = 0}, {1, 5, 4.5f, -3}).margin, 0.5f);
  EXPECT_EQ(Choose({.temperature = 0}, {7, 5, 4, 3}).margin, 2);
  EXPECT_EQ(Choose({.temperature = 0}, {1, 3, 4, 8}).margin, 4);
  EXPECT_EQ(Choose({.temperature = 0}, {2, 6, 6}).margin, 0);
  EXPECT_EQ(Choose({.temperature = 0}, {2, -kInfinity}).margin, kInfinity);
  EXPECT_EQ(Choose({.temperature = 0}, {2}).margin, kInfinity);
}

// With the logits of all tokens before the chosen one larger by the margin, or of all behind
// it, the coin falls on another: not with less.
TEST(SamplerMarginTest, IsWhatMovesTheCoinToAnotherToken) {
  Rng rng(3);
  int moved = 0;
  for (int i = 0; i < 500; ++i) {
    const SamplerOptions options = {
        .temperature = 1, .top_p = 1, .seed = static_cast<uint64_t>(i + 1)};
    const std::vector<float> logits = RandomLogits(2 + i % 50, 8, rng);
    const Choice choice = Choose(options, logits);
    ASSERT_GE(choice.margin, 0);
    if (choice.margin < 0.001f || choice.margin > 10) continue;  // more than rounding, and few
    const auto with = [&](float before, float behind) {
      std::vector<float> changed = logits;
      for (int t = 0; t < choice.token; ++t) changed[t] += before;
      for (int t = choice.token + 1; t < changed.size(); ++t) changed[t] += behind;
      return Choose(options, changed).token;
    };
    const float less = choice.margin * 0.98f, more = choice.margin * 1.02f;
    EXPECT_EQ(with(less, 0), choice.token) << i;
    EXPECT_EQ(with(0, less), choice.token) << i;
    EXPECT_TRUE(with(more, 0) != choice.token || with(0, more) != choice.token) << i;
    ++moved;
  }
  EXPECT_GT(moved, 400);
}

TEST(SamplerMarginTest, IsInUnitsOfTheTemperature) {
  const std::vector<float> logits = {1, 2, 0.5f, 2.5f};
  std::vector<float> twice = logits;
  for (float& logit : twice) logit *= 2;
  for (uint64_t seed = 1; seed < 20; ++seed) {
    EXPECT_EQ(Choose({.temperature = 2, .top_p = 1, .seed = seed}, twice).margin,
              Choose({.temperature = 1, .top_p = 1, .seed = seed}, logits).margin);
  }
}

// Tokens are walked by their probabilities: where two of them are nearly equal, each may come
// first.
TEST(SamplerMarginTest, WhereTokensAreOrderedTheyMayChangePlaces) {
  int changed = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Choice first = Choose({.top_p = 0.9f, .seed = seed}, {-9, 3.002f, -9, 3, -9});
    const Choice swapped = Choose({.top_p = 0.9f, .seed = seed}, {-9, 3.002f, -9, 3.005f, -9});
    EXPECT_LT(first.margin, 0.0021f);
    changed += swapped.token != first.token;
  }
  EXPECT_GE(changed, 198);  // but for coins that fall between the ends of the two
  // One that is left alone has only itself to be compared with those that were dropped.
  EXPECT_NEAR(Choose({.top_p = 0.5f}, {1, 8, 2, 4, 3}).margin, 4, 1e-4f);
  EXPECT_NEAR(Choose({.top_k = 1}, {1, 8, 2, 4, 3}).margin, 4, 1e-4f);
  EXPECT_EQ(Choose({.top_p = 0.5f}, {-kInfinity, 8, -kInfinity}).margin, kInfinity);
}

TEST(SamplerMarginTest, OfATokenThatIsKeptItIsTheCoinsDistanceToo) {
  // Of two tokens, 3/4 and 1/4, the coin falls on the first below 3/4.
  const std::vector<float> logits = {std::log(1.0f), std::log(3.0f)};
  for (uint64_t seed = 1; seed < 50; ++seed) {
    const float coin = Rng(seed).NextFloat();
    const float to_end = std::abs(std::log(coin / (1 - coin)) - std::log(3.0f));
    EXPECT_NEAR(Choose({.top_p = 0.9f, .seed = seed}, logits).margin,
                std::min(to_end, std::log(3.0f)), 1e-3f);
  }
}

TEST(SamplerMarginTest, ChangesNoChoiceAndNoCoin) {
  Rng rng(5);
  for (int i = 0; i < 1000; ++i) {
    const SamplerOptions options = {.temperature = i % 3 ? 2 * rng.NextFloat() : 0,
                                    .top_p = i % 2 ? 1 : rng.NextFloat(),
                                    .top_k = i % 5 ? 0 : 7,
                                    .seed = rng.NextU32()};
    std::vector<float> logits = RandomLogits(4 + i % 300, 20 * rng.NextFloat(), rng);
    Sampler plain(options, Kernels(BestIsa())), measured = plain;
    std::vector<float> same = logits;
    float margin = -1;
    EXPECT_EQ(*measured.Sample(absl::MakeSpan(same), {}, nullptr, &margin),
              *plain.Sample(absl::MakeSpan(logits), {}));
    EXPECT_EQ(measured.rng().state(), plain.rng().state());
    EXPECT_GE(margin, 0);
  }
}

}  // namespace
}  // namespace llama2
