// `run` as a program: the text that it prints, and how it ends.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class RunTest : public RunFixture {};

// What llama2.c (commit 350e04f, gcc 12 -O3) prints for model.bin and tok.bin of
//
//   make_checkpoint --seed=SEED --tokenizer=tok.bin model.bin --shape=dim=48,
//       hidden_dim=100,n_layers=2,n_heads=6,n_kv_heads=2,vocab_size=6000,seq_len=64
//
// The seeds are such that no byte tokens appear, which llama2.c does not print.
TEST_F(RunTest, PrintsTheGreedyTextOfLlama2c) {
  WriteModel("greedy.bin", kConfig, /*seed=*/10);
  ExpectText(
      {"greedy.bin", "-z", "tokenizer.bin", "-t", "0", "-n", "40", "-i", "once upon a time"},
      "once upon a timefsjnohdzwiciperngcmcqtfbuayjejtaotwiayfavhelhelcjkctfbbbemhococc"
      "tqfhtfucdqudoadldbnm\n");
}

TEST_F(RunTest, PrintsTheSampledTextOfLlama2c) {
  WriteModel("sampled.bin", kConfig, /*seed=*/11);
  ExpectText({"sampled.bin", "-z", "tokenizer.bin", "-t", "1", "-p", "0.9", "-s", "7", "-n",
              "40", "-i", "once upon a time"},
             "once upon a timedkuhftavecbefcsbnacrahbebcrblewscwofztvndppaysbhgebcapadwoexwaso"
             "klfrwaigfhhgnsbnthiabcp\n");
}

// The files say in their folder's README how llama2.c made them.
TEST_F(RunTest, PrintsTheStoriesOfLlama2c) {
  struct Golden {
    std::string file;
    std::vector<std::string> flags;
  };
  const std::optional<std::string> model = SharedDataPath("stories260K.bin");
  const std::optional<std::string> vocabulary = SharedDataPath("tok512.bin");
  if (!model || !vocabulary) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  for (const Golden& golden : {
           Golden{"t0_n200", {"-t", "0", "-n", "200"}},
           Golden{"t0_n512", {"-t", "0", "-n", "512"}},
           Golden{"t0_n256_prompt", {"-t", "0", "-i", "One day, Tim found a big, red ball."}},
           Golden{"t1_p09_s133742", {"-t", "1.0", "-p", "0.9", "-s", "133742"}},
           Golden{"t1_p1_s42", {"-t", "1.0", "-p", "1.0", "-s", "42", "-n", "200"}},
       }) {
    SCOPED_TRACE(golden.file);
    const std::optional<std::string> expected =
        SharedDataPath(absl::StrCat("expected/stories260K_fp32_", golden.file, ".out"));
    if (!expected) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no expected/..." << golden.file;
    std::ifstream stream(*expected, std::ios::binary);
    std::vector<std::string> args = {*model, "-z", *vocabulary};
    args.insert(args.end(), golden.flags.begin(), golden.flags.end());
    ExpectText(args, std::string(std::istreambuf_iterator<char>(stream), {}));
  }
}

TEST_F(RunTest, RunsACheckpointOfVersion1) {
  WriteModel("v1.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV1});
  const Outcome outcome = RunProgram({"v1.bin", "-t", "0"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, RunProgram({"model.bin", "-t", "0"}).out);
}

TEST_F(RunTest, AnInt8CheckpointIsForRunqUnlessDequantized) {
  WriteModel("int8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, 4});
  EXPECT_THAT(RunProgram({"int8.bin", "-t", "0"}),
              FailsWith("run", 1,
                        "int8.bin: found version 2 (int8 in groups of 4), expected float32; "
                        "to run it as it is: runq int8.bin; in float32: run int8.bin "
                        "--dequantize"));
  // What --dequantize computes with, as a file.
  ASSERT_OK_AND_ASSIGN(const Checkpoint int8, Checkpoint::Open(folder().Path("int8.bin")));
  ASSERT_THAT(WriteCheckpoint(folder().Path("float32.bin"), {CheckpointVersion::kV1}, int8),
              IsOk());
  const Outcome outcome = RunProgram({"int8.bin", "-t", "0", "--dequantize"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, RunProgram({"float32.bin", "-t", "0"}).out);
}

TEST_F(RunTest, TheSeedDecidesTheText) {
  const auto text = [&](const std::string& seed) {
    return RunProgram({"model.bin", "-s", seed, "-n", "40"}).out;
  };
  EXPECT_EQ(text("5"), text("5"));
  EXPECT_NE(text("5"), text("6"));
  EXPECT_NE(text("0"), text("0")) << "the clock stands still";
}

TEST_F(RunTest, StatisticsAreOneLineOnStderr) {
  EXPECT_THAT(RunProgram({"model.bin", "-t", "0", "-n", "20", "-i", "once", "--threads=1",
                          "--isa=scalar"})
                  .err,
              MatchesRegex("prompt [0-9]+ tokens [0-9.]+ tok/s, "
                           "generated [0-9]+ tokens [0-9.]+ tok/s, 1 thread, scalar\n"));
  EXPECT_THAT(RunProgram({"model.bin", "--threads=2"}).err,
              MatchesRegex("prompt 1 token [0-9.]+ tok/s, .*, 2 threads, [a-z0-9]+, "
                           "seed [0-9]+\n"));
}

TEST_F(RunTest, TheSeedFromTheClockGivesTheTextAgain) {
  const Outcome outcome = RunProgram({"model.bin"});
  const size_t seed = outcome.err.find("seed ");
  ASSERT_NE(seed, std::string::npos) << outcome.err;
  const std::string digits = outcome.err.substr(seed + 5, outcome.err.size() - seed - 6);
  EXPECT_EQ(RunProgram({"model.bin", "-s", digits}).out, outcome.out);
}

TEST_F(RunTest, QuietIsQuiet) {
  const Outcome outcome = RunProgram({"model.bin", "-t", "0", "--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_EQ(outcome.out, RunProgram({"model.bin", "-t", "0"}).out);
}

TEST_F(RunTest, StepsOf0OrTooManyAreTheWholeContext) {
  const std::string whole = RunProgram({"model.bin", "-t", "0", "-n", "0"}).out;
  EXPECT_EQ(RunProgram({"model.bin", "-t", "0", "-n", "64"}).out, whole);
  EXPECT_EQ(RunProgram({"model.bin", "-t", "0", "-n", "2147483647"}).out, whole);
  EXPECT_NE(RunProgram({"model.bin", "-t", "0", "-n", "32"}).out, whole);
}

TEST_F(RunTest, StopsBeforeAStopString) {
  EXPECT_EQ(
      RunProgram({"model.bin", "-t", "0", "-i", "once upon a time", "--stop=cip", "--stop=xyz"})
          .out,
      "once upon a timefsjnohdzwi\n");
}

// The vocabulary has all bytes: what is echoed passes through tokens.
TEST_F(RunTest, ATerminalGetsNoControlCharactersAPipeGetsAll) {
  Command command = ProgramCommand({"model.bin", "-n", "12", "-t", "0", "-i", "a\x1b[2Jb\x07"});
  EXPECT_THAT(RunToEnd(command).out, StartsWith("a\x1b[2Jb\x07"));
  command.stdout_kind = Stream::kTerminal;
  const Outcome on_terminal = RunToEnd(command);
  EXPECT_EQ(on_terminal.exit_code, 0) << on_terminal.err;
  EXPECT_THAT(on_terminal.out, StartsWith("a[2Jb"));
  for (char control : {'\x1b', '\x07'}) {
    EXPECT_EQ(on_terminal.out.find(control), std::string::npos);
  }
}

TEST_F(RunTest, AClosedPipeIsAnErrorOfOneLine) {
  Command command = ProgramCommand({"model.bin"});
  command.stdout_kind = Stream::kClosed;
  EXPECT_THAT(RunToEnd(command), FailsWith("run", 1, "stdout: cannot write: Broken pipe"));
}

TEST_F(RunTest, AFullDiskIsAnErrorOfOneLine) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"model.bin"}, {"--help"}, {"--version"}, {"--print_config"}}) {
    Command command = ProgramCommand(args);
    command.stdout_kind = Stream::kFull;
    EXPECT_THAT(RunToEnd(command),
                FailsWith("run", 1, "stdout: cannot write: No space left on device"));
  }
}

class RunInterruptTest : public RunFixture {
 protected:
  // A model that goes on for longer than anybody waits: from some token on it repeats
  // itself.
  void WriteEndlessModel() const {
    const Config config = {.dim = 8,
                           .hidden_dim = 16,
                           .n_layers = 1,
                           .n_heads = 2,
                           .n_kv_heads = 1,
                           .vocab_size = 300,
                           .seq_len = kMaxConfigValue};
    WriteModel("endless.bin", config, /*seed=*/1, {CheckpointVersion::kV1});
    WriteTokenizer("endless_tokenizer.bin", config.vocab_size);
  }

  Outcome RunUntilSignal(int signal, const std::vector<std::string>& flags) const {
    std::vector<std::string> args = {"endless.bin", "-z", "endless_tokenizer.bin", "-t", "0",
                                     "-n",          "0"};
    args.insert(args.end(), flags.begin(), flags.end());
    Command command = ProgramCommand(args);
    bool sent = false;
    command.on_output = [&sent, signal](pid_t pid, const std::string&) {
      if (!sent) kill(pid, signal);
      sent = true;
    };
    return RunToEnd(command);
  }
};

TEST_F(RunInterruptTest, CtrlCEndsTheTextInAnOrderlyWay) {
  WriteEndlessModel();
  const Outcome outcome = RunUntilSignal(SIGINT, {});
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_THAT(outcome.out, EndsWith("\n"));
  EXPECT_THAT(outcome.err, MatchesRegex("prompt 1 token .*, generated [0-9]+ tokens?.*\n"));
  // What was generated stands, and is what would have been.
  const std::string text = outcome.out.substr(0, outcome.out.size() - 1);
  const std::string beginning =
      RunProgram({"endless.bin", "-z", "endless_tokenizer.bin", "-t", "0", "-n", "50"}).out;
  const size_t common = std::min(text.size(), beginning.size() - 1);
  EXPECT_GT(common, 0);
  EXPECT_EQ(text.substr(0, common), beginning.substr(0, common));
}

TEST_F(RunInterruptTest, SoDoesTheSystemThatShutsDown) {
  WriteEndlessModel();
  const Outcome outcome = RunUntilSignal(SIGTERM, {"--quiet"});
  EXPECT_EQ(outcome.exit_code, 128 + SIGTERM);
  EXPECT_THAT(outcome.out, EndsWith("\n"));
  EXPECT_THAT(outcome.err, IsEmpty());
}

}  // namespace
}  // namespace llama2
