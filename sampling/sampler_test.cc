#include "sampling/sampler.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "sampling/rng.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::StartsWith;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kMax = std::numeric_limits<float>::max();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();

// The generator before its largest coin, 1 - 2^-24.
constexpr Rng kBeforeLargestCoin(0xdfe880f40d668f97);

Sampler MakeSampler(const SamplerOptions& options) {
  return Sampler(options, Kernels(BestIsa()));
}

// The token, or -1 on an error.
int Sample(Sampler* sampler, std::vector<float> logits, const std::vector<int>& history = {}) {
  const absl::StatusOr<int> token = sampler->Sample(absl::MakeSpan(logits), history);
  EXPECT_TRUE(token.ok()) << token.status();
  return token.ok() ? *token : -1;
}

int SampleOnce(const SamplerOptions& options, const std::vector<float>& logits,
               const std::vector<int>& history = {}) {
  Sampler sampler = MakeSampler(options);
  return Sample(&sampler, logits, history);
}

// The logits of these probabilities.
std::vector<float> Logits(std::vector<float> probabilities) {
  for (float& p : probabilities) p = std::log(p);
  return probabilities;
}

// How often each token comes in `draws` draws.
std::vector<int> Count(const SamplerOptions& options, const std::vector<float>& logits,
                       int draws) {
  Sampler sampler = MakeSampler(options);
  std::vector<int> counts(logits.size());
  for (int i = 0; i < draws; ++i) ++counts[Sample(&sampler, logits)];
  return counts;
}

// The tokens that come at all in a thousand draws, in order of their ids.
std::vector<int> Support(const SamplerOptions& options, const std::vector<float>& logits) {
  const std::vector<int> counts = Count(options, logits, 1000);
  std::vector<int> tokens;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) tokens.push_back(i);
  }
  return tokens;
}

TEST(SamplerOptionsTest, DefaultsAreValid) {
  EXPECT_EQ(Validate(SamplerOptions()), absl::OkStatus());
}

TEST(SamplerOptionsTest, RefusesWhatIsOutOfRange) {
  const auto expect_refused = [](absl::string_view field, const SamplerOptions& options,
                                 absl::string_view found) {
    const absl::Status status = Validate(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                StartsWith(absl::StrCat(field, " is ", found, "; expected ")));
  };
  for (float bad : {-0.5f, kInfinity, kNan}) {
    const std::string found = absl::StrCat(bad);
    expect_refused("temperature", {.temperature = bad}, found);
    expect_refused("top_p", {.top_p = bad}, found);
    expect_refused("min_p", {.min_p = bad}, found);
    expect_refused("repetition_penalty", {.repetition_penalty = bad}, found);
  }
  expect_refused("top_p", {.top_p = 1.5f}, "1.5");
  expect_refused("min_p", {.min_p = 1.5f}, "1.5");
  expect_refused("repetition_penalty", {.repetition_penalty = 0}, "0");
  expect_refused("top_k", {.top_k = -1}, "-1");
  expect_refused("repetition_window", {.repetition_window = -1}, "-1");
}

TEST(SamplerTest, GreedyTakesTheFirstOfTheLargestAndNoCoin) {
  Sampler sampler = MakeSampler({.temperature = 0, .seed = 5});
  EXPECT_EQ(Sample(&sampler, {1, 3, 2, 3}), 1);
  EXPECT_EQ(Sample(&sampler, {-kInfinity, -7}), 1);
  EXPECT_EQ(sampler.rng().state(), 5);
}

TEST(SamplerTest, DrawsOneCoinForEachToken) {
  for (const SamplerOptions& options :
       {SamplerOptions{}, SamplerOptions{.top_p = 1}, SamplerOptions{.top_k = 1},
        SamplerOptions{.temperature = 1e-30f}, SamplerOptions{.min_p = 1}}) {
    Sampler sampler = MakeSampler(options);
    Rng rng(options.seed);
    for (int i = 0; i < 3; ++i) {
      Sample(&sampler, {1, 2, 3});
      rng.NextFloat();
      EXPECT_EQ(sampler.rng().state(), rng.state());
    }
  }
}

TEST(SamplerTest, RefusesDamagedLogits) {
  const auto expect_refused = [](float temperature, std::vector<float> logits,
                                 absl::string_view what) {
    Sampler sampler = MakeSampler({.temperature = temperature, .seed = 9});
    const absl::Status status = sampler.Sample(absl::MakeSpan(logits), {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(what), HasSubstr("checkpoint's weights are damaged")));
    EXPECT_EQ(sampler.rng().state(), 9) << "no coin is drawn";
  };
  for (float temperature : {0.0f, 1.0f}) {
    expect_refused(temperature, {1, 2, kNan, 3}, "token 2 is nan");
    expect_refused(temperature, {kInfinity, 2}, "token 0 is inf");
    expect_refused(temperature, {-kInfinity, kNan}, "token 1 is nan");
    expect_refused(temperature, {-kInfinity, -kInfinity}, "every logit is -infinity");
  }
}

TEST(SamplerTest, NeverChoosesMinusInfinity) {
  const std::vector<float> logits = {-kInfinity, 1, -kInfinity, 1.5f, -kInfinity};
  for (const SamplerOptions& options :
       {SamplerOptions{}, SamplerOptions{.top_p = 0}, SamplerOptions{.top_p = 1},
        SamplerOptions{.top_p = 1, .top_k = 4}, SamplerOptions{.top_p = 1, .min_p = 1e-30f},
        SamplerOptions{.repetition_penalty = kDenormal}}) {
    EXPECT_THAT(Support(options, logits), ElementsAre(1, 3));
    Sampler sampler = MakeSampler(options);
    sampler.set_rng(kBeforeLargestCoin);
    EXPECT_THAT(Sample(&sampler, logits), AnyOf(1, 3));
  }
}

TEST(SamplerTest, TakesTheLastPossibleTokenWhereRoundingLeavesTheSumBelowTheCoin) {
  // 31 times 1/31, added up in floats, is less than the largest coin.
  for (int impossible : {0, 1, 5}) {
    std::vector<float> logits(31, 2.0f);
    logits.resize(31 + impossible, -kInfinity);
    Sampler sampler = MakeSampler({.top_p = 1});
    sampler.set_rng(kBeforeLargestCoin);
    EXPECT_EQ(Sample(&sampler, logits), 30);
  }
}

TEST(SamplerTest, TinyTemperatureIsGreedy) {
  for (float temperature : {1e-30f, kDenormal}) {
    const SamplerOptions options = {.temperature = temperature};
    EXPECT_EQ(SampleOnce(options, {1e9f, 3e9f, 2e9f, 3e9f}), 1);
    EXPECT_EQ(SampleOnce(options, {-1e9f, -3e9f, -kMax}), 0);
    EXPECT_EQ(SampleOnce(options, {-5, 0, -kInfinity}), 1);
  }
  // Large enough that nothing overflows: equals are drawn.
  EXPECT_THAT(Support({.temperature = 1e-30f}, {0, -1, 0}), ElementsAre(0, 2));
}

TEST(SamplerTest, HugeTemperatureIsFlat) {
  const std::vector<int> counts =
      Count({.temperature = kMax, .top_p = 1}, {0, -50, 50, 7}, 4000);
  EXPECT_THAT(counts, Each(AllOf(Gt(900), Lt(1100))));
}

TEST(SamplerTest, TopPAtItsEdges) {
  const std::vector<float> logits = Logits({0.1f, 0.4f, 0.2f, 0.3f});
  EXPECT_THAT(Support({.top_p = kDenormal}, logits), ElementsAre(1));
  EXPECT_THAT(Support({.top_p = 0.39f}, logits), ElementsAre(1));
  EXPECT_THAT(Support({.top_p = 0.41f}, logits), ElementsAre(1, 3));
  EXPECT_THAT(Support({.top_p = 0.69f}, logits), ElementsAre(1, 3));
  EXPECT_THAT(Support({.top_p = 0.89f}, logits), ElementsAre(1, 2, 3));
  for (float everything : {0.0f, 0.99f, std::nextafter(1.0f, 0.0f), 1.0f}) {
    EXPECT_THAT(Support({.top_p = everything}, logits), ElementsAre(0, 1, 2, 3));
  }
}

// llama2.c leaves no candidate here and reads in front of its array.
TEST(SamplerTest, TopPBelowTheShareOfAFlatRowTakesTheFirstToken) {
  EXPECT_THAT(Support({.top_p = 0.1f}, {2, 2, 2, 2}), ElementsAre(0));
}

TEST(SamplerTest, VocabularyOfOne) {
  for (float temperature : {0.0f, 1e-30f, 1.0f}) {
    for (float top_p : {0.0f, 0.1f, 0.9f, 1.0f}) {
      EXPECT_EQ(SampleOnce({.temperature = temperature, .top_p = top_p}, {-3}), 0);
    }
  }
  EXPECT_EQ(SampleOnce({.top_p = 1, .top_k = 1, .min_p = 1}, {3}), 0);
}

TEST(SamplerTest, TopKKeepsTheMostProbable) {
  const std::vector<float> logits = {1, 3, 2, 3, 3};
  EXPECT_THAT(Support({.top_p = 1, .top_k = 1}, logits), ElementsAre(1));
  EXPECT_THAT(Support({.top_p = 1, .top_k = 2}, logits), ElementsAre(1, 3));
  EXPECT_THAT(Support({.top_p = 1, .top_k = 4}, logits), ElementsAre(1, 2, 3, 4));
}

TEST(SamplerTest, MinPKeepsWhatComesNearTheMostProbable) {
  const std::vector<float> logits = Logits({0.1f, 0.4f, 0.1f, 0.4f});
  EXPECT_THAT(Support({.top_p = 1, .min_p = 1}, logits), ElementsAre(1, 3));
  EXPECT_THAT(Support({.top_p = 1, .min_p = 0.26f}, logits), ElementsAre(1, 3));
  EXPECT_THAT(Support({.top_p = 1, .min_p = 0.24f}, logits), ElementsAre(0, 1, 2, 3));
}

TEST(SamplerTest, ShortestPrefixStays) {
  const std::vector<float> logits = Logits({0.1f, 0.4f, 0.2f, 0.3f});
  EXPECT_THAT(Support({.top_p = 0.8f, .top_k = 2, .min_p = 0.3f}, logits), ElementsAre(1, 3));
  EXPECT_THAT(Support({.top_p = 0.5f, .top_k = 3, .min_p = 0.3f}, logits), ElementsAre(1, 3));
  EXPECT_THAT(Support({.top_p = 0.8f, .top_k = 3, .min_p = 0.6f}, logits), ElementsAre(1, 3));
}

TEST(SamplerTest, ExtrasThatKeepAllTokensChangeNothing) {
  Sampler plain = MakeSampler({.top_p = 1});
  Sampler extras = MakeSampler({.top_p = 1, .top_k = 50, .repetition_window = 0});
  Rng rng(4);
  for (int i = 0; i < 1000; ++i) {
    std::vector<float> logits(50);
    for (float& x : logits) x = 3 * rng.NextFloat();
    EXPECT_EQ(Sample(&plain, logits), Sample(&extras, logits));
  }
}

TEST(SamplerTest, RepetitionPenalty) {
  const SamplerOptions greedy = {.temperature = 0, .repetition_penalty = 2};
  EXPECT_EQ(SampleOnce(greedy, {3, 2, 1}, {}), 0);
  EXPECT_EQ(SampleOnce(greedy, {3, 2, 1}, {0}), 1) << "3 / 2 < 2";
  EXPECT_EQ(SampleOnce(greedy, {-2, -3, -9}, {0}), 1) << "-2 * 2 < -3";
  EXPECT_EQ(SampleOnce(greedy, {5, 2, 1}, {0, 0, 0}), 0) << "applied once";
  EXPECT_EQ(SampleOnce({.temperature = 1e-3f, .repetition_penalty = 2}, {3, 2}, {0}), 1);
}

TEST(SamplerTest, RepetitionPenaltyForgets) {
  Sampler sampler =
      MakeSampler({.temperature = 0, .repetition_penalty = 2, .repetition_window = 2});
  EXPECT_EQ(Sample(&sampler, {3, 2, 1}, {0, 2, 2}), 0) << "outside the window";
  EXPECT_EQ(Sample(&sampler, {3, 2, 1}, {2, 0, 2}), 1);
  EXPECT_EQ(Sample(&sampler, {3, 2, 1}, {2, 0, 2}), 1) << "no memory of the call before";
  EXPECT_EQ(Sample(&sampler, {3, 2, 1}, {}), 0) << "no memory of the call before";
}

TEST(SamplerTest, RepetitionPenaltyMakesNoInfinityAndNoNumberOfOne) {
  for (float penalty : {kDenormal, kMax}) {
    const SamplerOptions options = {.repetition_penalty = penalty};
    EXPECT_NE(SampleOnce(options, {kMax, kMax, kMax}, {1, 0}), -1);
    EXPECT_NE(SampleOnce(options, {-kMax, -kMax, -kMax}, {1, 0, 2}), -1);

    Sampler sampler = MakeSampler(options);
    std::vector<float> impossible(2, -kInfinity);
    EXPECT_FALSE(sampler.Sample(absl::MakeSpan(impossible), {0}).ok());
  }
}

TEST(SamplerTest, RefusesAHistoryOutsideTheVocabulary) {
  for (int token : {-1, 3}) {
    std::vector<float> logits = {1, 2, 3};
    Sampler sampler = MakeSampler({.repetition_penalty = 2});
    const absl::Status status = sampler.Sample(absl::MakeSpan(logits), {0, token}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("token ", token, "; expected 0 to 2")));
  }
}

TEST(SamplerTest, FrequenciesAreTheProbabilities) {
  const std::vector<float> logits = Logits({0.05f, 0.1f, 0.4f, 0.15f, 0.3f});
  // 20 is the chi-squared statistic that a right sampler exceeds for one seed in 2000.
  const auto expect_frequencies = [&](const SamplerOptions& options,
                                      const std::vector<double>& weights) {
    const int draws = 100'000;
    const std::vector<int> counts = Count(options, logits, draws);
    double sum = 0;
    for (double weight : weights) sum += weight;
    double chi_squared = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const double expected = draws * weights[i] / sum;
      if (expected == 0) {
        EXPECT_EQ(counts[i], 0) << "token " << i;
      } else {
        chi_squared += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
    }
    EXPECT_LT(chi_squared, 20);
  };
  expect_frequencies({.top_p = 1}, {0.05, 0.1, 0.4, 0.15, 0.3});
  expect_frequencies({.temperature = 0.5f, .top_p = 1}, {0.0025, 0.01, 0.16, 0.0225, 0.09});
  expect_frequencies({.top_p = 0.8f}, {0, 0, 0.4, 0.15, 0.3});
  expect_frequencies({.top_p = 1, .top_k = 2}, {0, 0, 0.4, 0, 0.3});
  expect_frequencies({.top_p = 1, .min_p = 0.2f}, {0, 0.1, 0.4, 0.15, 0.3});
}

TEST(SamplerTest, SameTokensOnEveryInstructionSet) {
  const SamplerOptions options = {.temperature = 1.2f,
                                  .top_p = 0.95f,
                                  .top_k = 300,
                                  .min_p = 1e-4f,
                                  .repetition_penalty = 1.1f,
                                  .seed = 8};
  const auto tokens = [&options](Isa isa) {
    Sampler sampler(options, Kernels(isa));
    Rng rng(6);
    std::vector<int> sequence;
    for (int i = 0; i < 500; ++i) {
      std::vector<float> logits(777);
      for (float& x : logits) x = 9 * rng.NextFloat();
      sequence.push_back(Sample(&sampler, logits, sequence));
    }
    return sequence;
  };
  const std::vector<int> scalar = tokens(Isa::kScalar);
  for (Isa isa : SupportedIsas()) EXPECT_EQ(tokens(isa), scalar) << IsaName(isa);
}

TEST(SamplerTest, WhereNotAllLogitsAreNeededTheLargestDecides) {
  const std::vector<float> logits = {1, 2, 3, 2.5f, 3},
                           largest = {-kInfinity, 2, 3, -kInfinity, 3};
  Sampler greedy = MakeSampler({.temperature = 0});
  ASSERT_FALSE(greedy.NeedsAllLogits());
  EXPECT_EQ(Sample(&greedy, largest), Sample(&greedy, logits));
  EXPECT_TRUE(MakeSampler({.temperature = 0.1f}).NeedsAllLogits());
  EXPECT_TRUE(MakeSampler({.temperature = 0, .repetition_penalty = 1.1f}).NeedsAllLogits());
}

TEST(SamplerTest, ContinuesFromAState) {
  const std::vector<float> logits = {1, 2, 3, 2, 1};
  Sampler sampler = MakeSampler({.seed = 77});
  for (int i = 0; i < 10; ++i) Sample(&sampler, logits);
  Sampler restored = MakeSampler({});
  restored.set_rng(Rng(sampler.rng().state()));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Sample(&restored, logits), Sample(&sampler, logits));
}

}  // namespace
}  // namespace llama2
