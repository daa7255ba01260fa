#include "tools/study/study_plan.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "tools/cli/config_file.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;
using ::testing::StartsWith;

StudyConfig Parse(absl::string_view text) {
  StudyConfig config;
  EXPECT_THAT(ParseConfig(text, "study.textproto", &config), IsOk());
  return config;
}

TEST(StudyPlanTest, HasWhatTheConfigSays) {
  const StudyConfig config = Parse(
      R"(prompt: "Once" label: "a story" prompt: "Mom," label: "a dialogue"
         temperature: [0, 0.5] top_p: [0.5, 1] seed: [3, 7] steps: 64 stop: "The end"
         output: "out")");
  EXPECT_THAT(Validate(config), IsOk());
  const StudyPlan plan = PlanOf(config);
  ASSERT_EQ(plan.prompts.size(), 2u);
  EXPECT_EQ(plan.prompts[1].label, "a dialogue");
  EXPECT_EQ(plan.prompts[1].text, "Mom,");
  EXPECT_THAT(plan.temperatures, ElementsAre(0, 0.5f));
  EXPECT_THAT(plan.top_ps, ElementsAre(0.5f, 1));
  EXPECT_THAT(plan.seeds, ElementsAre(3, 7));
  EXPECT_EQ(plan.steps, 64);
  EXPECT_THAT(plan.stops, ElementsAre("The end"));
}

TEST(StudyPlanTest, HasTheDefaultsOfRun) {
  const StudyConfig config =
      Parse(R"(prompt: "Once" prompt: "" temperature: 1 seeds: 3 output: "out")");
  EXPECT_THAT(Validate(config), IsOk());
  const StudyPlan plan = PlanOf(config);
  EXPECT_EQ(plan.prompts[0].label, "Once");
  EXPECT_EQ(plan.prompts[1].label, "(nothing)");
  EXPECT_THAT(plan.top_ps, ElementsAre(FloatEq(0.9f)));
  EXPECT_THAT(plan.seeds, ElementsAre(1, 2, 3));
  EXPECT_EQ(plan.steps, 256);
}

TEST(StudyPlanTest, AStudyOfNoCellsIsRefused) {
  const auto error = [](absl::string_view text) { return Validate(Parse(text)); };
  using absl::StatusCode;
  EXPECT_THAT(error(R"(temperature: 1 output: "out")"),
              StatusIs(StatusCode::kInvalidArgument, StartsWith("prompt: missing")));
  EXPECT_THAT(error(R"(prompt: "a" temperature: [] output: "out")"),
              StatusIs(StatusCode::kInvalidArgument, StartsWith("temperature: missing")));
  EXPECT_THAT(error(R"(prompt: "a" temperature: 1)"),
              StatusIs(StatusCode::kInvalidArgument, StartsWith("output: missing")));
}

TEST(StudyPlanTest, AFileAtFaultIsNamedWithItsLine) {
  StudyConfig config;
  EXPECT_THAT(ParseConfig("prompt: \"a\"\nseeds: 0\n", "study.textproto", &config),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       StartsWith("study.textproto:2:1: seeds: found 0, expected")));
  EXPECT_THAT(ParseConfig("temperature: [0.5, -1]\n", "study.textproto", &config),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("temperature: found -1, expected")));
}

TEST(StudyPlanTest, EachPromptHasALabelOrNone) {
  EXPECT_THAT(
      Validate(Parse(R"(prompt: "a" prompt: "b" label: "A" temperature: 1 output: "out")")),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "label: found 1, expected none or one for each of the 2 prompts"));
}

TEST(StudyPlanTest, TextsAreUtf8) {
  for (const char* field : {"prompt", "label", "stop", "title", "checkpoint"}) {
    StudyConfig config = Parse(R"(temperature: 1 output: "out")");
    if (field != std::string("prompt")) config.add_prompt("a");
    const auto* descriptor = config.GetDescriptor()->FindFieldByName(field);
    if (descriptor->is_repeated()) {
      config.GetReflection()->AddString(&config, descriptor, "ab\xFF");
    } else {
      config.GetReflection()->SetString(&config, descriptor, "ab\xFF");
    }
    EXPECT_THAT(Validate(config),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         std::string(field) +
                             ": found a text that is not UTF-8 at byte 2, expected UTF-8"));
  }
}

}  // namespace
}  // namespace llama2
