// What a trace says of a choice, and that the choice does not depend on it.
#include <algorithm>
#include <cstdint>
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
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Sampler MakeSampler(const SamplerOptions& options) {
  return Sampler(options, Kernels(BestIsa()));
}

std::vector<float> RandomLogits(int64_t size, float spread, Rng& rng) {
  std::vector<float> logits(size);
  for (float& logit : logits) logit = spread * (rng.NextFloat() - 0.5f);
  return logits;
}

SamplerTrace TraceOf(Sampler& sampler, std::vector<float> logits,
                     const std::vector<int>& history = {}) {
  SamplerTrace trace;
  const absl::StatusOr<int> token = sampler.Sample(absl::MakeSpan(logits), history, &trace);
  EXPECT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(trace.token, *token);
  return trace;
}

SamplerOptions RandomOptions(Rng& rng) {
  const auto one_in = [&](int n) { return rng.NextU32() % n == 0; };
  return {.temperature = one_in(6) ? 0 : 2 * rng.NextFloat(),
          .top_p = one_in(3) ? 1 : rng.NextFloat(),
          .top_k = one_in(2) ? 0 : static_cast<int>(rng.NextU32() % 50),
          .min_p = one_in(2) ? 0 : rng.NextFloat(),
          .repetition_penalty = one_in(2) ? 1 : 0.5f + rng.NextFloat(),
          .seed = rng.NextU32()};
}

TEST(SamplerTraceTest, ChangesNoChoiceAndNoCoin) {
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    const SamplerOptions options = RandomOptions(rng);
    Sampler unseen = MakeSampler(options);
    Sampler seen = MakeSampler(options);
    std::vector<int> history = {3, 3, 1};
    for (int step = 0; step < 3; ++step) {
      const int64_t size = 4 + rng.NextU32() % 300;
      const std::vector<float> logits = RandomLogits(size, 20 * rng.NextFloat(), rng);
      std::vector<float> given = logits;
      const int token = *unseen.Sample(absl::MakeSpan(given), history);
      ASSERT_EQ(TraceOf(seen, logits, history).token, token);
      ASSERT_EQ(seen.rng().state(), unseen.rng().state());
    }
  }
}

// The trace tells the whole of the choice: who reads it comes to the same token.
TEST(SamplerTraceTest, IsHowTheChoiceWasMade) {
  const Kernels kernels(BestIsa());
  Rng rng(8);
  for (int i = 0; i < 2000; ++i) {
    SamplerOptions options = RandomOptions(rng);
    options.temperature = std::max(options.temperature, 0.1f);
    Sampler sampler = MakeSampler(options);
    const SamplerTrace trace = TraceOf(sampler, RandomLogits(200, 15, rng), {0, 9});

    std::vector<float> expected = trace.logits;
    for (float& logit : expected) logit /= options.temperature;
    kernels.Softmax(absl::MakeSpan(expected));
    ASSERT_THAT(trace.probabilities, BitsEqual(expected));

    Rng coins(options.seed);
    ASSERT_EQ(trace.coin, coins.NextFloat());
    if (options.top_p == 1 && options.top_k == 0 && options.min_p == 0) {
      ASSERT_EQ(trace.kept.size(), expected.size());
      ASSERT_EQ(trace.target, trace.coin);
    } else {
      ASSERT_EQ(trace.target, trace.coin * trace.kept_sum);
      float least = 1;  // what stayed is in order, and no other token is more probable
      float sum = 0;
      for (int token : trace.kept) {
        ASSERT_LE(expected[token], least);
        least = expected[token];
        sum += expected[token];
        expected[token] = 0;
      }
      ASSERT_EQ(trace.kept_sum, sum);
      ASSERT_LE(*std::max_element(expected.begin(), expected.end()), least);
    }
    float cdf = 0;
    int fell_on = trace.kept.back();
    for (int token : trace.kept) {
      cdf += trace.probabilities[token];
      if (trace.target < cdf) {
        fell_on = token;
        break;
      }
    }
    ASSERT_EQ(fell_on, trace.token);
  }
}

TEST(SamplerTraceTest, LogitsAreThoseAfterThePenalty) {
  Sampler sampler = MakeSampler({.temperature = 0, .repetition_penalty = 2});
  const SamplerTrace trace = TraceOf(sampler, {4, 3, -1}, {0, 2, 2});
  EXPECT_THAT(trace.logits, ElementsAre(2, 3, -2));
  EXPECT_EQ(trace.token, 1);
}

TEST(SamplerTraceTest, WithoutTruncationTheCoinWalksAllTokensByTheirIds) {
  Sampler sampler = MakeSampler({.top_p = 1});
  const SamplerTrace trace = TraceOf(sampler, {1, 3, 2, 3});
  EXPECT_THAT(trace.kept, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(trace.kept_sum, 1);
  EXPECT_EQ(trace.target, trace.coin);
}

TEST(SamplerTraceTest, GreedyHasNoCoinAndNoProbabilities) {
  Sampler sampler = MakeSampler({.temperature = 0});
  SamplerTrace trace = TraceOf(sampler, {1, 3, 2, 3});
  EXPECT_THAT(trace.logits, ElementsAre(1, 3, 2, 3));
  EXPECT_THAT(trace.kept, ElementsAre(1));
  EXPECT_THAT(trace.probabilities, IsEmpty());
  EXPECT_EQ(trace.coin, 0);

  // A coin is drawn here, but does not decide.
  Sampler tiny = MakeSampler({.temperature = std::numeric_limits<float>::denorm_min()});
  trace = TraceOf(tiny, {1, 3, 2, 3});
  EXPECT_THAT(trace.kept, ElementsAre(1));
  EXPECT_THAT(trace.probabilities, IsEmpty());
  Rng coins(0);
  EXPECT_EQ(trace.coin, coins.NextFloat());
}

}  // namespace
}  // namespace llama2
