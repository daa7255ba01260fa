// `train` as a program: what it writes, what it prints, what it refuses.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"
#include "tools/train_fixture.h"
#include "training/metrics.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

class TrainTest : public TrainFixture {
 protected:
  // Of metrics.csv in the folder `output`.
  std::vector<MetricsRow> Rows(const std::string& output) const {
    auto file = MetricsFile::Open(folder().Path(output + "/metrics.csv"), 1000000);
    EXPECT_THAT(file, IsOk());
    return std::vector<MetricsRow>(file->rows().begin(), file->rows().end());
  }
};

TEST_F(TrainTest, WritesModelsThatLearnt) {
  ASSERT_EQ(Train("run").exit_code, 0);
  for (const char* name : {"run/model.bin", "run/best.bin"}) {
    ASSERT_OK_AND_ASSIGN(const Checkpoint model, Checkpoint::Open(folder().Path(name)));
    EXPECT_EQ(model.config(), (Config{.dim = 16,
                                      .hidden_dim = 24,
                                      .n_layers = 2,
                                      .n_heads = 2,
                                      .n_kv_heads = 1,
                                      .vocab_size = 320,
                                      .seq_len = 16}));
  }
  EXPECT_EQ(folder().Read("run/tokenizer.bin"), folder().Read("tokenizer.bin"));
  EXPECT_THAT(States("run"), ElementsAre("state-00000036.bin", "state-00000040.bin"));
  EXPECT_THAT(folder().Read("run/loss.svg"), AllOf(StartsWith("<svg "), HasSubstr(">run<")));

  const std::vector<MetricsRow> rows = Rows("run");
  std::vector<int> steps, validated;
  for (const MetricsRow& row : rows) {
    steps.push_back(row.step);
    if (row.validation_loss.has_value()) validated.push_back(row.step);
  }
  EXPECT_THAT(steps, ElementsAre(0, 5, 10, 15, 20, 25, 30, 35, 40));
  EXPECT_THAT(validated, ElementsAre(0, 15, 30, 40));
  EXPECT_LT(*rows.back().validation_loss, *rows.front().validation_loss - 1);
  EXPECT_LT(*rows.back().loss, *rows[1].loss - 1);
}

TEST_F(TrainTest, PrintsALineForEachReport) {
  const Outcome outcome = Train("run");
  EXPECT_EQ(outcome.out, "");
  const std::vector<std::string> lines = absl::StrSplit(outcome.err, '\n');
  EXPECT_THAT(lines, SizeIs(3 + 9 + 1));
  EXPECT_THAT(lines, Contains("train: dim 16, hidden_dim 24, 2 layers, 2/1 heads, vocabulary "
                              "320, context 16, shared classifier"));
  EXPECT_THAT(lines, Contains(MatchesRegex("train: [0-9]+ tokens to learn from, [0-9]+ held "
                                           "out")));
  EXPECT_THAT(lines, Contains(MatchesRegex("step  0/40  val 5\\.[0-9]+")));
  EXPECT_THAT(lines,
              Contains(MatchesRegex("step 15/40  loss [0-9.]+  val [0-9.]+  lr [0-9.e-]+  norm "
                                    "[0-9.]+  [0-9]+ tok/s  [0-9.e-]+ GFLOP/s \\([0-9]+%\\)  "
                                    "[0-9]+ (s|min) left")));
  EXPECT_EQ(Train("quiet", {"--quiet"}).err, "");
}

TEST_F(TrainTest, AccumulatedBatchesAreALargerBatch) {
  ASSERT_EQ(Train("a", {"--batch_size=1", "--gradient_accumulation_steps=4"}).exit_code, 0);
  ASSERT_EQ(Train("b", {"--batch_size=4", "--gradient_accumulation_steps=1"}).exit_code, 0);
  EXPECT_EQ(folder().Read("a/model.bin"), folder().Read("b/model.bin"));
}

TEST_F(TrainTest, TakesTheHeldOutPartFromFilesOfItsOwn) {
  folder().Write("valid.txt", MakeStories(8));
  const Outcome outcome = Train("run", {"--validation_text=valid.txt"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(folder().Read("run/validation.shard"), "");
  ASSERT_EQ(Train("other").exit_code, 0);
  EXPECT_NE(Rows("run")[0].validation_loss, Rows("other")[0].validation_loss);
}

TEST_F(TrainTest, EvaluatesOnly) {
  EXPECT_THAT(Train("missing", {"--eval_only"}),
              FailsWith("train", 1, StartsWith("missing: cannot list this folder")));
  ASSERT_EQ(Train("run").exit_code, 0);
  const std::string state = folder().Read("run/state-00000040.bin");
  EXPECT_THAT(Train("run", {"--eval_only"}),
              Prints(absl::StrFormat("step 40: validation loss %.4f nats a token, over 3 "
                                     "windows\n",
                                     *Rows("run").back().validation_loss)));
  EXPECT_EQ(folder().Read("run/state-00000040.bin"), state);
}

TEST_F(TrainTest, BadTextIsRefusedInOneLine) {
  const auto expect_refused = [&](const std::string& text, const auto& message) {
    folder().Write("stories.txt", text);
    EXPECT_THAT(Train("run"), FailsWith("train", 1, message));
  };
  expect_refused("", StartsWith("stories.txt: "));
  expect_refused(" \n\n \n", StartsWith("stories.txt: "));
  expect_refused(std::string("Once\0upon", 9), StartsWith("stories.txt:1: byte 4: "));
  expect_refused("\xFF\xFE once", StartsWith("stories.txt:1: byte 0: "));
  expect_refused("One story, and no other, however long it may be.",
                 StartsWith("text: found 1 story, expected at least 2"));
  expect_refused("A cat.\n\nA dog.\n", HasSubstr("expected at least 17"));
  std::filesystem::remove(folder().Path("stories.txt"));
  EXPECT_THAT(Train("run"), FailsWith("train", 1, StartsWith("stories.txt: cannot open")));
}

TEST_F(TrainTest, BadFilesAreRefusedInOneLine) {
  EXPECT_THAT(Train("stories.txt"), FailsWith("train", 1, StartsWith("stories.txt: ")));
  EXPECT_THAT(Train("stories.txt/run"), FailsWith("train", 1, StartsWith("stories.txt/run: ")));
  EXPECT_THAT(Train("run", {"--tokenizer=stories.txt"}),
              FailsWith("train", 1, StartsWith("stories.txt: ")));
  folder().Write("bad.textproto", "dim: 16\ndims: 2\n");
  EXPECT_THAT(Train("run", {"--config=bad.textproto"}),
              FailsWith("train", 1, StartsWith("bad.textproto:2:1: ")));
}

TEST_F(TrainTest, AModelThatDoesNotFitInMemoryIsRefused) {
  Command command =
      ProgramCommand(Args("run", {"--dim=1048576", "--hidden_dim=1048576", "--n_layers=2"}));
  // So that the sanitizers' allocators say no as the system's does.
  command.environment = {"ASAN_OPTIONS=allocator_may_return_null=1",
                         "TSAN_OPTIONS=allocator_may_return_null=1"};
  const Outcome outcome = RunToEnd(command);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("train: no memory for "));
}

TEST_F(TrainTest, ALossThatIsNotFiniteStopsTheRun) {
  const Outcome outcome = Train("run", {"--learning_rate=1e30", "--quiet"});
  EXPECT_THAT(
      outcome,
      FailsWith("train", 1, AllOf(StartsWith("step "), HasSubstr("expected finite ones"))));
  EXPECT_THAT(States("run"), Contains("state-00000000.bin"));
}

TEST_F(TrainTest, AWrongCommandLineIsRefusedBeforeAnyFileIsRead) {
  const auto expect_refused = [&](std::vector<std::string> args, const auto& message) {
    EXPECT_THAT(RunProgram(std::move(args)), FailsWith("train", 2, message));
  };
  expect_refused({}, StartsWith("output: missing"));
  expect_refused({"--output=run"}, StartsWith("text: missing"));
  expect_refused({"--output=run", "--text=no.txt"}, StartsWith("tokenizer: missing"));
  const auto with = [](const char* flag) {
    return std::vector<std::string>{"--output=run", "--text=no.txt", "--tokenizer=no.bin",
                                    flag};
  };
  expect_refused(with("--dim=0"), StartsWith("--dim: found \"0\""));
  expect_refused(with("--dim=287"), StartsWith("dim: found 287"));
  expect_refused(with("--n_kv_heads=4"),
                 StartsWith("n_heads: found 6, expected a multiple of n_kv_heads (4)"));
  expect_refused(with("--steps=999"), StartsWith("warmup_steps: found 1000, expected 0 to "));
  expect_refused(with("--min_learning_rate=1"), StartsWith("min_learning_rate: found 1"));
  expect_refused(with("--dropout=1"), StartsWith("dropout: found 1, expected "));
  expect_refused(with("--beta1=nan"), StartsWith("--beta1: found \"nan\""));
  expect_refused(with("--isa=sse"), HasSubstr("sse"));
  expect_refused(with("--batch_size=1048576"), StartsWith("batch_size: found 4194304"));
  expect_refused(with("--stpes=3"), "--stpes: unknown flag; did you mean \"--steps\"?");
  expect_refused(with("more.txt"), HasSubstr("more.txt"));
  EXPECT_THAT(RunProgram({"--help"}),
              Prints(HasSubstr("Usage: train --config=FILE [flags]\n")));
  EXPECT_THAT(folder().Names(), ElementsAre("stories.txt", "tiny.textproto", "tokenizer.bin"));
}

}  // namespace
}  // namespace llama2
