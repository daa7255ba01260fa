// A run of `train` that was stopped, however, ends with the weights of one that was not.
#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"
#include "tools/train_fixture.h"
#include "training/output_folder.h"

namespace llama2 {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr int kSigInt = 2, kSigKill = 9, kSigTerm = 15;

class TrainResumeTest : public TrainFixture {
 protected:
  // Trains until `condition`, of the shell, is true, and then sends itself `signal`.
  Outcome TrainUntil(absl::string_view condition, int signal, absl::string_view output,
                     std::vector<std::string> more = {}) const {
    const std::string script = absl::StrFormat(
        "(while ! %s && kill -0 $$; do sleep 0.002; done; kill -%d $$) >/dev/null 2>&1 & "
        "exec \"$@\"",
        condition, signal);
    return TrainInScript(script, output, std::move(more));
  }

  // The columns of metrics.csv that do not tell the time.
  std::vector<std::string> Metrics(absl::string_view output) const {
    std::vector<std::string> rows;
    const std::string text = folder().Read(absl::StrCat(output, "/metrics.csv"));
    for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      const std::vector<std::string> cells = absl::StrSplit(line, ',');
      EXPECT_THAT(cells, SizeIs(8)) << line;
      rows.push_back(
          absl::StrCat(cells[0], " ", cells[2], " ", cells[3], " ", cells[4], " ", cells[5]));
    }
    return rows;
  }

  void ExpectSameRun(absl::string_view a, absl::string_view b) const {
    EXPECT_EQ(States(a).back(), States(b).back());
    for (const std::string& name : {std::string("model.bin"), std::string("best.bin"),
                                    std::string("tokenizer.bin"), States(a).back()}) {
      EXPECT_EQ(folder().Read(absl::StrCat(a, "/", name)),
                folder().Read(absl::StrCat(b, "/", name)))
          << name;
    }
    EXPECT_EQ(Metrics(a), Metrics(b));
  }
};

TEST_F(TrainResumeTest, AfterKillAtRandomMoments) {
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(Train("whole").exit_code, 0);
  const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - begin;
  std::mt19937 random(std::random_device{}());
  for (const char* output : {"a", "b", "c"}) {
    int kills = 0;
    Outcome outcome;
    do {
      // What is left becomes shorter, and so do the moments; after some kills the run may
      // go on to its end.
      const double seconds = std::uniform_real_distribution<>(0, whole.count())(random);
      const std::string script = absl::StrFormat("exec timeout -s KILL %.4f \"$@\"", seconds);
      // The weights depend neither on the threads nor on the instruction set.
      const absl::string_view isa = kills % 3 == 1 ? "scalar" : IsaName(BestIsa());
      outcome = kills < 8 ? TrainInScript(script, output,
                                          {absl::StrCat("--threads=", 1 + kills % 2),
                                           absl::StrCat("--isa=", isa)})
                          : Train(output);
    } while (outcome.exit_code == 128 + kSigKill && ++kills > 0);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    ExpectSameRun("whole", output);
  }
}

TEST_F(TrainResumeTest, AfterKillWhileEachKindOfFileIsThere) {
  ASSERT_EQ(Train("whole").exit_code, 0);
  int kills = 0;
  for (const char* file :
       {"training.shard", "tokenizer.bin", "metrics.csv", "best.bin", "model.bin",
        "state-00000000.bin", "state-00000006.bin", "state-00000036.bin"}) {
    const std::string output = absl::StrCat("killed-by-", file);
    // The run may end before its killer has seen the last of them.
    const std::string condition = absl::StrCat("[ -e ", output, "/", file, " ]");
    const Outcome killed = TrainUntil(condition, kSigKill, output);
    EXPECT_THAT(killed.exit_code, AnyOf(0, 128 + kSigKill)) << killed.err;
    kills += killed.exit_code != 0;
    const Outcome outcome = Train(output);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    ExpectSameRun("whole", output);
  }
  EXPECT_GT(kills, 0);
}

TEST_F(TrainResumeTest, AfterCtrlCWhichSaves) {
  ASSERT_EQ(Train("whole").exit_code, 0);
  for (const int signal : {kSigInt, kSigTerm}) {
    const std::string output = absl::StrCat("stopped", signal);
    // It saves rarely by itself.
    const Outcome stopped =
        TrainUntil(absl::StrCat("grep -q ^5, ", output, "/metrics.csv"), signal, output,
                   {"--save_interval=1000000", "--steps=1000000", "--decay_steps=40"});
    EXPECT_EQ(stopped.exit_code, 128 + signal) << stopped.err;
    const std::vector<std::string> states = States(output);
    ASSERT_THAT(states, SizeIs(2));
    EXPECT_EQ(states[0], "state-00000000.bin");
    int step;
    ASSERT_TRUE(absl::SimpleAtoi(states[1].substr(6, 8), &step));
    ASSERT_GE(step, 5);
    const Outcome resumed =
        Train(output, {"--decay_steps=40", absl::StrCat("--steps=", step + 7)});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr(absl::StrCat("resuming after step ", step, "\n")));
    ASSERT_EQ(
        Train("one-go", {"--decay_steps=40", absl::StrCat("--steps=", step + 7), "--force"})
            .exit_code,
        0);
    EXPECT_EQ(folder().Read(absl::StrCat(output, "/model.bin")),
              folder().Read("one-go/model.bin"));
  }
}

TEST_F(TrainResumeTest, FromTheStateBeforeWhereTheNewestIsDamaged) {
  ASSERT_EQ(Train("whole").exit_code, 0);
  ASSERT_EQ(Train("run", {"--steps=12", "--decay_steps=40"}).exit_code, 0);
  EXPECT_THAT(States("run"), ElementsAre("state-00000006.bin", "state-00000012.bin"));
  std::string bytes = folder().Read("run/state-00000012.bin");
  bytes[bytes.size() / 2] ^= 1;
  folder().Write("run/state-00000012.bin", bytes);
  const Outcome outcome = Train("run");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, StartsWith("train: run/state-00000012.bin: checksum: found "));
  EXPECT_THAT(outcome.err, HasSubstr("\ntrain: resuming after step 6\n"));
  EXPECT_EQ(folder().Read("run/model.bin"), folder().Read("whole/model.bin"));
}

TEST_F(TrainResumeTest, NotWithAnotherConfigOrOtherText) {
  ASSERT_EQ(Train("run", {"--steps=12", "--decay_steps=40"}).exit_code, 0);
  const std::string before = folder().Read("run/state-00000012.bin");
  const auto expect_refused = [&](std::vector<std::string> more, const char* what) {
    EXPECT_THAT(Train("run", std::move(more)),
                FailsWith("train", 1,
                          absl::StrCat("run/state-00000012.bin: ", what,
                                       "; --force starts at step 0")));
  };
  expect_refused({"--seed=2"}, "seed: found 1, expected 2");
  expect_refused({"--learning_rate=0.5"}, "learning_rate: found 0.01, expected 0.5");
  expect_refused({"--n_layers=3"}, "n_layers: found 2, expected 3");
  expect_refused({"--steps=50"}, "decay_steps: found 40, expected 50");
  expect_refused({"--batch_size=5"},
                 "batch_size * gradient_accumulation_steps: found 4, expected 5");
  folder().Write("stories.txt", MakeStories(99));
  EXPECT_THAT(Train("run"),
              FailsWith("train", 1, StartsWith("run/state-00000012.bin: data: found ")));
  EXPECT_EQ(folder().Read("run/state-00000012.bin"), before);

  // What does not decide the weights may change.
  folder().Write("stories.txt", MakeStories(100));
  EXPECT_EQ(Train("run", {"--threads=2", "--log_interval=3", "--eval_interval=7",
                          "--eval_windows=2", "--save_interval=4", "--batch_size=2",
                          "--gradient_accumulation_steps=2", "--quiet"})
                .exit_code,
            0);
  ASSERT_EQ(Train("whole").exit_code, 0);
  EXPECT_EQ(folder().Read("run/model.bin"), folder().Read("whole/model.bin"));
}

TEST_F(TrainResumeTest, AFinishedRunIsLeftAloneUnlessForced) {
  ASSERT_EQ(Train("run").exit_code, 0);
  const std::string model = folder().Read("run/model.bin");
  const Outcome again = Train("run");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, StartsWith("train: training is finished; --force starts at step 0\n"));
  EXPECT_THAT(again.err, Not(HasSubstr("step 40/40")));
  EXPECT_THAT(Train("run", {"--steps=30", "--decay_steps=40"}),
              FailsWith("train", 1,
                        "run: found training at step 40, expected at most steps, 30; --force "
                        "starts at step 0"));
  EXPECT_EQ(folder().Read("run/model.bin"), model);
  EXPECT_EQ(Train("run", {"--force", "--seed=2", "--steps=13"}).exit_code, 0);
  EXPECT_THAT(States("run"), ElementsAre("state-00000012.bin", "state-00000013.bin"));
  EXPECT_NE(folder().Read("run/model.bin"), model);
  EXPECT_EQ(Train("run", {"--force"}).exit_code, 0);
  EXPECT_EQ(folder().Read("run/model.bin"), model);
}

TEST_F(TrainResumeTest, AFolderBelongsToOneRunAtATime) {
  const auto other = OutputFolder::Open(folder().Path("run"));
  ASSERT_TRUE(other.ok());
  EXPECT_THAT(Train("run"),
              FailsWith("train", 1, "run: another process is training into this folder"));
}

// A limit on the size of files stands for a full disk: the vocabulary, the tokens and the
// figures find room, the weights do not.
TEST_F(TrainResumeTest, AfterTheDiskWasFull) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the thread sanitizer keeps its books in a file, which the limit is for too";
#endif
  const std::string full = "trap '' XFSZ; ulimit -f 50; exec \"$@\"";  // 25 KB
  EXPECT_THAT(TrainInScript(full, "new", {"--quiet"}),
              FailsWith("train", 1, StartsWith("new/best.bin: cannot write: ")));

  ASSERT_EQ(Train("run", {"--steps=12", "--decay_steps=40"}).exit_code, 0);
  const std::string model = folder().Read("run/model.bin");
  const std::string state = folder().Read("run/state-00000012.bin");
  EXPECT_THAT(TrainInScript(full, "run", {"--quiet", "--eval_interval=1000"}),
              FailsWith("train", 1, StartsWith("run/model.bin: cannot write: ")));
  EXPECT_THAT(States("run"), ElementsAre("state-00000006.bin", "state-00000012.bin"));
  EXPECT_EQ(folder().Read("run/model.bin"), model);
  EXPECT_EQ(folder().Read("run/state-00000012.bin"), state);

  ASSERT_EQ(Train("run").exit_code, 0);
  ASSERT_EQ(Train("whole").exit_code, 0);
  EXPECT_EQ(folder().Read("run/model.bin"), folder().Read("whole/model.bin"));
}

}  // namespace
}  // namespace llama2
