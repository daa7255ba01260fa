#include "tools/run_config.h"

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "llama/draft_length.h"
#include "testing/matchers.h"
#include "tools/cli/field_value.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(RunConfigTest, HasTheDefaultsOfLlama2c) {
  const RunConfig config;
  EXPECT_EQ(config.temperature(), 1.0f);
  EXPECT_EQ(config.top_p(), 0.9f);
  EXPECT_EQ(config.steps(), 256);
  EXPECT_EQ(config.seed(), 0);
  EXPECT_EQ(config.mode(), RunConfig::GENERATE);
}

TEST(ValidateTest, AcceptsTheDefaults) { EXPECT_THAT(Validate(RunConfig()), IsOk()); }

TEST(ValidateTest, RefusesValuesOutsideTheSchemasLimits) {
  RunConfig config;
  config.set_temperature(std::nanf(""));
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "temperature: found nan, expected a finite number, 0 or more"));
}

TEST(ValidateTest, KnowsTheInstructionSets) {
  RunConfig config;
  config.set_isa("scalar");
  EXPECT_THAT(Validate(config), IsOk());
  config.set_isa("");
  EXPECT_THAT(Validate(config), IsOk());
  config.set_isa("sse9");
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("isa: "), HasSubstr("sse9"), HasSubstr("scalar"))));
}

// What the schema accepts the sampler accepts: a flag that is refused is refused by its
// name, and nothing reaches the sampler that would abort it.
TEST(ValidateTest, TheSchemaIsAsStrictAsTheSampler) {
  constexpr float kMax = std::numeric_limits<float>::max();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  for (const char* name : {"temperature", "top_p", "min_p", "repetition_penalty"}) {
    const auto* field = RunConfig::descriptor()->FindFieldByName(name);
    for (float value : {-kMax, -1.0f, -kTiny, 0.0f, kTiny, 1.0f, 1.001f, kMax,
                        std::numeric_limits<float>::infinity(), std::nanf("")}) {
      RunConfig config;
      config.GetReflection()->SetFloat(&config, field, value);
      EXPECT_EQ(CheckFields(config).ok(), Validate(SamplerOptionsOf(config)).ok())
          << name << " " << value;
    }
  }
  for (const char* name : {"top_k", "repetition_window"}) {
    const auto* field = RunConfig::descriptor()->FindFieldByName(name);
    for (int value :
         {std::numeric_limits<int>::min(), -1, 0, 1, std::numeric_limits<int>::max()}) {
      RunConfig config;
      config.GetReflection()->SetInt32(&config, field, value);
      EXPECT_EQ(CheckFields(config).ok(), Validate(SamplerOptionsOf(config)).ok())
          << name << " " << value;
    }
  }
}

// A length that the schema accepts is one that DraftLength::Fixed does.
TEST(ValidateTest, TheSchemaKnowsHowManyTokensAreDraftedAtMost) {
  RunConfig config;
  config.set_draft_length(DraftLength::kMost);
  EXPECT_THAT(Validate(config), IsOk());
  config.set_draft_length(DraftLength::kMost + 1);
  EXPECT_THAT(Validate(config), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("draft_length: found 17")));
}

TEST(SamplerOptionsOfTest, HasTheSamplersDefaults) {
  const SamplerOptions options = SamplerOptionsOf(RunConfig());
  const SamplerOptions expected;
  EXPECT_EQ(options.temperature, expected.temperature);
  EXPECT_EQ(options.top_p, expected.top_p);
  EXPECT_EQ(options.top_k, expected.top_k);
  EXPECT_EQ(options.min_p, expected.min_p);
  EXPECT_EQ(options.repetition_penalty, expected.repetition_penalty);
  EXPECT_EQ(options.repetition_window, expected.repetition_window);
}

TEST(SamplerOptionsOfTest, HandsEveryValueOn) {
  RunConfig config;
  config.set_temperature(0.25);
  config.set_top_p(0.5);
  config.set_top_k(3);
  config.set_min_p(0.125);
  config.set_repetition_penalty(1.5);
  config.set_repetition_window(7);
  config.set_seed(42);
  const SamplerOptions options = SamplerOptionsOf(config);
  EXPECT_EQ(options.temperature, 0.25f);
  EXPECT_EQ(options.top_p, 0.5f);
  EXPECT_EQ(options.top_k, 3);
  EXPECT_EQ(options.min_p, 0.125f);
  EXPECT_EQ(options.repetition_penalty, 1.5f);
  EXPECT_EQ(options.repetition_window, 7);
  EXPECT_EQ(options.seed, 42);
}

// Two folders of its own, the one that stands for the current folder being so.
class TokenizerPathTest : public ::testing::Test {
 protected:
  TokenizerPathTest() {
    std::filesystem::create_directories(folder_.Path("here"));
    std::filesystem::create_directories(folder_.Path("models"));
    std::filesystem::current_path(folder_.Path("here"));
    config_.set_checkpoint("../models/model.bin");
  }

  ~TokenizerPathTest() override { std::filesystem::current_path("/"); }

  void Touch(const std::string& file) { folder_.Write(file, "x"); }

  TestFolder folder_;
  RunConfig config_;
};

TEST_F(TokenizerPathTest, IsWhatWasGivenWhetherItExistsOrNot) {
  Touch("models/tokenizer.bin");
  config_.set_tokenizer("other.bin");
  EXPECT_THAT(TokenizerPath(config_), IsOkAndHolds("other.bin"));
}

TEST_F(TokenizerPathTest, PrefersTheCheckpointsFolderThenTokenizerBin) {
  Touch("here/tokenizer.model");
  EXPECT_THAT(TokenizerPath(config_), IsOkAndHolds("tokenizer.model"));
  Touch("here/tokenizer.bin");
  EXPECT_THAT(TokenizerPath(config_), IsOkAndHolds("tokenizer.bin"));
  Touch("models/tokenizer.model");
  EXPECT_THAT(TokenizerPath(config_), IsOkAndHolds("../models/tokenizer.model"));
  Touch("models/tokenizer.bin");
  EXPECT_THAT(TokenizerPath(config_), IsOkAndHolds("../models/tokenizer.bin"));
}

TEST_F(TokenizerPathTest, ACheckpointWithoutAFolderIsInTheCurrentOne) {
  Touch("here/tokenizer.bin");
  config_.set_checkpoint("model.bin");
  EXPECT_THAT(TokenizerPath(config_), IsOkAndHolds("tokenizer.bin"));
}

TEST_F(TokenizerPathTest, SaysWhereItLooked) {
  EXPECT_THAT(TokenizerPath(config_),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("tokenizer: "), HasSubstr("../models/model.bin"),
                             HasSubstr("--tokenizer"))));
}

}  // namespace
}  // namespace llama2
