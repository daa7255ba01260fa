#include "tools/cli/config_file.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "tools/run_config.pb.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string TemporaryPath(absl::string_view name) {
  return absl::StrCat(::testing::TempDir(), "/", name);
}

// The error that `content` gives as "story.textproto".
std::string Refusal(absl::string_view content) {
  RunConfig config;
  const absl::Status status = ParseConfig(content, "story.textproto", &config);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  return std::string(status.message());
}

TEST(ParseConfigTest, ReadsAConfiguration) {
  RunConfig config;
  ASSERT_THAT(ParseConfig("# bedtime\n"
                          "checkpoint: \"stories15M.bin\"\n"
                          "temperature: 0.8  # lively\n"
                          "mode: CHAT\n"
                          "stop: \"The end\" stop: \"\\n\\n\"\n",
                          "story.textproto", &config),
              IsOk());
  EXPECT_EQ(config.checkpoint(), "stories15M.bin");
  EXPECT_EQ(config.temperature(), 0.8f);
  EXPECT_EQ(config.mode(), RunConfig::CHAT);
  EXPECT_THAT(config.stop(), ElementsAre("The end", "\n\n"));
  EXPECT_FALSE(config.has_top_p());
}

TEST(ParseConfigTest, ReplacesWhatTheMessageHeld) {
  RunConfig config;
  config.set_steps(7);
  ASSERT_THAT(ParseConfig("", "empty", &config), IsOk());
  EXPECT_FALSE(config.has_steps());
}

TEST(ParseConfigTest, SaysWhereAMistakeStands) {
  EXPECT_THAT(Refusal("steps: 5\ntemperature: abc\n"), StartsWith("story.textproto:2:14: "));
  EXPECT_THAT(Refusal("steps: 5\nsteps: 6\n"), StartsWith("story.textproto:2:1: "));
  EXPECT_THAT(Refusal("prompt: \"no end\n"), StartsWith("story.textproto:1:"));
  EXPECT_THAT(Refusal("mode: SING\n"), StartsWith("story.textproto:1:7: "));
  EXPECT_THAT(Refusal("steps: 99999999999\n"), StartsWith("story.textproto:1:8: "));
}

TEST(ParseConfigTest, SaysOneThingInOneLine) {
  const std::string refusal = Refusal("a: 1\nb: 2\n}}}}\n\"");
  EXPECT_THAT(refusal, StartsWith("story.textproto:1:"));
  EXPECT_THAT(refusal, Not(HasSubstr("\n")));
  EXPECT_THAT(refusal, Not(HasSubstr("\"b\"")));
}

TEST(ParseConfigTest, NamesTheFieldThatAnUnknownOneWasMeantToBe) {
  EXPECT_THAT(
      Refusal("\ntemprature: 0.8\n"),
      AllOf(StartsWith("story.textproto:2:"), EndsWith("has no field named \"temprature\"; "
                                                       "did you mean \"temperature\"?")));
  EXPECT_THAT(Refusal("frobnicate: 1"), EndsWith("has no field named \"frobnicate\""));
}

TEST(ParseConfigTest, NamesTheValueThatAnUnknownOneWasMeantToBe) {
  EXPECT_THAT(Refusal("mode: CHATT # CHATT\n"),
              AllOf(StartsWith("story.textproto:1:7: "),
                    EndsWith("for field \"mode\"; did you mean \"CHAT\"?")));
}

TEST(ParseConfigTest, HoldsValuesToTheirLimitsAndSaysWhere) {
  EXPECT_EQ(Refusal("steps: 5\n  top_p: 1.5\n"),
            "story.textproto:2:3: top_p: found 1.5, expected a finite number from 0 to 1");
  EXPECT_EQ(Refusal("temperature: nan"),
            "story.textproto:1:1: temperature: found nan, expected a finite number, 0 or "
            "more");
  EXPECT_EQ(Refusal("stop: \"a\"\nstop: \"\"\n"),
            "story.textproto:2:1: stop: found \"\", expected a text that is not empty");
}

TEST(ParseConfigTest, RefusesWhatIsFarTooLarge) {
  EXPECT_THAT(Refusal(std::string(2 << 20, '\n')),
              HasSubstr("found 2097152 bytes, expected a configuration of at most"));
}

TEST(LoadConfigFileTest, ReadsAFile) {
  const std::string path = TemporaryPath("load.textproto");
  std::ofstream(path) << "steps: 12\n";
  RunConfig config;
  ASSERT_THAT(LoadConfigFile(path, &config), IsOk());
  EXPECT_EQ(config.steps(), 12);
}

TEST(LoadConfigFileTest, NamesAFileThatCannotBeRead) {
  RunConfig config;
  const std::string missing = TemporaryPath("missing.textproto");
  EXPECT_THAT(LoadConfigFile(missing, &config),
              StatusIs(absl::StatusCode::kNotFound, StartsWith(missing)));
  EXPECT_THAT(LoadConfigFile(::testing::TempDir(), &config),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("directory")));
  const std::string fifo = TemporaryPath("fifo.textproto");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(LoadConfigFile(fifo, &config),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("FIFO")));
}

TEST(OverlayTest, TheStrongerLayerWinsWhereItSaysSomething) {
  RunConfig config;
  config.set_steps(1);
  config.set_temperature(0.5);
  RunConfig layer;
  layer.set_steps(2);
  Overlay(layer, &config);
  EXPECT_EQ(config.steps(), 2);
  EXPECT_EQ(config.temperature(), 0.5f);
  EXPECT_FALSE(config.has_top_p());
}

TEST(OverlayTest, PresenceCountsNotTheValue) {
  RunConfig config;
  config.set_quiet(true);
  config.set_temperature(0.5);
  RunConfig layer;
  layer.set_quiet(false);
  layer.set_temperature(1.0);  // the default's value, said aloud
  Overlay(layer, &config);
  EXPECT_FALSE(config.quiet());
  EXPECT_EQ(config.temperature(), 1.0f);
}

TEST(OverlayTest, AListReplacesTheWeakerOneAsAWhole) {
  RunConfig config;
  config.add_stop("a");
  config.add_stop("b");
  RunConfig layer;
  Overlay(layer, &config);
  EXPECT_THAT(config.stop(), ElementsAre("a", "b"));
  layer.add_stop("c");
  Overlay(layer, &config);
  EXPECT_THAT(config.stop(), ElementsAre("c"));
}

TEST(PrintConfigTest, ShowsDefaultsAndWhatIsSet) {
  RunConfig config;
  config.set_checkpoint("model.bin");
  config.set_temperature(0.8);
  config.add_stop("The end");
  config.add_stop("\n");
  const std::string printed = PrintConfig(config);
  EXPECT_THAT(printed, HasSubstr("checkpoint: \"model.bin\"\n"));
  EXPECT_THAT(printed, HasSubstr("temperature: 0.8\n"));
  EXPECT_THAT(printed, HasSubstr("top_p: 0.9\n"));
  EXPECT_THAT(printed, HasSubstr("mode: GENERATE\n"));
  EXPECT_THAT(printed, HasSubstr("stop: \"The end\"\nstop: \"\\n\"\n"));
  EXPECT_THAT(printed, Not(HasSubstr("tokenizer"))) << "has neither value nor default";
}

TEST(PrintConfigTest, CanBeFedBack) {
  RunConfig config;
  config.set_checkpoint("a \"b\" \\ c.bin");
  config.set_prompt("Grüße \xff \x01 日本\n\ttab");
  config.set_temperature(0.1f + 0.2f);
  config.set_top_p(1.0f / 3);
  config.set_min_p(1e-38f);
  config.set_seed(18446744073709551615u);
  config.set_mode(RunConfig::CHAT);
  config.add_stop("'x'");
  config.set_quiet(true);
  const std::string printed = PrintConfig(config);
  RunConfig again;
  ASSERT_THAT(ParseConfig(printed, "printed", &again), IsOk()) << printed;
  EXPECT_EQ(PrintConfig(again), printed);
  Overlay(config, &again);  // changes nothing: every value is there to the bit
  EXPECT_EQ(PrintConfig(again), printed);
  EXPECT_EQ(again.prompt(), config.prompt());
  EXPECT_EQ(again.temperature(), config.temperature());
  EXPECT_EQ(again.top_p(), config.top_p());
  EXPECT_EQ(again.min_p(), config.min_p());
}

}  // namespace
}  // namespace llama2
