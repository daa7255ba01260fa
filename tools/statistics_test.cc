#include "tools/statistics.h"

#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(StatisticsLineTest, SaysHowMuchHowFastAndByWhat) {
  GenerationStats stats;
  stats.prompt_tokens = 5;
  stats.prefill_seconds = 0.001;
  stats.generated_tokens = 251;
  stats.decode_seconds = 0.05;
  EXPECT_EQ(StatisticsLine(stats, 2, Isa::kAvx512),
            "prompt 5 tokens 5000 tok/s, generated 251 tokens 5000 tok/s, 2 threads, avx512");
}

TEST(StatisticsLineTest, KeepsADigitOfSmallRates) {
  GenerationStats stats;
  stats.prompt_tokens = 2;
  stats.prefill_seconds = 0.02;
  stats.generated_tokens = 11;  // of which the first cost no pass of its own
  stats.decode_seconds = 1.5;
  EXPECT_EQ(StatisticsLine(stats, 1, Isa::kScalar),
            "prompt 2 tokens 100 tok/s, generated 11 tokens 6.7 tok/s, 1 thread, scalar");
}

TEST(StatisticsLineTest, HasNoRateWhereThereIsNothingToDivide) {
  GenerationStats stats;
  stats.prompt_tokens = 1;
  stats.prefill_seconds = 0.5;
  stats.generated_tokens = 1;
  EXPECT_EQ(StatisticsLine(stats, 1, Isa::kAvx2),
            "prompt 1 token 2.0 tok/s, generated 1 token, 1 thread, avx2");
  EXPECT_EQ(StatisticsLine({}, 1, Isa::kAvx2),
            "prompt 0 tokens, generated 0 tokens, 1 thread, avx2");
}

TEST(StatisticsLineTest, SaysWhatDraftsDid) {
  GenerationStats stats;
  stats.draft = {.passes = 60, .drafted = 240, .accepted = 186};
  EXPECT_EQ(StatisticsLine(stats, 1, Isa::kAvx2),
            "prompt 0 tokens, generated 0 tokens, 60 drafts of 4.0 tokens, 3.1 accepted (78%), "
            "1 thread, avx2");
  stats.draft = {.passes = 1, .drafted = 3};
  EXPECT_EQ(StatisticsLine(stats, 1, Isa::kAvx2),
            "prompt 0 tokens, generated 0 tokens, 1 draft of 3.0 tokens, 0.0 accepted (0%), 1 "
            "thread, avx2");
  stats.draft = DraftStats();
  EXPECT_EQ(StatisticsLine(stats, 1, Isa::kAvx2),
            "prompt 0 tokens, generated 0 tokens, 0 drafts, 1 thread, avx2");
}

TEST(AccumulateTest, AddsTokensAndTimes) {
  GenerationStats sum;
  Accumulate(
      {.prompt_tokens = 1, .generated_tokens = 2, .prefill_seconds = 3, .decode_seconds = 4},
      sum);
  Accumulate({.prompt_tokens = 10,
              .generated_tokens = 20,
              .prefill_seconds = 30,
              .decode_seconds = 40},
             sum);
  EXPECT_EQ(sum.prompt_tokens, 11);
  EXPECT_EQ(sum.generated_tokens, 22);
  EXPECT_EQ(sum.prefill_seconds, 33);
  EXPECT_EQ(sum.decode_seconds, 44);
}

TEST(AccumulateTest, AddsDraftsWhereThereAreAny) {
  GenerationStats sum;
  Accumulate({}, sum);
  EXPECT_FALSE(sum.draft.has_value());
  for (int i = 0; i < 2; ++i) {
    Accumulate({.draft = DraftStats{.passes = 1, .drafted = 20, .accepted = 10}}, sum);
  }
  EXPECT_EQ(sum.draft->passes, 2);
  EXPECT_EQ(sum.draft->drafted, 40);
  EXPECT_EQ(sum.draft->accepted, 20);
}

}  // namespace
}  // namespace llama2
