// `run --draft` and `runq --draft` as programs: the text is that without a draft.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "llama/kv_cache.h"
#include "testing/shared_data.h"
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

using Args = std::vector<std::string>;

Args operator+(Args a, const Args& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class RunDraftTest : public RunFixture {
 protected:
  Outcome RunRunq(const Args& args) const {
    Command command = ProgramCommand(args);
    command.args[0] = std::filesystem::absolute(std::getenv("RUNQ")).string();
    return RunToEnd(command);
  }

  // Expects the same text greedily and of ten seeds, with lengths of all kinds.
  void ExpectTextOfPlain(const Args& args, const std::string& draft) const {
    std::vector<Args> samplings = {{"-t", "0"}, {"-t", "0.9", "-p", "0.9", "-s", "5"}};
    for (int seed = 1; seed <= 10; ++seed) {
      samplings.push_back({"-t", "1", "-p", "1", "-s", absl::StrCat(seed)});
    }
    for (size_t i = 0; i < samplings.size(); ++i) {
      const Args all = args + samplings[i] + Args{"--quiet"};
      const Outcome plain = RunProgram(all);
      EXPECT_EQ(plain.exit_code, 0) << plain.err;
      EXPECT_GT(plain.out.size(), 50);
      const int length = i % 3 == 0 ? 0 : i;
      const Outcome drafted =
          RunProgram(all + Args{"--draft=" + draft, absl::StrCat("--draft_length=", length)});
      EXPECT_EQ(drafted.exit_code, 0) << drafted.err;
      EXPECT_EQ(drafted.out, plain.out) << draft << " " << testing::PrintToString(all);
    }
  }
};

TEST_F(RunDraftTest, TheTextIsTheSame) {
  WriteModel("other.bin", kConfig, /*seed=*/11);
  for (const char* draft : {"int8", "prompt", "other.bin", "model.bin"}) {
    ExpectTextOfPlain({"model.bin", "-i", "once upon a time"}, draft);
  }
}

// So large that its drafts read half of a copy of it (quant/int8_screen.h).
TEST_F(RunDraftTest, TheTextOfALargeClassifierIsTheSame) {
  Config config = kConfig;
  config.dim = 192;
  WriteModel("wide.bin", config, /*seed=*/10);
  ExpectTextOfPlain({"wide.bin", "-n", "40"}, "int8");
}

TEST_F(RunDraftTest, TheDefaultModelsStoriesAreTheSame) {
  for (const char* draft : {"int8", "prompt"}) ExpectTextOfPlain({"-n", "96"}, draft);
}

TEST_F(RunDraftTest, TheStoriesOfStories260KAreTheSame) {
  const std::optional<std::string> model = SharedDataPath("stories260K.bin");
  const std::optional<std::string> vocabulary = SharedDataPath("tok512.bin");
  if (!model || !vocabulary) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  for (const char* draft : {"int8", "prompt"}) {
    ExpectTextOfPlain({*model, "-z", *vocabulary, "-n", "96"}, draft);
  }
}

TEST_F(RunDraftTest, ThreadsAndInstructionSetsDoNotMatter) {
  const Args args = {"model.bin", "-t", "1", "-s", "7", "-n", "40"};
  ExpectText(args + Args{"--draft=int8", "--draft_length=3"}, RunProgram(args).out);
}

TEST_F(RunDraftTest, EveryNumberOfStepsIsKept) {
  for (int steps = 1; steps <= 12; ++steps) {
    const Args args = {"model.bin", "-t", "0", "-i", "once", "-n", absl::StrCat(steps)};
    EXPECT_EQ(RunProgram(args + Args{"--draft=model.bin", "--draft_length=5"}).out,
              RunProgram(args).out);
  }
}

// The draft's own context is shorter than the text: its end is not foretold.
TEST_F(RunDraftTest, ADraftMayHaveAShorterContext) {
  Config config = kConfig;
  config.seq_len = 20;
  WriteModel("short.bin", config, /*seed=*/10);
  const Args args = {"model.bin", "-t", "0", "-n", "0"};
  EXPECT_EQ(RunProgram(args + Args{"--draft=short.bin", "--draft_length=4"}).out,
            RunProgram(args).out);
}

TEST_F(RunDraftTest, AConversationIsTheSame) {
  Config config = kConfig;
  config.seq_len = 512;
  WriteModel("chat.bin", config, /*seed=*/10);
  const auto chat = [&](const Args& flags) {
    Command command = ProgramCommand(
        Args{"chat.bin", "-m", "chat", "-n", "0", "-s", "1", "-y", "", "--stop=e"} + flags);
    command.input = "hello\nhow are you\nhello\n";
    return RunToEnd(command).out;
  };
  const std::string plain = chat({});
  EXPECT_THAT(plain, HasSubstr("\n"));
  for (const char* draft : {"--draft=int8", "--draft=prompt", "--draft=model.bin"}) {
    EXPECT_EQ(chat({draft}), plain);
    EXPECT_EQ(chat({draft, "--draft_length=4"}), plain);
  }
}

TEST_F(RunDraftTest, SaysWhatItTookAndWhatItDid) {
  // 2 layers of 2 heads of 8, keys and values, 64 positions: 16 KB.
  EXPECT_THAT(
      RunProgram({"model.bin", "-t", "0", "--draft=int8", "--draft_length=2"}).err,
      MatchesRegex("run: model.bin in int8 drafts: 0.[0-9] MB of layers\n"
                   "prompt 1 token .*, generated [0-9]+ tokens .*, [0-9]+ drafts of "
                   "[12].[0-9] tokens, [12].[0-9] accepted .[0-9]+%.*, [0-9] threads?, .*\n"));
  EXPECT_THAT(RunProgram({"model.bin", "-t", "0", "--draft=model.bin"}).err,
              StartsWith("run: model.bin drafts: "));
  EXPECT_THAT(RunProgram({"model.bin", "-t", "0", "--draft=prompt", "--quiet"}).err, IsEmpty());
}

TEST_F(RunDraftTest, EveryVersionOfACheckpointDrafts) {
  const Args args = {"model.bin", "-t", "0", "-n", "40"};
  const std::string plain = RunProgram(args).out;
  WriteModel("v1.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV1});
  WriteModel("v2.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, /*group_size=*/4});
  for (const char* draft : {"v1.bin", "v2.bin"}) {
    const Outcome outcome =
        RunProgram(args + Args{absl::StrCat("--draft=", draft), "--draft_length=3"});
    EXPECT_EQ(outcome.out, plain);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(" drafts of "), HasSubstr("accepted")));
  }
}

TEST_F(RunDraftTest, AnInt8CheckpointInFloat32IsDraftedByItself) {
  WriteModel("v2.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, /*group_size=*/4});
  const Args args = {"v2.bin", "--dequantize", "-t", "0", "-n", "40"};
  const Outcome drafted = RunProgram(args + Args{"--draft=int8", "--draft_length=3"});
  EXPECT_EQ(drafted.exit_code, 0) << drafted.err;
  EXPECT_EQ(drafted.out, RunProgram(args).out);
}

TEST_F(RunDraftTest, RunqIsDraftedByTextsAndFilesButNotByItself) {
  WriteModel("v2.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, /*group_size=*/4});
  for (const Args& sampling : {Args{"-t", "0"}, Args{"-t", "1", "-s", "3"}}) {
    const Args args = Args{"v2.bin", "-n", "40", "-i", "once upon"} + sampling;
    const std::string plain = RunRunq(args).out;
    for (const char* draft : {"--draft=prompt", "--draft=model.bin"}) {
      EXPECT_EQ(RunRunq(args + Args{draft, "--draft_length=4"}).out, plain) << draft;
    }
  }
  EXPECT_THAT(RunRunq({"v2.bin", "--draft=int8"}),
              FailsWith("runq", 1, StartsWith("draft: found int8, expected prompt or ")));
}

TEST_F(RunDraftTest, ADraftThatIsNoneIsAnErrorOfOneLine) {
  const auto expect_refused = [&](const std::string& draft, const auto& message) {
    EXPECT_THAT(RunProgram({"model.bin", "--draft=" + draft}), FailsWith("run", 1, message));
  };
  expect_refused("int9", AllOf(StartsWith("draft: int9: "), HasSubstr("No such file"),
                               HasSubstr("expected int8, prompt or a checkpoint's path")));
  expect_refused(".", AllOf(StartsWith("draft: .: "), HasSubstr("directory")));
  const std::string good = folder().Read("model.bin");
  folder().Write("cut.bin", good.substr(0, good.size() - 1));
  expect_refused("cut.bin", StartsWith("draft: cut.bin: "));
  folder().Write("empty.bin", "");
  expect_refused("empty.bin", StartsWith("draft: empty.bin: "));
  expect_refused("tokenizer.bin", StartsWith("draft: tokenizer.bin: "));

  Config config = kConfig;
  config.vocab_size = 5999;
  WriteModel("other.bin", config, /*seed=*/10);
  expect_refused("other.bin",
                 "draft: other.bin: found a vocabulary of 5999 tokens, expected "
                 "the 6000 of model.bin");
}

TEST_F(RunDraftTest, BadFlagsAreRefusedBeforeAnyModelIsLoaded) {
  EXPECT_THAT(RunProgram({"missing.bin", "--draft="}),
              FailsWith("run", 2, StartsWith("--draft: ")));
  EXPECT_THAT(RunProgram({"missing.bin", "--draft=int8", "--draft_length=17"}),
              FailsWith("run", 2,
                        "--draft_length: found \"17\", expected a whole number from 0 to 16"));
}

// A weight of the draft that is no number, and one of the model's own.
TEST_F(RunDraftTest, ADamagedDraftIsNoneAndADamagedModelIsTheErrorThatItIs) {
  std::string bad = folder().Read("model.bin");
  for (size_t i = 28; i + 4 <= bad.size(); i += 4) bad[i + 3] = bad[i + 2] = '\xff';
  folder().Write("bad.bin", bad);
  const Args good = {"model.bin", "-t", "0", "-n", "40"};
  const Outcome outcome = RunProgram(good + Args{"--draft=bad.bin", "--draft_length=4"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, RunProgram(good).out);

  const Args damaged = {"bad.bin", "-z", "tokenizer.bin"};
  EXPECT_EQ(RunProgram(damaged + Args{"--draft=prompt"}).err, RunProgram(damaged).err);
  EXPECT_THAT(
      RunProgram(damaged + Args{"--draft=int8"}),
      FailsWith("run", 1, AllOf(StartsWith("draft: bad.bin: "), HasSubstr("to make int8 of"))));
}

// A file of 84 MB: the copy is a quarter of it, and both have a KV cache.
TEST_F(RunDraftTest, NeedsTheMemoryOfBothModels) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory for itself";
#endif
  const Config config = {.dim = 512,
                         .hidden_dim = 2048,
                         .n_layers = 4,
                         .n_heads = 8,
                         .n_kv_heads = 8,
                         .vocab_size = 8000,
                         .seq_len = 256};
  const CheckpointHeader header = {{CheckpointVersion::kV1}, config};
  const int64_t file = FileBytes(header.format, config);
  // The weights are zeros, a hole in the file.
  std::filesystem::resize_file(folder().Write("large.bin", SerializeCheckpointHeader(header)),
                               file);
  WriteTokenizer("large_tokenizer.bin", config.vocab_size);
  const Outcome outcome = RunProgram({"large.bin", "-z", "large_tokenizer.bin", "-t", "0", "-n",
                                      "64", "--threads=2", "--draft=int8"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const int64_t int8 = FileBytes({CheckpointVersion::kV2, 64}, config);
  EXPECT_LE(outcome.peak_memory, file + int8 + 2 * KvCache::Bytes(config, 64) + (24 << 20));
}

}  // namespace
}  // namespace llama2
