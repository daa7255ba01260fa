#include "tools/study/study_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/study/study_reports.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

TEST(StudySizeTest, SaysOfWhatThereAreSeveral) {
  EXPECT_EQ(StudySize(MakeStudyReport(2, 3, 4, 5)),
            "240 texts: 2 models x 3 prompts x 4 temperatures x 5 values of top-p x 2 seeds");
  EXPECT_EQ(StudySize(MakeStudyReport(1, 1, 3, 1)), "6 texts: 3 temperatures x 2 seeds");
  StudyReport one = MakeStudyReport(1, 1, 1, 1);
  one.mutable_seeds()->RemoveLast();
  EXPECT_EQ(StudySize(one), "1 text");
}

TEST(StudyTableTest, HasALineForEachCell) {
  EXPECT_EQ(
      StudyTable(MakeStudyReport(1, 2, 2, 1)),
      "prompt    temperature  log-likelihood  repetition  distinct-1  distinct-2  distinct-3  "
      "tokens  ended\n"
      "prompt 0            0           0.000       0.000       0.000       0.000       0.000  "
      "   0.0   0.00\n"
      "prompt 0         0.25           0.010       0.010       0.010       0.010       0.010  "
      "   0.0   0.01\n"
      "prompt 1            0           0.020       0.020       0.020       0.020       0.020  "
      "   0.0   0.02\n"
      "prompt 1         0.25           0.030       0.030       0.030       0.030       0.030  "
      "   0.0   0.03\n");
}

TEST(StudyTableTest, ACellIsOneLineWhateverItsPromptIs) {
  StudyReport report = MakeStudyReport(1, 2, 1, 1);
  report.mutable_prompts(1)->set_label("zwei\nZeilen");
  report.mutable_cells(1)->set_prompt(
      "\xC3\xBC"
      "ber\nzwei Zeilen und viel zu lang");
  EXPECT_THAT(StudyTable(report), HasSubstr("\n\xC3\xBC"
                                            "ber zwei Zeilen und vi\xE2\x80\xA6  "));
}

TEST(StudyTableTest, WhatThereIsNoMeanOfIsADash) {
  StudyReport report = MakeStudyReport(2, 1, 1, 1);
  report.mutable_cells(1)->mutable_repetition()->Clear();
  const std::vector<StudyColumn> columns = StudyColumns(report);
  const auto find = [&columns](absl::string_view heading) {
    return *std::find_if(columns.begin(), columns.end(),
                         [&](const StudyColumn& column) { return column.heading == heading; });
  };
  EXPECT_EQ(find("repetition").values[1], "-");
  EXPECT_EQ(find("agreement").values[0], "-");
  EXPECT_EQ(find("distinct-1").errors[1], "0.005");
}

}  // namespace
}  // namespace llama2
