#include "training/metrics.h"

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

MetricsRow RowOf(int64_t step) {
  return {.step = step, .unix_time = 1e9 + 0.125, .loss = 6.0 / step, .learning_rate = 1e-3};
}

TEST(MetricsRowTest, ReadsAsItWasWritten) {
  EXPECT_EQ(MetricsHeader(),
            "step,unix_time,loss,validation_loss,learning_rate,gradient_norm,"
            "tokens_per_second,gflops");
  const MetricsRow full = {.step = 20,
                           .unix_time = 1700000000.25,
                           .loss = 1.0 / 3,
                           .validation_loss = 2.5,
                           .learning_rate = 5e-4,
                           .gradient_norm = 1e-12,
                           .tokens_per_second = 12345.678,
                           .gflops = 99};
  EXPECT_EQ(FormatMetricsRow(full),
            "20,1700000000.250,0.3333333333333333,2.5,5e-04,1e-12,12345.678,99");
  EXPECT_THAT(ParseMetricsRow(FormatMetricsRow(full)), Optional(full));
  const MetricsRow empty = {.step = 0, .unix_time = 1};
  EXPECT_EQ(FormatMetricsRow(empty), "0,1.000,,,,,,");
  EXPECT_THAT(ParseMetricsRow(FormatMetricsRow(empty)), Optional(empty));
}

TEST(MetricsRowTest, OtherLinesAreNoRows) {
  for (const char* line :
       {"", "1", "x,1,,,,,,", "1,x,,,,,,", "-1,1,,,,,,", "1,1,,,,,", "1,1,x,,,,,", "1,1,,,,,,,",
        "1,1,nan,,,,,", "1,inf,,,,,,", "1.5,1,,,,,,"}) {
    EXPECT_THAT(ParseMetricsRow(line), Eq(std::nullopt)) << line;
  }
}

TEST(MetricsFileTest, GoesOnAtTheStepThatIsResumed) {
  const TestFolder folder;
  {
    auto file = MetricsFile::Open(folder.Path("m.csv"), kAll);
    ASSERT_THAT(file, IsOk());
    for (const int64_t step : {10, 20, 30}) ASSERT_THAT(file->Append(RowOf(step)), IsOk());
    EXPECT_THAT(file->rows(), ElementsAre(RowOf(10), RowOf(20), RowOf(30)));
  }
  const std::string uninterrupted = folder.Read("m.csv");
  EXPECT_EQ(uninterrupted.substr(0, uninterrupted.find('\n')), MetricsHeader());
  {
    auto file = MetricsFile::Open(folder.Path("m.csv"), 29);
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT(file->rows(), ElementsAre(RowOf(10), RowOf(20)));
    ASSERT_THAT(file->Append(RowOf(30)), IsOk());
  }
  EXPECT_EQ(folder.Read("m.csv"), uninterrupted);
  EXPECT_THAT(MetricsFile::Open(folder.Path("m.csv"), -1)->rows(), IsEmpty());
  EXPECT_EQ(folder.Read("m.csv"), MetricsHeader() + "\n");
}

TEST(MetricsFileTest, WhatIsNoRowEndsTheFile) {
  const TestFolder folder;
  const std::string start = MetricsHeader() + "\n" + FormatMetricsRow(RowOf(10)) + "\n";
  for (const std::string& rest : {FormatMetricsRow(RowOf(20)), std::string("20,1\n"),
                                  std::string("\n30,1,,,,,,\n"), std::string(3, '\0')}) {
    folder.Write("m.csv", start + rest);
    const auto file = MetricsFile::Open(folder.Path("m.csv"), kAll);
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT(file->rows(), SizeIs(1));
    EXPECT_EQ(folder.Read("m.csv"), start);
  }
  folder.Write("m.csv", "time,loss\n1,2\n");
  EXPECT_THAT(MetricsFile::Open(folder.Path("m.csv"), kAll)->rows(), IsEmpty());
}

TEST(MetricsFileTest, FilesThatCannotBeAreRefused) {
  const TestFolder folder;
  EXPECT_THAT(MetricsFile::Open(folder.Path("no/m.csv"), kAll),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(MetricsFile::Open(folder.path(), kAll),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace llama2
