#include "kernels/team_size.h"

#include "gtest/gtest.h"

namespace llama2 {
namespace {

// A run of the first model takes one member 10 ms, and is shared out without loss.
constexpr double kAlone = 10e-3;

double SharedBy(int members) { return kAlone / members; }

TEST(TeamSize, AllMembersStayWhileNobodyWaits) {
  TeamSize size(8);
  for (int run = 0; run < 1000; ++run) {
    EXPECT_EQ(size.members(), 8);
    size.Add(SharedBy(8), /*waited=*/0.05 * SharedBy(8));
  }
}

TEST(TeamSize, OneMemberIsAlwaysOne) {
  TeamSize size(1);
  for (int run = 0; run < 100; ++run) {
    EXPECT_EQ(size.members(), 1);
    size.Add(1e-4, 0);
  }
}

TEST(TeamSize, AMemberThatIsWaitedForIsLeftOut) {
  TeamSize size(2);
  size.Add(SharedBy(2), 0);
  size.Add(SharedBy(2) + 10e-3, /*waited=*/10e-3);
  EXPECT_EQ(size.members(), 1);
}

// While the other processor is busy: what is lost is a few percent of all time.
TEST(TeamSize, TryingAgainCostsLittle) {
  TeamSize size(2);
  double all = 0, needed = 0;
  int tries = 0;
  for (int run = 0; run < 2000; ++run) {
    const bool shared = size.members() == 2;
    const double seconds = shared ? SharedBy(2) + 20e-3 : kAlone;
    tries += shared;
    size.Add(seconds, shared ? 20e-3 : 0);
    all += seconds;
    needed += kAlone;
  }
  EXPECT_GT(tries, 5);
  EXPECT_LT(all, 1.05 * needed);
}

TEST(TeamSize, AllMembersAreBackWhenTheOtherProcessIsGone) {
  TeamSize size(4);
  size.Add(SharedBy(4), 0);
  for (int run = 0; run < 3; ++run) size.Add(20e-3, /*waited=*/19e-3);
  EXPECT_EQ(size.members(), 1);
  for (int run = 0; run < 1000; ++run) size.Add(SharedBy(size.members()), 0);
  EXPECT_EQ(size.members(), 4);
}

// Runs of 20 microseconds, of which a shared one spends more than half on waiting.
TEST(TeamSize, ATinyModelThatGainsNothingRunsAlone) {
  TeamSize size(2);
  int shared = 0;
  for (int run = 0; run < 100000; ++run) {
    shared += size.members() == 2;
    size.Add(20e-6, size.members() == 2 ? 12e-6 : 0);
  }
  EXPECT_LT(shared, 10000);
}

TEST(TeamSize, ATinyModelThatGainsIsSharedOutAfterAMoment) {
  TeamSize size(2);
  int alone = 0;
  for (int run = 0; run < 10000; ++run) {
    alone += size.members() == 1;
    size.Add(size.members() == 2 ? 12e-6 : 20e-6, size.members() == 2 ? 2e-6 : 0);
  }
  EXPECT_GT(alone, 50);
  EXPECT_LT(alone, 600);
}

}  // namespace
}  // namespace llama2
