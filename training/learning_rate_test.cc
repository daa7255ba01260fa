#include "training/learning_rate.h"

#include <cmath>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::StartsWith;

constexpr LearningRateSchedule kSchedule = {
    .peak = 2e-3, .minimum = 2e-4, .warmup_steps = 200, .decay_steps = 1200};

TEST(LearningRateTest, WarmsUpLinearly) {
  EXPECT_DOUBLE_EQ(LearningRate(kSchedule, 1), 1e-5);
  EXPECT_DOUBLE_EQ(LearningRate(kSchedule, 100), 1e-3);
  EXPECT_DOUBLE_EQ(LearningRate(kSchedule, 200), 2e-3);
}

TEST(LearningRateTest, FallsAsHalfACosine) {
  EXPECT_DOUBLE_EQ(LearningRate(kSchedule, 700), 1.1e-3);
  EXPECT_DOUBLE_EQ(LearningRate(kSchedule, 450), 1.1e-3 + 0.9e-3 * std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(LearningRate(kSchedule, 1200), 2e-4);
  EXPECT_DOUBLE_EQ(LearningRate(kSchedule, 1000000), 2e-4);
  for (int step = 201; step <= 1200; ++step) {
    EXPECT_LT(LearningRate(kSchedule, step), LearningRate(kSchedule, step - 1)) << step;
  }
}

TEST(LearningRateTest, NeedsNoWarmUpAndNoDecay) {
  EXPECT_DOUBLE_EQ(LearningRate({.peak = 1, .warmup_steps = 0, .decay_steps = 2}, 1), 0.5);
  EXPECT_DOUBLE_EQ(LearningRate({.peak = 1, .minimum = 1, .decay_steps = 1000}, 5000), 1);
  EXPECT_DOUBLE_EQ(LearningRate({.peak = 1, .warmup_steps = 4, .decay_steps = 4}, 3), 0.75);
}

TEST(LearningRateTest, SchedulesThatMakeNoSenseAreRefused) {
  EXPECT_THAT(Validate(kSchedule), IsOk());
  EXPECT_THAT(Validate(LearningRateSchedule{.peak = NAN}),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("learning_rate: found")));
  EXPECT_THAT(
      Validate(LearningRateSchedule{.peak = 1e-3, .minimum = 2e-3}),
      StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("min_learning_rate: found")));
  EXPECT_THAT(Validate(LearningRateSchedule{.warmup_steps = 11, .decay_steps = 10}),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("warmup_steps: found")));
}

}  // namespace
}  // namespace llama2
