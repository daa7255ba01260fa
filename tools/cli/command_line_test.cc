#include "tools/cli/command_line.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "tools/cli/common_flags.pb.h"
#include "tools/run_config.pb.h"
#include "tools/train_tokenizer_config.pb.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

using Args = std::vector<absl::string_view>;

struct Parsed {
  absl::Status status;
  RunConfig config;
  CommonFlags common;
};

Parsed Parse(const Args& args) {
  Parsed parsed;
  parsed.status = ParseCommandLine(args, {&parsed.config, &parsed.common});
  return parsed;
}

std::string Refusal(const Args& args) {
  const absl::Status status = Parse(args).status;
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  return std::string(status.message());
}

TEST(ParseCommandLineTest, WorksAsLlama2cs) {
  const Parsed parsed =
      Parse({"model.bin", "-t", "0.8", "-p", "0.5", "-s", "42", "-n", "64", "-i",
             "Once upon a time", "-z", "tok.bin", "-m", "chat", "-y", "Be kind."});
  ASSERT_THAT(parsed.status, IsOk());
  EXPECT_EQ(parsed.config.checkpoint(), "model.bin");
  EXPECT_EQ(parsed.config.temperature(), 0.8f);
  EXPECT_EQ(parsed.config.top_p(), 0.5f);
  EXPECT_EQ(parsed.config.seed(), 42);
  EXPECT_EQ(parsed.config.steps(), 64);
  EXPECT_EQ(parsed.config.prompt(), "Once upon a time");
  EXPECT_EQ(parsed.config.tokenizer(), "tok.bin");
  EXPECT_EQ(parsed.config.mode(), RunConfig::CHAT);
  EXPECT_EQ(parsed.config.system_prompt(), "Be kind.");
}

TEST(ParseCommandLineTest, EveryFlagHasALongName) {
  const Parsed parsed =
      Parse({"--checkpoint=model.bin", "--temperature=0.8", "--top_p", "0.5", "--seed=42",
             "--steps", "64", "--prompt=Once upon a time", "--tokenizer=tok.bin", "--mode=chat",
             "--system_prompt", "Be kind."});
  ASSERT_THAT(parsed.status, IsOk());
  const Parsed short_names =
      Parse({"model.bin", "-t", "0.8", "-p", "0.5", "-s", "42", "-n", "64", "-i",
             "Once upon a time", "-z", "tok.bin", "-m", "chat", "-y", "Be kind."});
  EXPECT_EQ(parsed.config.SerializeAsString(), short_names.config.SerializeAsString());
}

TEST(ParseCommandLineTest, NothingGivenIsNothingSet) {
  const Parsed parsed = Parse({});
  ASSERT_THAT(parsed.status, IsOk());
  EXPECT_EQ(parsed.config.ByteSizeLong(), 0);
  EXPECT_EQ(parsed.common.ByteSizeLong(), 0);
  EXPECT_EQ(parsed.config.temperature(), 1.0f);
  EXPECT_EQ(parsed.config.top_p(), 0.9f);
  EXPECT_EQ(parsed.config.steps(), 256);
}

TEST(ParseCommandLineTest, TheCheckpointMayStandAnywhere) {
  EXPECT_EQ(Parse({"-t", "0", "model.bin"}).config.checkpoint(), "model.bin");
  EXPECT_EQ(Parse({"-t", "0", "model.bin", "-n", "5"}).config.checkpoint(), "model.bin");
  EXPECT_EQ(Parse({"--quiet", "model.bin"}).config.checkpoint(), "model.bin");
  EXPECT_EQ(Parse({"-"}).config.checkpoint(), "-");
}

TEST(ParseCommandLineTest, NothingIsAFlagAfterTwoDashes) {
  const Parsed parsed = Parse({"-n", "5", "--", "--odd-name.bin"});
  ASSERT_THAT(parsed.status, IsOk());
  EXPECT_EQ(parsed.config.checkpoint(), "--odd-name.bin");
  EXPECT_EQ(parsed.config.steps(), 5);
  EXPECT_EQ(Parse({"--", "--"}).config.checkpoint(), "--");
}

TEST(ParseCommandLineTest, AValueMayLookLikeAFlagOrHoldAnEqualsSign) {
  EXPECT_EQ(Parse({"-i", "-- he said"}).config.prompt(), "-- he said");
  EXPECT_EQ(Parse({"-i", "--"}).config.prompt(), "--");
  EXPECT_EQ(Parse({"--prompt", "-n"}).config.prompt(), "-n");
  EXPECT_EQ(Parse({"--prompt=a=b"}).config.prompt(), "a=b");
  EXPECT_EQ(Parse({"-i=a=b"}).config.prompt(), "a=b");
  EXPECT_TRUE(Parse({"--prompt="}).config.has_prompt());
  EXPECT_TRUE(Parse({"-i", ""}).config.has_prompt());
}

TEST(ParseCommandLineTest, ABoolNeverTakesTheNextArgument) {
  EXPECT_TRUE(Parse({"--quiet"}).config.quiet());
  const Parsed parsed = Parse({"--quiet", "false"});
  EXPECT_TRUE(parsed.config.quiet());
  EXPECT_EQ(parsed.config.checkpoint(), "false");
  const Parsed off = Parse({"--quiet=false"});
  EXPECT_TRUE(off.config.has_quiet());
  EXPECT_FALSE(off.config.quiet());
}

TEST(ParseCommandLineTest, SetsTheFieldsOfEveryMessage) {
  const Parsed parsed =
      Parse({"--config=a", "-n", "5", "--config", "b", "-h", "--print_config"});
  ASSERT_THAT(parsed.status, IsOk());
  EXPECT_THAT(parsed.common.config(), ElementsAre("a", "b"));
  EXPECT_TRUE(parsed.common.help());
  EXPECT_TRUE(parsed.common.print_config());
  EXPECT_EQ(parsed.config.steps(), 5);
}

TEST(ParseCommandLineTest, TheLastOfSeveralValuesCounts) {
  EXPECT_EQ(Parse({"-n", "5", "--steps=6", "-n", "7"}).config.steps(), 7);
  EXPECT_THAT(Parse({"--stop=a", "--stop", "b"}).config.stop(), ElementsAre("a", "b"));
}

TEST(ParseCommandLineTest, RefusesASecondCheckpoint) {
  const std::string refusal =
      "--checkpoint: found a second one, \"b.bin\", expected only \"a.bin\"";
  EXPECT_EQ(Refusal({"a.bin", "b.bin"}), refusal);
  EXPECT_EQ(Refusal({"a.bin", "--checkpoint=b.bin"}), refusal);
  EXPECT_EQ(Refusal({"--checkpoint", "a.bin", "b.bin"}), refusal);
}

TEST(ParseCommandLineTest, SeveralPositionalFieldsTakeTheirValuesInTurn) {
  RunConfig first;
  RunConfig second;  // the same names: only the positional ones are looked at
  EXPECT_THAT(ParseCommandLine(Args{"a.bin", "b.bin"}, {&first, &second}), IsOk());
  EXPECT_EQ(first.checkpoint(), "a.bin");
  EXPECT_EQ(second.checkpoint(), "b.bin");
  EXPECT_EQ(ParseCommandLine(Args{"c.bin"}, {&first, &second}).message(),
            "--checkpoint: found a second one, \"c.bin\", expected only \"b.bin\"");
}

TEST(ParseCommandLineTest, ARepeatedPositionalFieldTakesAllOfTheRest) {
  TrainTokenizerConfig config;
  EXPECT_THAT(
      ParseCommandLine(Args{"a.txt", "--input=b.txt", "--vocab_size=300", "c.txt"}, {&config}),
      IsOk());
  EXPECT_THAT(config.input(), ElementsAre("a.txt", "b.txt", "c.txt"));
}

TEST(ParseCommandLineTest, RefusesAnUnknownFlagAndNamesTheNearest) {
  EXPECT_EQ(Refusal({"--temprature=0.8"}),
            "--temprature: unknown flag; did you mean \"--temperature\"?");
  EXPECT_EQ(Refusal({"--temp", "0.8"}),
            "--temp: unknown flag; did you mean \"--temperature\"?");
  EXPECT_EQ(Refusal({"--top-k=5"}), "--top-k: unknown flag; did you mean \"--top_k\"?");
  EXPECT_EQ(Refusal({"-steps", "5"}), "-steps: unknown flag; did you mean \"--steps\"?");
  EXPECT_EQ(Refusal({"--frobnicate"}), "--frobnicate: unknown flag; --help lists all");
  EXPECT_THAT(Refusal({"--=5"}), StartsWith("--: unknown flag"));
  EXPECT_EQ(Refusal({"-=5"}), "-: unknown flag; --help lists all");
}

TEST(ParseCommandLineTest, RefusesAnUnknownLetterAndNamesAll) {
  EXPECT_EQ(Refusal({"-k", "40"}),
            "-k: unknown flag, expected one of: -z -i -n -m -y -t -p -s -h");
  EXPECT_THAT(Refusal({"-5"}), StartsWith("-5: unknown flag"));
}

TEST(ParseCommandLineTest, RefusesABadValueUnderTheNameThatWasWritten) {
  EXPECT_EQ(Refusal({"-t", "0.8x"}), "-t: found \"0.8x\", expected a finite number, 0 or more");
  EXPECT_EQ(Refusal({"--temperature=0.8x"}),
            "--temperature: found \"0.8x\", expected a finite number, 0 or more");
  EXPECT_EQ(Refusal({"-m", "chatt"}),
            "-m: found \"chatt\", expected generate or chat; did you mean \"chat\"?");
  EXPECT_EQ(Refusal({""}), "--checkpoint: found \"\", expected a text that is not empty");
  EXPECT_EQ(Refusal({"--quiet="}), "--quiet: found \"\", expected true or false");
}

// llama2.c took a temperature below 0 for 0 and a top-p outside 0 .. 1 for 0.9.
TEST(ParseCommandLineTest, RefusesWhatLlama2cReplacedSilently) {
  EXPECT_EQ(Refusal({"-t", "-1"}), "-t: found \"-1\", expected a finite number, 0 or more");
  EXPECT_EQ(Refusal({"-p", "1.5"}), "-p: found \"1.5\", expected a finite number from 0 to 1");
  EXPECT_EQ(Refusal({"-n", "-5"}),
            "-n: found \"-5\", expected a whole number from 0 to 2147483647");
}

TEST(ParseCommandLineTest, RefusesAFlagWithoutItsValue) {
  EXPECT_EQ(Refusal({"model.bin", "-n"}),
            "-n: found no value, expected a whole number from 0 to 2147483647 after it");
  EXPECT_EQ(Refusal({"--prompt"}), "--prompt: found no value, expected a text after it");
}

TEST(ParseCommandLineTest, RefusesAnArgumentWhereNoFieldIsPositional) {
  CommonFlags common;
  const Args args = {"model.bin"};
  EXPECT_THAT(ParseCommandLine(args, {&common}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "model.bin: unexpected argument, expected only flags"));
}

}  // namespace
}  // namespace llama2
