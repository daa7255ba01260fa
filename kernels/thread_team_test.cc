#include "kernels/thread_team.h"

#include <vector>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(ThreadTeam, EveryMemberRunsTheBodyOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadTeam team(threads);
    std::vector<int> runs(threads, 0);
    for (int repeat = 1; repeat <= 3; ++repeat) {
      team.Run([&](ThreadTeam::Member& me) {
        EXPECT_EQ(me.size(), threads);
        ++runs[me.index()];
      });
      EXPECT_EQ(runs, std::vector<int>(threads, repeat));
    }
  }
}

// Each step reads what other members wrote in the step before: without the waits
// some sum would be wrong, and the thread sanitizer would see the race.
TEST(ThreadTeam, StepsSeeWhatTheOthersWroteBefore) {
  for (int threads : {1, 2, 3, 5}) {
    ThreadTeam team(threads);
    constexpr int kSize = 64;
    std::vector<int64_t> values(kSize, 1), sums(kSize);
    constexpr int kSteps = 50;
    team.Run([&](ThreadTeam::Member& me) {
      for (int step = 0; step < kSteps; ++step) {
        me.ForEach(kSize, [&](int64_t i) { sums[i] = values[i] + values[kSize - 1 - i]; });
        me.ForEach(kSize, [&](int64_t i) { values[kSize - 1 - i] = sums[i] % 1000003; });
      }
    });
    int64_t expected = 1;
    for (int step = 0; step < kSteps; ++step) expected = 2 * expected % 1000003;
    EXPECT_EQ(values, std::vector<int64_t>(kSize, expected));
  }
}

TEST(ThreadTeam, SharesAreContiguousEvenAndComplete) {
  for (int threads : {1, 2, 3, 7}) {
    for (int64_t n : {0, 1, 5, 16, 17, 100, 1000}) {
      for (int64_t grain : {1, 4, 16}) {
        std::vector<Range> ranges(threads);
        ThreadTeam team(threads);
        team.Run([&](ThreadTeam::Member& me) { ranges[me.index()] = me.Share(n, grain); });
        EXPECT_EQ(ranges.front().begin, 0);
        EXPECT_EQ(ranges.back().end, n);
        for (int i = 0; i < threads; ++i) {
          EXPECT_EQ(ranges[i].begin, i == 0 ? 0 : ranges[i - 1].end);
          EXPECT_TRUE(ranges[i].size() == 0 || ranges[i].begin % grain == 0);
          EXPECT_LE(ranges[i].size(), (n / grain / threads + 2) * grain);
        }
      }
    }
  }
}

TEST(ThreadTeam, TeamsOnSeveralThreadsAreIndependent) {
  ThreadTeam outer(3);
  std::vector<int64_t> sums(3, 0);
  outer.Run([&](ThreadTeam::Member& me) {
    // Each member here stands for a caller with a team of its own.
    ThreadTeam inner(1);
    inner.Run([&](ThreadTeam::Member& one) {
      one.ForEach(100, [&](int64_t i) { sums[me.index()] += i; });
    });
  });
  EXPECT_EQ(sums, std::vector<int64_t>(3, 4950));
}

// Whatever it learns of this machine: each Run is complete.
TEST(ThreadTeam, AnAdaptiveTeamDoesTheSameWithFewerMembers) {
  for (auto sizing : {ThreadTeam::Sizing::kAdaptive, ThreadTeam::Sizing::kAdaptiveFromOne}) {
    ThreadTeam team(3, sizing);
    EXPECT_EQ(team.size(), 3);
    for (int run = 0; run < 200; ++run) {
      std::vector<int> times(100, 0);
      std::vector<int64_t> sums(3, 0);
      int members = 0;
      team.Run([&](ThreadTeam::Member& me) {
        if (me.index() == 0) members = me.size();
        me.ForEach(times.size(), [&](int64_t i) { ++times[i]; });
        for (int n : times) sums[me.index()] += n;
      });
      EXPECT_EQ(times, std::vector<int>(100, 1));
      ASSERT_TRUE(members >= 1 && members <= 3);
      for (int i = 0; i < members; ++i) EXPECT_EQ(sums[i], 100);
    }
  }
}

// Helpers may be watching their processors, or not have begun, when the team ends.
TEST(ThreadTeam, EndsWhateverItsHelpersDo) {
  for (int i = 0; i < 50; ++i) {
    ThreadTeam unused(4, ThreadTeam::Sizing::kAdaptiveFromOne);
    ThreadTeam used(4);
    std::atomic<int> runs = 0;
    used.Run([&](ThreadTeam::Member&) { ++runs; });
    EXPECT_EQ(runs, 4);
  }
}

TEST(AvailableProcessors, IsAtLeastOne) { EXPECT_GE(AvailableProcessors(), 1); }

TEST(TaskQueueTest, HandsOutEveryTaskOnce) {
  constexpr int64_t kTasks = 1000;
  for (int threads : {1, 3}) {
    ThreadTeam team(threads);
    TaskQueue queue(kTasks);
    std::vector<std::atomic<int>> done(kTasks);
    team.Run([&](ThreadTeam::Member&) { queue.ForEach([&](int64_t i) { ++done[i]; }); });
    for (int64_t i = 0; i < kTasks; ++i) EXPECT_EQ(done[i], 1) << i;
  }
}

}  // namespace
}  // namespace llama2
