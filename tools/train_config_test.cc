#include "tools/train_config.h"

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "tools/cli/config_file.h"
#include "tools/train_config.pb.h"
#include "training/trainer.h"

namespace llama2 {
namespace {

using ::testing::StartsWith;

TrainConfig Parse(const char* text) {
  TrainConfig config;
  EXPECT_THAT(ParseConfig(text, "test", &config), IsOk());
  return config;
}

TEST(TrainConfigTest, TheDefaultsAreThoseOfLlama2c) {
  const TrainerOptions options = TrainerOptionsOf(TrainConfig(), 32000);
  EXPECT_EQ(options.model, (Config{.dim = 288,
                                   .hidden_dim = 768,
                                   .n_layers = 6,
                                   .n_heads = 6,
                                   .n_kv_heads = 6,
                                   .vocab_size = 32000,
                                   .seq_len = 256}));
  EXPECT_EQ(options.batch_size, 128 * 4);
  EXPECT_EQ(options.dropout, 0);
  EXPECT_EQ(options.learning_rate.peak, 5e-4);
  EXPECT_EQ(options.learning_rate.minimum, 0);
  EXPECT_EQ(options.learning_rate.warmup_steps, 1000);
  EXPECT_EQ(options.learning_rate.decay_steps, 100000);
  EXPECT_EQ(options.adamw.beta1, 0.9);
  EXPECT_EQ(options.adamw.beta2, 0.95);
  EXPECT_EQ(options.adamw.weight_decay, 0.1);
  EXPECT_EQ(options.gradient_clip, 1);
}

TEST(TrainConfigTest, EveryFieldArrives) {
  const TrainerOptions options = TrainerOptionsOf(
      Parse("dim: 64 hidden_dim: 100 n_layers: 5 n_heads: 8 n_kv_heads: 4 seq_len: 512 "
            "shared_classifier: false batch_size: 3 gradient_accumulation_steps: 5 "
            "batch_shards: 2 dropout: 0.05 learning_rate: 1e-3 min_learning_rate: 1e-4 "
            "warmup_steps: 10 steps: 200 decay_steps: 150 weight_decay: 0.01 beta1: 0.8 "
            "beta2: 0.9 epsilon: 1e-7 grad_clip: 2 seed: 7"),
      512);
  EXPECT_EQ(options.model, (Config{.dim = 64,
                                   .hidden_dim = 100,
                                   .n_layers = 5,
                                   .n_heads = 8,
                                   .n_kv_heads = 4,
                                   .vocab_size = 512,
                                   .seq_len = 512,
                                   .shared_classifier = false}));
  EXPECT_EQ(options.batch_size, 15);
  EXPECT_EQ(options.batch_shards, 2);
  EXPECT_EQ(options.dropout, 0.05);
  EXPECT_EQ(options.learning_rate.peak, 1e-3);
  EXPECT_EQ(options.learning_rate.minimum, 1e-4);
  EXPECT_EQ(options.learning_rate.warmup_steps, 10);
  EXPECT_EQ(options.learning_rate.decay_steps, 150);
  EXPECT_EQ(options.adamw.weight_decay, 0.01);
  EXPECT_EQ(options.adamw.beta1, 0.8);
  EXPECT_EQ(options.adamw.beta2, 0.9);
  EXPECT_EQ(options.adamw.epsilon, 1e-7);
  EXPECT_EQ(options.gradient_clip, 2);
  EXPECT_EQ(options.seed, 7u);
}

TEST(TrainConfigTest, WhatIsNotGivenFollowsFromWhatIs) {
  const TrainerOptions options =
      TrainerOptionsOf(Parse("dim: 64 multiple_of: 4 n_heads: 8 steps: 50"), 512);
  EXPECT_EQ(options.model.hidden_dim, 172);  // that of stories260K
  EXPECT_EQ(options.model.n_kv_heads, 8);
  EXPECT_EQ(options.learning_rate.decay_steps, 50);
}

TEST(TrainConfigTest, APrintedConfigReadsBack) {
  const TrainConfig config = Parse(
      "text: 'a' text: 'b' validation_text: 'c' tokenizer: 'd' output: 'e' steps: 2000 "
      "learning_rate: 0.1");
  EXPECT_THAT(Validate(config), IsOk());
  const TrainConfig again = Parse(PrintConfig(config).c_str());
  EXPECT_THAT(Validate(again), IsOk());
  EXPECT_EQ(PrintConfig(again), PrintConfig(config));
  EXPECT_EQ(again.text_size(), 2);
  EXPECT_EQ(again.learning_rate(), 0.1);
}

TEST(TrainConfigTest, WhatIsMissingIsNamed) {
  TrainConfig config;
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("output: missing")));
  config.set_output("run");
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("text: missing")));
  config.add_text("a.txt");
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("tokenizer: missing")));
  config.set_tokenizer("tok.bin");
  EXPECT_THAT(Validate(config), IsOk());
}

}  // namespace
}  // namespace llama2
