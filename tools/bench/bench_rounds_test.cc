#include "tools/bench/bench_rounds.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

MATCHER_P3(IsSpread, min, median, max, "") {
  *result_listener << arg.ShortDebugString();
  return arg.min() == min && arg.median() == median && arg.max() == max;
}

TEST(SpreadOf, IsTheLeastTheMiddleAndTheGreatest) {
  EXPECT_THAT(SpreadOf({3, 1, 2}), IsSpread(1, 2, 3));
  EXPECT_THAT(SpreadOf({4, 1, 3, 2}), IsSpread(1, 2.5, 4));
  EXPECT_THAT(SpreadOf({5}), IsSpread(5, 5, 5));
}

BenchPhase PhaseAt(absl::string_view name, int tokens, double rate) {
  BenchPhase phase;
  phase.set_name(std::string(name));
  if (tokens > 0) phase.set_tokens(tokens);
  phase.set_tokens_per_second(rate);
  phase.set_peak_mib(rate / 2);
  return phase;
}

constexpr auto kNoProgress = [](int64_t, int64_t) {};

// Parts whose rates are made up: those of ours rise from round to round.
class RunRoundsTest : public ::testing::Test {
 protected:
  RunRoundsTest() {
    plan_ = {.config = {.dim = 8,
                        .hidden_dim = 12,
                        .n_layers = 2,
                        .n_heads = 4,
                        .n_kv_heads = 2,
                        .vocab_size = 20,
                        .seq_len = 16},
             .phases = {{Phase::kPrefill, 4}, {Phase::kDecode, 2}},
             .threads = {1},
             .rounds = 3};
    parts_.rates = [&](int threads) {
      absl::StrAppend(&order_, "limits ", threads, "; ");
      return MachineRates{.read = 1e9, .fp32 = 2e9, .int8 = 3e9};
    };
    parts_.model = [&](int threads) {
      absl::StrAppend(&order_, "ours ", threads, "; ");
      ++round_;
      TimedRun timed;
      timed.begin_clock_ms = 100;
      timed.run.set_load_ms(round_);
      timed.run.set_first_token_clock_ms(110 + round_);
      *timed.run.add_phase() = PhaseAt("decode", 2, 10 * round_);
      *timed.run.add_phase() = PhaseAt("prefill", 4, 100 * round_);
      return timed;
    };
  }

  void AddPeer(absl::string_view name, std::vector<BenchPhase> phases) {
    parts_.peers.push_back({std::string(name), [this, name, phases](int threads) {
                              absl::StrAppend(&order_, name, " ", threads, "; ");
                              return phases;
                            }});
  }

  BenchPlan plan_;
  BenchParts parts_;
  std::string order_;
  int round_ = 0;
};

TEST_F(RunRoundsTest, GoesRoundInTurn) {
  plan_.threads = {1, 2};
  plan_.rounds = 2;
  AddPeer("a", {PhaseAt("decode", 2, 5)});
  AddPeer("b", {PhaseAt("decode", 2, 5)});
  std::vector<int64_t> steps;
  ASSERT_THAT(RunRounds(plan_, parts_,
                        [&](int64_t done, int64_t total) {
                          EXPECT_EQ(total, 12);
                          steps.push_back(done);
                        }),
              IsOk());
  const std::string round = "limits 1; ours 1; a 1; b 1; limits 2; ours 2; a 2; b 2; ";
  EXPECT_EQ(order_, round + round);
  EXPECT_THAT(steps, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
}

TEST_F(RunRoundsTest, GathersWhatWasMeasured) {
  ASSERT_OK_AND_ASSIGN(const BenchModel model, RunRounds(plan_, parts_, kNoProgress));
  ASSERT_EQ(model.team_size(), 1);
  const BenchTeam& team = model.team(0);
  EXPECT_EQ(team.threads(), 1);
  EXPECT_THAT(team.load_ms(), IsSpread(1, 2, 3));
  EXPECT_THAT(team.first_token_ms(), IsSpread(11, 12, 13));
  EXPECT_THAT(team.read_gb_per_second(), IsSpread(1, 1, 1));
  EXPECT_THAT(team.fp32_gflop_per_second(), IsSpread(2, 2, 2));
  EXPECT_THAT(team.int8_gop_per_second(), IsSpread(3, 3, 3));
  ASSERT_EQ(team.result_size(), 2);
  EXPECT_EQ(team.result(0).phase(), "prefill");
  EXPECT_EQ(team.result(0).tokens(), 4);
  EXPECT_FALSE(team.result(0).has_peer());
  EXPECT_FALSE(team.result(0).has_ratio());
  EXPECT_THAT(team.result(0).tokens_per_second(), IsSpread(100, 200, 300));
  EXPECT_EQ(team.result(0).peak_mib(), 150);
  EXPECT_EQ(team.result(1).phase(), "decode");
  EXPECT_THAT(team.result(1).tokens_per_second(), IsSpread(10, 20, 30));
}

TEST_F(RunRoundsTest, ASharesLimitIsOfTheSameRound) {
  ASSERT_OK_AND_ASSIGN(const BenchModel model, RunRounds(plan_, parts_, kNoProgress));
  const PhaseCost cost = CostOf(plan_.phases[1], plan_.format, plan_.config);
  const BenchResult& decode = model.team(0).result(1);
  EXPECT_EQ(decode.limit(), "memory");
  EXPECT_DOUBLE_EQ(decode.of_limit().min(), cost.bytes / 1e9 / (2 / 10.0));
  EXPECT_DOUBLE_EQ(decode.of_limit().max(), cost.bytes / 1e9 / (2 / 30.0));
}

TEST_F(RunRoundsTest, APeersRatioIsOfTheSameRound) {
  AddPeer("bench",
          {PhaseAt("prefill", 4, 50), PhaseAt("prefill", 8, 1), PhaseAt("decode", 2, 5)});
  AddPeer("run", {PhaseAt("decode", 0, 10)});
  ASSERT_OK_AND_ASSIGN(const BenchModel model, RunRounds(plan_, parts_, kNoProgress));
  const BenchTeam& team = model.team(0);
  ASSERT_EQ(team.result_size(), 5);
  EXPECT_EQ(team.result(1).peer(), "bench");
  EXPECT_EQ(team.result(1).phase(), "prefill");
  EXPECT_THAT(team.result(1).tokens_per_second(), IsSpread(50, 50, 50));
  EXPECT_THAT(team.result(1).ratio(), IsSpread(2, 4, 6));
  EXPECT_FALSE(team.result(1).has_of_limit());
  EXPECT_EQ(team.result(3).peer(), "bench");
  EXPECT_THAT(team.result(3).ratio(), IsSpread(2, 4, 6));
  EXPECT_EQ(team.result(4).peer(), "run");
  EXPECT_THAT(team.result(4).ratio(), IsSpread(1, 2, 3));
}

TEST_F(RunRoundsTest, ARateWithoutALengthIsTheFirstGenerations) {
  plan_.phases = {{Phase::kDecode, 2}, {Phase::kDecode, 3}};
  parts_.model = [](int) {
    TimedRun timed;
    *timed.run.add_phase() = PhaseAt("decode", 2, 10);
    *timed.run.add_phase() = PhaseAt("decode", 3, 10);
    return timed;
  };
  AddPeer("run", {PhaseAt("decode", 0, 10)});
  ASSERT_OK_AND_ASSIGN(const BenchModel model, RunRounds(plan_, parts_, kNoProgress));
  ASSERT_EQ(model.team(0).result_size(), 3);
  EXPECT_EQ(model.team(0).result(1).peer(), "run");
  EXPECT_EQ(model.team(0).result(1).tokens(), 2);
}

TEST_F(RunRoundsTest, NamesAPeerWithoutAPhaseOfThePlan) {
  AddPeer("far", {PhaseAt("prefill", 8, 1)});
  EXPECT_THAT(RunRounds(plan_, parts_, kNoProgress),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("peer far: found prefill 8, expected")));
}

TEST_F(RunRoundsTest, EndsWithTheFirstError) {
  parts_.peers.push_back({"down", [](int) {
                            return absl::StatusOr<std::vector<BenchPhase>>(
                                absl::UnavailableError("down"));
                          }});
  EXPECT_THAT(RunRounds(plan_, parts_, kNoProgress),
              StatusIs(absl::StatusCode::kUnavailable, "down"));
  EXPECT_EQ(round_, 1);
}

}  // namespace
}  // namespace llama2
