#include "analysis/session_pool.h"

#include <atomic>
#include <cstdint>
#include <vector>

#include "analysis/test_model.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

TEST(SessionPool, HasASessionForEachThread) {
  const TestModel test;
  ASSERT_OK_AND_ASSIGN(SessionPool sessions,
                       SessionPool::Create(*test.model, 3, {.capacity = 8, .chunk = 4}));
  sessions[0].Feed({1, 5, 6});
  sessions[2].Feed({1});
  EXPECT_EQ(sessions[0].position(), 3);
  EXPECT_EQ(sessions[1].position(), 0);
  EXPECT_EQ(sessions[2].position(), 1);
  EXPECT_EQ(sessions[1].capacity(), 8);
}

TEST(ShareOut, DoesEachTaskOnce) {
  for (const int threads : {1, 2, 5}) {
    std::vector<std::atomic<int>> times(100);
    std::atomic<bool> known_thread = true;
    int64_t last = 0;
    EXPECT_THAT(ShareOut(
                    times.size(), threads,
                    [&](int64_t done, int64_t total) {
                      EXPECT_EQ(total, 100);
                      EXPECT_GT(done, last);
                      last = done;
                      return true;
                    },
                    [&](int64_t task, int thread) {
                      ++times[task];
                      if (thread < 0 || thread >= threads) known_thread = false;
                    }),
                IsOk());
    for (const std::atomic<int>& count : times) EXPECT_EQ(count, 1);
    EXPECT_TRUE(known_thread);
    if (threads == 1) {
      EXPECT_EQ(last, 100);
    }
  }
}

TEST(ShareOut, StopsWhenItIsTold) {
  int done = 0;
  EXPECT_THAT(ShareOut(
                  100, 1, [](int64_t so_far, int64_t) { return so_far < 7; },
                  [&](int64_t, int) { ++done; }),
              StatusIs(absl::StatusCode::kCancelled, ::testing::_));
  EXPECT_EQ(done, 7);
}

}  // namespace
}  // namespace llama2
