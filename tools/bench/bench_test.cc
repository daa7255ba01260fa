// `bench` as a program.
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "tools/bench/bench_config.pb.h"
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class BenchTest : public RunFixture {
 protected:
  BenchTest() {
    folder().Write("peer.sh",
                   "echo '| test | t/s |'\n"
                   "echo '| pp8 | '$1'.5 ± 0.1 |'\n"
                   "echo '| tg4 | 2.25 |'\n");
  }

  BenchReport Bench(std::vector<std::string> args) const {
    for (const char* arg : {"--json", "-p", "8,100", "-n", "4", "--rounds=2"}) {
      args.emplace_back(arg);
    }
    const Outcome outcome = RunProgram(args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    BenchReport report;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &report).ok())
        << outcome.out;
    return report;
  }
};

void ExpectPositive(const BenchSpread& spread) {
  EXPECT_GT(spread.min(), 0);
  EXPECT_GE(spread.median(), spread.min());
  EXPECT_GE(spread.max(), spread.median());
}

TEST_F(BenchTest, MeasuresEachPhaseWithEachNumberOfThreads) {
  const BenchReport report = Bench({"model.bin", "-t", "1,2"});
  EXPECT_EQ(report.rounds(), 2);
  ASSERT_EQ(report.model_size(), 1);
  const BenchModel& model = report.model(0);
  EXPECT_EQ(model.checkpoint(), "model.bin");
  EXPECT_EQ(model.format(), "version 0 (float32)");
  ASSERT_EQ(model.note_size(), 1);
  EXPECT_EQ(model.note(0), "prefill 100 cut to 64, the model's context");
  ASSERT_EQ(model.team_size(), 2);
  for (int i = 0; i < 2; ++i) {
    const BenchTeam& team = model.team(i);
    EXPECT_EQ(team.threads(), i + 1);
    ASSERT_EQ(team.result_size(), 3);
    for (const BenchResult& result : team.result()) {
      ExpectPositive(result.tokens_per_second());
      ExpectPositive(result.of_limit());
      EXPECT_GT(result.peak_mib(), 0);
    }
    EXPECT_EQ(team.result(1).tokens(), 64);
    EXPECT_EQ(team.result(2).phase(), "decode");
    ExpectPositive(team.load_ms());
    ExpectPositive(team.first_token_ms());
    ExpectPositive(team.read_gb_per_second());
  }
}

TEST_F(BenchTest, RunsPeersWithTheSameThreads) {
  WriteModel("q8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, 4});
  const BenchReport report = Bench({"q8.bin", "-t", "1,2", "--peer=fake=sh peer.sh {threads}"});
  for (int i = 0; i < 2; ++i) {
    const BenchTeam& team = report.model(0).team(i);
    ASSERT_EQ(team.result_size(), 5);
    EXPECT_EQ(team.result(1).peer(), "fake");
    EXPECT_EQ(team.result(1).tokens_per_second().median(), i + 1.5);
    EXPECT_EQ(team.result(4).tokens_per_second().median(), 2.25);
    ExpectPositive(team.result(4).ratio());
  }
}

TEST_F(BenchTest, PrintsTablesAndCsv) {
  EXPECT_THAT(
      RunProgram({"model.bin", "default", "-p0", "-p", "4", "-n", "0", "-r", "1", "-t", "1"}),
      FailsWith("bench", 2, HasSubstr("-p0")));
  EXPECT_THAT(
      RunProgram({"model.bin", "default", "-p", "4", "-n", "0", "-r", "1", "-t", "1"}),
      Prints(AllOf(StartsWith("model.bin: version 0"), HasSubstr("\ndefault: version 0"),
                   HasSubstr("\nprefill 4  llama2.cc  "))));
  EXPECT_THAT(
      RunProgram({"model.bin", "-p", "0", "-n", "3", "-r", "1", "-t", "1", "--csv"}),
      Prints(AllOf(StartsWith("checkpoint,format,"), HasSubstr(",1,decode,3,\"llama2.cc\","))));
}

TEST_F(BenchTest, WrongUsageIsExitCode2) {
  EXPECT_THAT(RunProgram({}), FailsWith("bench", 2, StartsWith("checkpoint: missing")));
  EXPECT_THAT(RunProgram({"model.bin", "-t", "two"}),
              FailsWith("bench", 2, StartsWith("threads: found \"two\"")));
  EXPECT_THAT(RunProgram({"model.bin", "--peer=x"}),
              FailsWith("bench", 2, StartsWith("peer: found \"x\"")));
}

TEST_F(BenchTest, BadInputIsExitCode1) {
  folder().Write("cut.bin", "too short");
  EXPECT_THAT(RunProgram({"missing.bin"}), FailsWith("bench", 1, StartsWith("missing.bin: ")));
  EXPECT_THAT(RunProgram({"cut.bin"}), FailsWith("bench", 1, StartsWith("cut.bin: ")));
  const std::vector<std::string> once = {"model.bin", "-p", "2", "-n", "0", "-r", "1"};
  const auto with_peer = [&](const char* peer) {
    std::vector<std::string> args = once;
    args.push_back(peer);
    return args;
  };
  EXPECT_THAT(RunProgram(with_peer("--peer=gone=./no_such_program")),
              FailsWith("bench", 1, StartsWith("peer gone: exit code 127: ")));
  EXPECT_THAT(RunProgram(with_peer("--peer=mute=true")),
              FailsWith("bench", 1, StartsWith("peer mute: printed no rate")));
  EXPECT_THAT(RunProgram(with_peer("--peer=far=sh peer.sh 1")),
              FailsWith("bench", 1, StartsWith("peer far: found prefill 8, expected")));
}

TEST_F(BenchTest, PrintsItsConfiguration) {
  EXPECT_THAT(
      RunProgram({"model.bin", "-t", "1,2", "--print_config"}),
      Prints(AllOf(HasSubstr("checkpoint: \"model.bin\""), HasSubstr("threads: \"1,2\""))));
}

}  // namespace
}  // namespace llama2
