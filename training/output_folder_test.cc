#include "training/output_folder.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "training/training_state.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TrainingState StateOf(int64_t step) {
  TrainingState state;
  state.step = step;
  EXPECT_TRUE(state.parameters.TryResize(1) && state.first_moment.TryResize(1) &&
              state.second_moment.TryResize(1));
  return state;
}

// The step of the newest state; -1 for none.
int64_t NewestStep(const TestFolder& folder) {
  const auto newest = FindNewestState(folder.path());
  EXPECT_THAT(newest, IsOk());
  return newest.ok() && newest->state.has_value() ? newest->state->step : -1;
}

TEST(OutputFolderTest, KeepsTheLastTwoStates) {
  const TestFolder test;
  const auto folder = OutputFolder::Open(test.path());
  ASSERT_THAT(folder, IsOk());
  EXPECT_EQ(NewestStep(test), -1);
  for (const int64_t step : {0, 100, 200, 300}) {
    ASSERT_THAT(folder->Save(StateOf(step)), IsOk());
    EXPECT_EQ(NewestStep(test), step);
  }
  EXPECT_THAT(test.Names(), ElementsAre("state-00000200.bin", "state-00000300.bin"));
  ASSERT_THAT(folder->Save(StateOf(123456789)), IsOk());
  EXPECT_EQ(NewestStep(test), 123456789);
  EXPECT_THAT(test.Names(), ElementsAre("state-00000300.bin", "state-123456789.bin"));
}

TEST(OutputFolderTest, SavingAnEarlierStepGivesUpTheLaterOnes) {
  const TestFolder test;
  const auto folder = OutputFolder::Open(test.path());
  ASSERT_THAT(folder, IsOk());
  for (const int64_t step : {100, 200, 0}) ASSERT_THAT(folder->Save(StateOf(step)), IsOk());
  EXPECT_THAT(test.Names(), ElementsAre("state-00000000.bin"));
}

TEST(OutputFolderTest, ADamagedStateIsPassedOverForTheOneBefore) {
  const TestFolder test;
  const auto folder = OutputFolder::Open(test.path());
  ASSERT_THAT(folder, IsOk());
  for (const int64_t step : {100, 200}) ASSERT_THAT(folder->Save(StateOf(step)), IsOk());
  const std::string whole = test.Read("state-00000200.bin");
  test.Write("state-00000200.bin", whole.substr(0, whole.size() - 1));
  const auto newest = FindNewestState(test.path());
  ASSERT_THAT(newest, IsOk());
  EXPECT_EQ(newest->state->step, 100);
  EXPECT_EQ(newest->path, test.Path("state-00000100.bin"));
  EXPECT_THAT(newest->damaged,
              ElementsAre(StartsWith(test.Path("state-00000200.bin: size: found "))));

  // The next save replaces the damaged one, and does not count it as one of two.
  ASSERT_THAT(folder->Save(StateOf(150)), IsOk());
  EXPECT_THAT(test.Names(), ElementsAre("state-00000100.bin", "state-00000150.bin"));
}

TEST(OutputFolderTest, WhereAllStatesAreDamagedNothingIsStartedAnew) {
  const TestFolder test;
  test.Write("state-00000100.bin", "");
  test.Write("state-00000200.bin", "no state");
  EXPECT_THAT(FindNewestState(test.path()),
              StatusIs(absl::StatusCode::kDataLoss,
                       StartsWith(test.Path("state-00000200.bin: size: found 8"))));
}

TEST(OutputFolderTest, OtherFilesAreNoStates) {
  const TestFolder test;
  for (const char* name : {"state-.bin", "state-1.bin", "state-00000001.bin.tmp-1-1",
                           "state-0000000x.bin", "model.bin", "state--0000001.bin"}) {
    test.Write(name, "x");
  }
  EXPECT_EQ(NewestStep(test), -1);
}

TEST(OutputFolderTest, IsMadeAndClearedOfWhatKilledWritersLeft) {
  const TestFolder test;
  ASSERT_THAT(OutputFolder::Open(test.Path("a/b")), IsOk());
  EXPECT_THAT(test.Names(), ElementsAre("a"));
  test.Write("model.bin.tmp-123-0", "half");
  test.Write("model.bin", "x");
  test.Write("notes.tmp-mine", "x");
  ASSERT_THAT(OutputFolder::Open(test.path()), IsOk());
  EXPECT_THAT(test.Names(), ElementsAre("a", "model.bin", "notes.tmp-mine"));
}

TEST(OutputFolderTest, BelongsToOneAtATime) {
  const TestFolder test;
  {
    const auto first = OutputFolder::Open(test.path());
    ASSERT_THAT(first, IsOk());
    EXPECT_THAT(OutputFolder::Open(test.path()),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("another process")));
  }
  EXPECT_THAT(OutputFolder::Open(test.path()), IsOk());
}

TEST(OutputFolderTest, WhatIsNoFolderIsRefused) {
  const TestFolder test;
  const std::string file = test.Write("file", "x");
  EXPECT_FALSE(OutputFolder::Open(file).ok());
  EXPECT_THAT(std::string(OutputFolder::Open(file).status().message()), StartsWith(file));
  EXPECT_FALSE(OutputFolder::Open(file + "/below").ok());
  EXPECT_FALSE(FindNewestState(test.Path("missing")).ok());
}

}  // namespace
}  // namespace llama2
