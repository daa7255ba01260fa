#include "analysis/sample_text.h"

#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/score.h"
#include "llama/transformer.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/encoder.h"

namespace llama2 {
namespace {

constexpr Config kConfig = {.dim = 16,
                            .hidden_dim = 20,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 300,
                            .seq_len = 64};

Vocabulary MakeVocabulary() {
  const std::string bytes = TinyTokenizerBin(kConfig.vocab_size);
  return *Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), "tiny",
      kConfig.vocab_size);
}

class SampleTextTest : public ::testing::Test {
 protected:
  absl::StatusOr<SampledText> Sample(const SamplerOptions& sampling,
                                     const SampleTextOptions& options) {
    Sampler sampler(sampling, model_->kernels());
    session_.Rewind(0);
    return SampleText(prompt_, options, vocabulary_, sampler, session_, [] { return true; });
  }

  const TinyModel tiny_ = MakeTinyModel(kConfig, 3);
  const std::unique_ptr<const Transformer> model_ =
      MakeFp32Transformer(kConfig, tiny_.weights(), Kernels(BestIsa()));
  const Vocabulary vocabulary_ = MakeVocabulary();
  const std::vector<int> prompt_ = Encoder(&vocabulary_).Encode("the rain", {.add_bos = true});
  ThreadTeam team_{1};
  Session session_ = *Session::Create(*model_, team_, {});
};

TEST_F(SampleTextTest, IsTheTextOfGenerateAndEndsAsItDoes) {
  ASSERT_OK_AND_ASSIGN(const StopList stops, StopList::Create({"e", "th"}));
  std::set<StopReason> reasons;
  for (const StopList* stop : {static_cast<const StopList*>(nullptr), &stops}) {
    for (const int64_t positions : {0, 11, 1000}) {
      for (uint64_t seed = 1; seed <= 60; ++seed) {
        const SamplerOptions sampling = {
            .temperature = 0.5f * (seed % 4), .top_p = seed % 2 ? 0.9f : 1.0f, .seed = seed};
        ASSERT_OK_AND_ASSIGN(const SampledText sample, Sample(sampling, {positions, stop}));
        Sampler sampler(sampling, model_->kernels());
        session_.Rewind(0);
        std::string text;
        ASSERT_OK_AND_ASSIGN(
            const GenerationStats stats,
            Generate(prompt_, {.positions = positions, .stops = stop}, vocabulary_, sampler,
                     session_, [&](absl::string_view piece) {
                       absl::StrAppend(&text, piece);
                       return true;
                     }));
        EXPECT_EQ(sample.text, text);
        EXPECT_EQ(sample.tokens.size(), stats.generated_tokens);
        EXPECT_EQ(sample.reason, stats.reason);
        reasons.insert(sample.reason);
      }
    }
  }
  // Otherwise the test has not seen much.
  EXPECT_THAT(reasons, ::testing::IsSupersetOf({StopReason::kLength, StopReason::kStopString}));
  EXPECT_TRUE(reasons.contains(StopReason::kBos) || reasons.contains(StopReason::kEos));
}

TEST_F(SampleTextTest, NatsAreTheLossesOfItsTokensHoweverTheyWereSampled) {
  for (const float temperature : {0.0f, 0.3f, 1.0f, 2.0f}) {
    ASSERT_OK_AND_ASSIGN(const SampledText sample,
                         Sample({.temperature = temperature, .top_p = 0.5f, .seed = 7}, {}));
    std::vector<int> tokens = prompt_;
    tokens.insert(tokens.end(), sample.tokens.begin(), sample.tokens.end());
    const std::vector<double> losses = ScoreText(tokens, /*stride=*/64, session_);
    // Of the first token, BOS, there is none.
    const double expected =
        std::accumulate(losses.begin() + prompt_.size() - 1, losses.end(), 0.0);
    EXPECT_NEAR(sample.nats, expected, 1e-9);
  }
}

TEST_F(SampleTextTest, TheCallerMayEndIt) {
  Sampler sampler({.seed = 1}, model_->kernels());
  int asked = 0;
  ASSERT_OK_AND_ASSIGN(
      const SampledText sample,
      SampleText(prompt_, {}, vocabulary_, sampler, session_, [&] { return ++asked <= 3; }));
  EXPECT_EQ(sample.reason, StopReason::kCaller);
  EXPECT_EQ(sample.tokens.size(), 3u);
}

}  // namespace
}  // namespace llama2
