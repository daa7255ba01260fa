// `eval` on the windows of `train`: the same number as train's own, and as the oracle's.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "analysis/evaluation.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "llama/checkpoint.h"
#include "testing/matchers.h"
#include "testing/oracle.h"
#include "tokenizer/vocabulary.h"
#include "tools/cli/subprocess.h"
#include "tools/train_fixture.h"
#include "training/dataset.h"
#include "training/metrics.h"
#include "training/output_folder.h"
#include "training/shard.h"
#include "training/trainer.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kTolerance = 1e-4;  // nats a token

class EvalWindowsTest : public TrainFixture {
 protected:
  Outcome Eval(const std::vector<std::string>& args) const {
    Command command = ProgramCommand({"run/model.bin", "-z", "tokenizer.bin", "--json"});
    command.args[0] = EvalProgram();
    command.args.insert(command.args.end(), args.begin(), args.end());
    return RunToEnd(command);
  }

  EvalReport Report(const std::vector<std::string>& args) const {
    const Outcome outcome = Eval(args);
    EvalReport report;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &report).ok())
        << outcome.out << outcome.err;
    return report;
  }

  // What the trainer itself says of the weights that the run has saved last.
  double TrainersLoss(const Dataset& dataset, int64_t windows) const {
    auto newest = FindNewestState(folder().Path("run"));
    EXPECT_THAT(newest, IsOk());
    TrainerOptions options;  // what does not decide the loss is left out
    options.model = Model().config();
    options.batch_size = 4;
    auto trainer = Trainer::Create(options, &dataset, /*threads=*/1, BestIsa());
    EXPECT_THAT(trainer, IsOk());
    newest->state->settings = trainer->state().settings;
    EXPECT_THAT(trainer->Resume(*std::move(newest->state)), IsOk());
    return trainer->ValidationLoss(windows);
  }

  double OraclesLoss(const Dataset& dataset, int64_t windows) const {
    const Checkpoint model = Model();
    double nats = 0;
    int64_t count = 0;
    std::vector<int32_t> tokens(dataset.window());
    for (int64_t i = 0; i < windows; ++i) {
      dataset.ValidationWindow(i, windows, absl::MakeSpan(tokens));
      for (const double loss : OracleLosses(model.config(), model.weights(), tokens)) {
        nats += loss;
        ++count;
      }
    }
    return nats / count;
  }

  Checkpoint Model() const { return *Checkpoint::Open(folder().Path("run/model.bin")); }

  // Of a file in the run's folder.
  std::vector<Shard> Shards(const char* name) const {
    const auto vocabulary = Vocabulary::Load(folder().Path("tokenizer.bin"));
    std::vector<Shard> shards;
    shards.push_back(*Shard::Open(folder().Path(absl::StrCat("run/", name)), *vocabulary));
    return shards;
  }

  // The last row's validation loss, which `train` wrote.
  double LossInMetrics() const {
    auto file = MetricsFile::Open(folder().Path("run/metrics.csv"), 1000000);
    EXPECT_THAT(file, IsOk());
    return *file->rows().back().validation_loss;
  }

 private:
  static std::string EvalProgram() {
    return std::filesystem::absolute(std::getenv("EVAL")).string();
  }
};

TEST_F(EvalWindowsTest, WhatIsHeldOutFromTheTextHasTheTrainersLoss) {
  ASSERT_EQ(Train("run").exit_code, 0);
  const EvalReport report = Report({"stories.txt", "--windows=3", "--held_out=0.1"});
  EXPECT_EQ(report.windows(), 3);
  EXPECT_FALSE(report.has_stories());
  EXPECT_EQ(report.tokens(), 3 * 16);
  EXPECT_NEAR(report.nats_per_token(), LossInMetrics(), kTolerance);
  ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                       Dataset::Split(Shards("training.shard"), 0.1, 17));
  for (const int64_t windows : {1, 3, 50}) {
    const double loss =
        Report({"stories.txt", absl::StrCat("--windows=", windows), "--held_out=0.1"})
            .nats_per_token();
    EXPECT_NEAR(loss, TrainersLoss(dataset, windows), kTolerance) << windows;
    EXPECT_NEAR(loss, OraclesLoss(dataset, windows), kTolerance) << windows;
  }
  // Other windows have another loss: the numbers above are not equal by chance.
  EXPECT_GT(std::abs(Report({"stories.txt", "--windows=3", "--held_out=0.5"}).nats_per_token() -
                     report.nats_per_token()),
            10 * kTolerance);
}

TEST_F(EvalWindowsTest, AValidationTextHasTheTrainersLoss) {
  folder().Write("valid.txt", MakeStories(8));
  ASSERT_EQ(Train("run", {"--validation_text=valid.txt", "--eval_windows=7"}).exit_code, 0);
  ASSERT_OK_AND_ASSIGN(const Dataset dataset, Dataset::Create(Shards("training.shard"),
                                                              Shards("validation.shard"), 17));
  const double loss = Report({"valid.txt", "--windows=7"}).nats_per_token();
  EXPECT_NEAR(loss, LossInMetrics(), kTolerance);
  EXPECT_NEAR(loss, TrainersLoss(dataset, 7), kTolerance);
  EXPECT_NEAR(loss, OraclesLoss(dataset, 7), kTolerance);
  EXPECT_EQ(Report({"valid.txt", "--windows=7", "--batch=1", "--threads=1"}).nats_per_token(),
            loss);
}

TEST_F(EvalWindowsTest, TextThatHasNoWindowIsRefused) {
  ASSERT_EQ(Train("run", {"--steps=6"}).exit_code, 0);
  folder().Write("short.txt", "A cat.");
  EXPECT_THAT(
      Eval({"short.txt", "--windows=1"}),
      FailsWith("eval", 1, HasSubstr("tokens, expected at least 17: a window and the")));
  EXPECT_THAT(Eval({"short.txt", "--windows=1", "--held_out=0.1"}),
              FailsWith("eval", 1, StartsWith("text: found 1 story, expected at least 2")));
  EXPECT_THAT(Eval({"short.txt", "--windows=1", "--cut"}),
              FailsWith("eval", 2, StartsWith("windows: found with cut or stride")));
  EXPECT_THAT(Eval({"short.txt", "--held_out=0.1"}),
              FailsWith("eval", 2, StartsWith("held_out: found without windows")));
}

}  // namespace
}  // namespace llama2
