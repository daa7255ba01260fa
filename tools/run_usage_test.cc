// `run` as a program: its flags, configurations and refusals.
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "tools/cli/subprocess.h"
#include "tools/cli/version.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class RunUsageTest : public RunFixture {};

TEST_F(RunUsageTest, HelpShowsAllOnStdout) {
  for (const char* flag : {"--help", "-h"}) {
    const Outcome outcome = RunProgram({flag});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, IsEmpty());
    EXPECT_THAT(outcome.out, HasSubstr("Usage: run [CHECKPOINT] [flags]\n"));
    EXPECT_THAT(outcome.out, HasSubstr("  -t, --temperature=NUMBER "));
    EXPECT_THAT(outcome.out, HasSubstr("  run model.bin -i \"Once upon a time\"\n"));
  }
}

TEST_F(RunUsageTest, VersionIsOneLine) {
  const Outcome outcome = RunProgram({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, absl::StrCat("run ", kVersion, "\n"));
}

// The model is in the program: neither a file beside it nor one in the folder is read.
TEST_F(RunUsageTest, WithoutACheckpointTheDefaultModelTellsAStory) {
  const Outcome story = RunProgram({"-t", "0", "-n", "60", "--quiet"});
  EXPECT_EQ(story.exit_code, 0);
  EXPECT_THAT(story.err, IsEmpty());
  EXPECT_THAT(story.out, StartsWith("Once upon a time"));
  const Outcome prompted = RunProgram({"-i", "The little dragon", "-n", "40", "--quiet"});
  EXPECT_THAT(prompted.out, StartsWith("The little dragon"));
}

TEST_F(RunUsageTest, TheDefaultModelNeedsItsOwnVocabulary) {
  EXPECT_THAT(RunProgram({"-z", "tokenizer.bin"}),
              FailsWith("run", 1, AllOf(StartsWith("tokenizer.bin: "), HasSubstr("2048"))));
}

// llama2.c took bad numbers for 0, and named an unknown mode only once the model was
// loaded. This checkpoint does not exist: who looks at it says so, with exit code 1.
TEST_F(RunUsageTest, ABadFlagIsRefusedBeforeTheModelIsLoaded) {
  struct Case {
    std::vector<std::string> flags;
    std::string message;
  };
  for (const Case& test : {
           Case{{"-t", "0.8x"}, "-t: found \"0.8x\", expected a finite number, 0 or more"},
           Case{{"--temperature=abc"},
                "--temperature: found \"abc\", expected a finite "
                "number, 0 or more"},
           Case{{"-p", "1.5"}, "-p: found \"1.5\", expected a finite number from 0 to 1"},
           Case{{"-s", "-5"},
                "-s: found \"-5\", expected a whole number from 0 to "
                "18446744073709551615"},
           Case{{"-n", ""}, "-n: found \"\", expected a whole number from 0 to 2147483647"},
           Case{{"-n"},
                "-n: found no value, expected a whole number from 0 to 2147483647 "
                "after it"},
           Case{{"-m", "chatt"},
                "-m: found \"chatt\", expected generate or chat; did you "
                "mean \"chat\"?"},
           Case{{"--sead=1"}, "--sead: unknown flag; did you mean \"--seed\"?"},
           Case{{"-z", "a\n\x1b[2J", "-x"},
                "-x: unknown flag, expected one of: -z -i -n -m "
                "-y -t -p -s -h"},
           Case{{"other.bin"},
                "--checkpoint: found a second one, \"other.bin\", expected "
                "only \"missing.bin\""},
       }) {
    std::vector<std::string> args = {"missing.bin"};
    args.insert(args.end(), test.flags.begin(), test.flags.end());
    EXPECT_THAT(RunProgram(args), FailsWith("run", 2, test.message));
  }
  EXPECT_THAT(RunProgram({"missing.bin", "--isa=sse9"}),
              FailsWith("run", 2, AllOf(StartsWith("isa: "), HasSubstr("scalar"))));
}

TEST_F(RunUsageTest, AMessageStaysOneLineAndDoesNotControlTheTerminal) {
  EXPECT_THAT(RunProgram({"a\nb\x1b[2J.bin", "-z", "tokenizer.bin"}),
              FailsWith("run", 1, StartsWith("a\\nb[2J.bin: ")));
}

TEST_F(RunUsageTest, FlagsAreStrongerThanFilesAndLaterFilesThanEarlierOnes) {
  folder().Write("a.textproto", "temperature: 0.1 top_p: 0.1 steps: 1 stop: \"a\" stop: \"b\"");
  folder().Write("b.textproto", "temperature: 0.2 top_p: 0.2 stop: \"c\"");
  const Outcome outcome = RunProgram({"--temperature=0.3", "--config=a.textproto", "--config",
                                      "b.textproto", "--print_config"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("temperature: 0.3\ntop_p: 0.2\ntop_k: 0\n"));
  EXPECT_THAT(outcome.out, HasSubstr("steps: 1\nstop: \"c\"\nmode: GENERATE\n"));
}

TEST_F(RunUsageTest, ThePrintedConfigCanBeFedBack) {
  const Outcome printed =
      RunProgram({"model.bin", "-t", "0.8", "-i", "A \"dög\"\n\x01", "-m", "chat", "-s", "7",
                  "--stop=x", "--stop=y", "--min_p=0.05", "--print_config"});
  ASSERT_EQ(printed.exit_code, 0);
  folder().Write("printed.textproto", printed.out);
  const Outcome again = RunProgram({"--config=printed.textproto", "--print_config"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, printed.out);
}

TEST_F(RunUsageTest, AConfigRunsAsTheSameFlagsDo) {
  folder().Write("run.textproto",
                 "checkpoint: \"model.bin\" temperature: 1 seed: 7 steps: 30 prompt: \"once\"");
  const Outcome by_file = RunProgram({"--config=run.textproto"});
  const Outcome by_flags =
      RunProgram({"model.bin", "-t", "1", "-s", "7", "-n", "30", "-i", "once"});
  EXPECT_EQ(by_file.exit_code, 0);
  EXPECT_THAT(by_file.out, StartsWith("once"));
  EXPECT_EQ(by_file.out, by_flags.out);
}

TEST_F(RunUsageTest, ABadConfigIsNamedWithItsPlace) {
  folder().Write("unknown.textproto", "steps: 5\ntemprature: 0.8\n");
  EXPECT_THAT(RunProgram({"model.bin", "--config=unknown.textproto"}),
              FailsWith("run", 1,
                        AllOf(StartsWith("unknown.textproto:2:1: "),
                              EndsWith("did you mean \"temperature\"?"))));
  folder().Write("range.textproto", "top_p: 2");
  EXPECT_THAT(RunProgram({"model.bin", "--config=range.textproto"}),
              FailsWith("run", 1, StartsWith("range.textproto:1:1: top_p: found 2, expected")));
  EXPECT_THAT(RunProgram({"model.bin", "--config=missing.textproto"}),
              FailsWith("run", 1, StartsWith("missing.textproto: ")));
  EXPECT_THAT(RunProgram({"model.bin", "--config=."}),
              FailsWith("run", 1, AllOf(StartsWith(".: "), HasSubstr("directory"))));
  ASSERT_EQ(mkfifo(folder().Path("fifo").c_str(), 0600), 0);
  EXPECT_THAT(RunProgram({"model.bin", "--config=fifo"}),
              FailsWith("run", 1, AllOf(StartsWith("fifo: "), HasSubstr("FIFO"))));
}

TEST_F(RunUsageTest, RelativePathsStartWhereTheUserStands) {
  std::filesystem::create_directory(folder().Path("elsewhere"));
  folder().Write("run.textproto", "steps: 5 temperature: 0");
  Command command =
      ProgramCommand({"model.bin", "-z", "tokenizer.bin", "--config=run.textproto"});
  const Outcome here = RunToEnd(command);
  EXPECT_EQ(here.exit_code, 0) << here.err;
  command.folder = folder().Path("elsewhere");
  EXPECT_THAT(RunToEnd(command), FailsWith("run", 1, StartsWith("run.textproto: ")));
  command.environment = {"BUILD_WORKING_DIRECTORY=" + folder().Path("")};
  EXPECT_EQ(RunToEnd(command).out, here.out);
  command.environment = {"BUILD_WORKING_DIRECTORY=/missing"};
  EXPECT_THAT(RunToEnd(command), FailsWith("run", 1, StartsWith("/missing: ")));
}

TEST_F(RunUsageTest, FindsTheVocabularyBesideTheCheckpointOrHere) {
  std::filesystem::create_directories(folder().Path("models"));
  WriteModel("models/model.bin", kConfig, /*seed=*/10);
  const std::vector<std::string> args = {"models/model.bin", "-t", "0", "-n", "10"};
  const Outcome here = RunProgram(args);
  EXPECT_EQ(here.exit_code, 0) << here.err;
  std::filesystem::rename(folder().Path("tokenizer.bin"),
                          folder().Path("models/tokenizer.bin"));
  EXPECT_EQ(RunProgram(args).out, here.out);
  folder().Write("tokenizer.bin", "of another model");
  EXPECT_EQ(RunProgram(args).out, here.out);
  std::filesystem::remove(folder().Path("models/tokenizer.bin"));
  std::filesystem::remove(folder().Path("tokenizer.bin"));
  EXPECT_THAT(RunProgram(args), FailsWith("run", 1,
                                          AllOf(StartsWith("tokenizer: none given"),
                                                HasSubstr("models/model.bin"))));
}

class RunBadFileTest : public RunFixture {};

TEST_F(RunBadFileTest, ACheckpointThatIsNone) {
  const std::string good = folder().Read("model.bin");
  const auto expect_refused = [&](const std::string& content) {
    folder().Write("bad.bin", content);
    EXPECT_THAT(RunProgram({"bad.bin"}), FailsWith("run", 1, StartsWith("bad.bin: ")));
  };
  expect_refused("");
  expect_refused(good.substr(0, 27));
  expect_refused(good.substr(0, 28));
  expect_refused(good.substr(0, good.size() - 1));
  expect_refused(good + "x");
  expect_refused(std::string(good.size(), '\0'));
  expect_refused(std::string(good.size(), '\xff'));
  expect_refused("GGUF" + good.substr(4));
  expect_refused(std::string("\x32\x34\x6b\x61\x03\0\0\0", 8) + std::string(300, '\0'));
}

TEST_F(RunBadFileTest, ACheckpointOfAnotherNumberFormat) {
  WriteModel("int8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, /*group_size=*/4});
  EXPECT_THAT(RunProgram({"int8.bin"}),
              FailsWith("run", 1,
                        AllOf(StartsWith("int8.bin: found "), HasSubstr("int8"),
                              HasSubstr("expected float32"))));
}

TEST_F(RunBadFileTest, AVocabularyThatIsNone) {
  const std::string good = folder().Read("tokenizer.bin");
  const auto expect_refused = [&](const std::string& content) {
    folder().Write("bad.bin", content);
    EXPECT_THAT(RunProgram({"model.bin", "-z", "bad.bin"}),
                FailsWith("run", 1, StartsWith("bad.bin: ")));
  };
  expect_refused("");
  expect_refused(good.substr(0, 3));
  expect_refused(good.substr(0, good.size() - 1));
  expect_refused(good + "x");
  expect_refused(std::string(good.size(), '\xff'));
  expect_refused(good.substr(0, 8) + "\xff\xff\xff\x7f" + good.substr(12));
  WriteTokenizer("bad.bin", kConfig.vocab_size - 1);
  EXPECT_THAT(RunProgram({"model.bin", "-z", "bad.bin"}),
              FailsWith("run", 1,
                        AllOf(StartsWith("bad.bin: "), HasSubstr("5999"), HasSubstr("6000"))));
}

TEST_F(RunBadFileTest, WhatIsNoFile) {
  ASSERT_EQ(mkfifo(folder().Path("fifo").c_str(), 0600), 0);
  EXPECT_THAT(
      RunProgram({"missing.bin"}),
      FailsWith("run", 1, AllOf(StartsWith("missing.bin: "), HasSubstr("No such file"))));
  EXPECT_THAT(RunProgram({"."}),
              FailsWith("run", 1, AllOf(StartsWith(".: "), HasSubstr("directory"))));
  EXPECT_THAT(RunProgram({"fifo"}),
              FailsWith("run", 1, AllOf(StartsWith("fifo: "), HasSubstr("FIFO"))));
  EXPECT_THAT(RunProgram({"model.bin", "-z", "missing.bin"}),
              FailsWith("run", 1, StartsWith("missing.bin: ")));
  EXPECT_THAT(RunProgram({"model.bin", "-z", "."}),
              FailsWith("run", 1, AllOf(StartsWith(".: "), HasSubstr("directory"))));
  EXPECT_THAT(RunProgram({"model.bin", "-z", "fifo"}),
              FailsWith("run", 1, AllOf(StartsWith("fifo: "), HasSubstr("FIFO"))));
}

// A flipped bit in the header changes a size, which then does not fit the file's; all
// but one: the sequence length's last bits, and the sign of the vocabulary's size, might.
TEST_F(RunBadFileTest, ABitFlippedInTheHeader) {
  const std::string good = folder().Read("model.bin");
  for (int byte = 0; byte < 28; ++byte) {
    std::string bad = good;
    bad[byte] ^= 1 << (byte % 8);
    folder().Write("bad.bin", bad);
    EXPECT_THAT(RunProgram({"bad.bin"}), FailsWith("run", 1, StartsWith("bad.bin: "))) << byte;
  }
}

TEST_F(RunBadFileTest, WeightsThatAreNoNumbers) {
  std::string bad = folder().Read("model.bin");
  for (size_t i = 28; i + 4 <= bad.size(); i += 4) bad[i + 3] = bad[i + 2] = '\xff';
  folder().Write("bad.bin", bad);
  const Outcome outcome = RunProgram({"bad.bin", "-z", "tokenizer.bin"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "\n");
  EXPECT_THAT(outcome.err, AllOf(StartsWith("run: bad.bin: position "), EndsWith("\n")));
}

}  // namespace
}  // namespace llama2
