#include "kernels/team_size.h"

#include "gtest/gtest.h"

namespace llama2 {
namespace {

using Begin = TeamSize::Begin;
using Finding = TeamSize::Finding;

// A run of the first model takes one member 10 ms, and is shared out without loss.
constexpr double kAlone = 10e-3;

double SharedBy(int members) { return kAlone / members; }

TEST(TeamSize, LongRunsBeginWithAllMembersWhoStayWhileNobodyWaits) {
  TeamSize size(8, Begin::kTogether);
  for (int run = 0; run < 1000; ++run) {
    EXPECT_EQ(size.Choose(Finding::kOpen), 8);
    size.Add(SharedBy(8), /*waited=*/0.05 * SharedBy(8));
    EXPECT_EQ(size.next(), 8);
  }
}

TEST(TeamSize, LongRunsBeginAloneWhereAProcessorIsFoundToBeShared) {
  TeamSize size(8, Begin::kTogether);
  EXPECT_EQ(size.Choose(Finding::kShared), 1);
  size.Add(SharedBy(1), 0);
  EXPECT_EQ(size.Choose(Finding::kOpen), 1);
}

TEST(TeamSize, ShortRunsBeginAloneUntilProcessorsAreFoundToBeTheirOwn) {
  TeamSize size(4, Begin::kAlone);
  EXPECT_EQ(size.Choose(Finding::kOpen), 1);
  EXPECT_EQ(size.next(), 2);
  EXPECT_EQ(size.Choose(Finding::kOwn), 2);
  EXPECT_EQ(size.next(), 4);
  EXPECT_EQ(size.Choose(Finding::kOwn), 4);
  EXPECT_EQ(size.next(), 4);
}

TEST(TeamSize, OneMemberIsAlwaysOne) {
  TeamSize size(1, Begin::kTogether);
  for (int run = 0; run < 100; ++run) {
    EXPECT_EQ(size.Choose(Finding::kOpen), 1);
    size.Add(1e-4, 0);
    EXPECT_EQ(size.next(), 1);
  }
}

TEST(TeamSize, AMemberThatIsWaitedForIsLeftOut) {
  TeamSize size(2, Begin::kTogether);
  ASSERT_EQ(size.Choose(Finding::kOpen), 2);
  size.Add(SharedBy(2), 0);
  size.Add(SharedBy(2) + 10e-3, /*waited=*/10e-3);
  EXPECT_EQ(size.members(), 1);
  EXPECT_EQ(size.next(), 1);
}

// While the other processor is busy, nobody waits for it; it is asked for seldom, as the
// process that has it loses some of it then.
TEST(TeamSize, AProcessorThatIsSharedIsNotUsedAndSeldomAskedFor) {
  TeamSize size(2, Begin::kAlone);
  int asked = 0;
  double seconds = 0;
  for (int run = 0; run < 10000; ++run) {
    const bool ask = size.next() > size.members();
    asked += ask;
    EXPECT_EQ(size.Choose(ask ? Finding::kShared : Finding::kOpen), 1);
    size.Add(1e-3, 0);
    seconds += 1e-3;
  }
  EXPECT_GT(asked, 50);
  EXPECT_LT(asked * 5e-3, 0.07 * seconds);
}

// Asks whenever others are wanted, and is told that the processors are free.
void RunOnFreeProcessors(TeamSize& size) {
  const int members =
      size.Choose(size.next() > size.members() ? Finding::kOwn : Finding::kOpen);
  size.Add(SharedBy(members), 0);
}

TEST(TeamSize, AllMembersAreBackWhenTheOtherProcessIsGone) {
  TeamSize size(4, Begin::kTogether);
  ASSERT_EQ(size.Choose(Finding::kOpen), 4);
  for (int run = 0; run < 2; ++run) size.Add(20e-3, /*waited=*/19e-3);
  EXPECT_EQ(size.members(), 1);
  for (int run = 0; run < 1000; ++run) RunOnFreeProcessors(size);
  EXPECT_EQ(size.members(), 4);
}

// Runs of 20 microseconds, of which a shared one spends more than half on waiting.
TEST(TeamSize, ATinyModelThatGainsNothingRunsAlone) {
  TeamSize size(2, Begin::kAlone);
  int shared = 0;
  for (int run = 0; run < 100000; ++run) {
    const bool ask = size.next() > size.members();
    const int members = size.Choose(ask ? Finding::kOwn : Finding::kOpen);
    shared += members == 2;
    size.Add(20e-6, members == 2 ? 12e-6 : 0);
  }
  EXPECT_GT(shared, 0);
  EXPECT_LT(shared, 10000);
}

}  // namespace
}  // namespace llama2
