#include "tools/bench/bench_limits.h"

#include "gtest/gtest.h"

namespace llama2 {
namespace {

constexpr Config kConfig = {.dim = 8,
                            .hidden_dim = 12,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 20,
                            .seq_len = 16};

// 8 x 8 for queries and output, 4 x 8 for keys and values, 12 x 8 for the feed-forward.
constexpr double kLayers = 2 * (2 * 64 + 2 * 32 + 3 * 96);
constexpr double kClassifier = 20 * 8;
constexpr double kNorms = 5 * 8;
constexpr double kPositionBytes = 2 * 2 * 4 * 4;  // keys and values, 2 layers, 4 floats

TEST(CostOf, ATokenReadsAllWeightsAndWhatIsBehindIt) {
  const PhaseCost cost = CostOf({Phase::kDecode, 3}, {}, kConfig);
  const double weights = 4 * (kLayers + kClassifier + kNorms);
  EXPECT_EQ(cost.bytes, 3 * weights + (1 + 2 + 3) * kPositionBytes);
  EXPECT_EQ(cost.working_set, weights + 3 * kPositionBytes);
  EXPECT_EQ(cost.fp32_operations, 3 * 2 * (kLayers + kClassifier) + (1 + 2 + 3) * 2 * 4 * 8);
  EXPECT_EQ(cost.int8_operations, 0);
}

TEST(CostOf, APromptReadsTheWeightsOnceAndNeedsTheLastLogits) {
  const PhaseCost cost = CostOf({Phase::kPrefill, 3}, {}, kConfig);
  EXPECT_EQ(cost.bytes, 4 * (kLayers + kClassifier + kNorms));
  // The first layer and the second's keys and values for three tokens, the rest for one, which
  // attends over three in the second.
  constexpr double kKeysAndValues = 2 * 32;
  constexpr double kProducts =
      3 * (kLayers / 2 + kKeysAndValues) + (kLayers / 2 - kKeysAndValues) + kClassifier;
  EXPECT_EQ(cost.fp32_operations, 2 * kProducts + (1 + 2 + 3) * 4 * 8 + 3 * 4 * 8);
}

TEST(CostOf, AnEmbeddingThatIsNotTheClassifierIsNotRead) {
  Config config = kConfig;
  config.shared_classifier = false;
  EXPECT_EQ(CostOf({Phase::kDecode, 3}, {}, config).bytes,
            CostOf({Phase::kDecode, 3}, {}, kConfig).bytes);
}

TEST(CostOf, Int8HasAScaleForEachGroupAndAttentionInFloats) {
  const PhaseCost cost = CostOf({Phase::kDecode, 1}, {CheckpointVersion::kV2, 4}, kConfig);
  EXPECT_EQ(cost.bytes, 2 * (kLayers + kClassifier) + 4 * kNorms + kPositionBytes);
  EXPECT_EQ(cost.int8_operations, 2 * (kLayers + kClassifier));
  EXPECT_EQ(cost.fp32_operations, 2 * 4 * 8);
}

TEST(LimitOf, IsTheLongerOfReadingAndComputing) {
  const PhaseCost cost = {.bytes = 100, .fp32_operations = 10, .int8_operations = 60};
  const PhaseLimit memory = LimitOf(cost, {.read = 10, .fp32 = 5, .int8 = 20});
  EXPECT_EQ(memory.what, "memory");
  EXPECT_DOUBLE_EQ(memory.seconds, 10);
  const PhaseLimit arithmetic = LimitOf(cost, {.read = 25, .fp32 = 5, .int8 = 20});
  EXPECT_EQ(arithmetic.what, "arithmetic");
  EXPECT_DOUBLE_EQ(arithmetic.seconds, 5);
}

}  // namespace
}  // namespace llama2
