#include "tools/study/study_page.h"

#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/study/study_figures.h"
#include "tools/study/study_reports.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Page(const StudyReport& report) {
  return StudyPage(report, StudyFigures(report), "prompt: \"a\"\n");
}

TEST(StudyPageTest, HasFiguresNumbersTextsAndTheConfiguration) {
  const std::string page = Page(MakeStudyReport(1, 1, 3, 1));
  EXPECT_THAT(
      page,
      AllOf(StartsWith("<!DOCTYPE html>"), HasSubstr("<h1>A study</h1>"),
            HasSubstr("6 texts: 3 temperatures \xC3\x97 2 seeds, of up to 32 "
                      "tokens each. From model 0."),
            HasSubstr("<figure>\n<svg "), HasSubstr("<td class=\"number\">0.25</td>"),
            HasSubstr("0.020 <small>\xC2\xB1 0.005</small>"),
            HasSubstr("<h4>temperature 0.25</h4>"), HasSubstr("prompt: &quot;a&quot;\n")));
}

TEST(StudyPageTest, ShowsThePickedSampleOfEachCell) {
  const std::string page = Page(MakeStudyReport(1, 2, 2, 1));
  for (const char* text :
       {"Text 0</span> continued 0<", "Text 0</span> continued 1<",
        "Text 1</span> continued 2<", "Text 1</span> continued 3<", "<h3>prompt 1</h3>",
        "seed 2 \xC2\xB7 2 tokens \xC2\xB7 cut at the limit"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  EXPECT_THAT(page, Not(HasSubstr("otherwise")));
}

TEST(StudyPageTest, SaysWhatAMeanIsWorth) {
  StudyReport report = MakeStudyReport(1, 1, 1, 1);
  EXPECT_THAT(Page(report), HasSubstr("At temperature 0 every seed gives the same text"));
  report.set_temperatures(0, 0.5f);
  EXPECT_THAT(Page(report), Not(HasSubstr("At temperature 0")));
}

TEST(StudyPageTest, PromptsWithOneTextEachStandBesideEachOther) {
  EXPECT_THAT(Page(MakeStudyReport(1, 3, 1, 1)),
              AllOf(HasSubstr("<h4>prompt 2</h4>"), Not(HasSubstr("<h3>prompt"))));
}

TEST(StudyPageTest, EveryTextIsText) {
  StudyReport report = MakeStudyReport(2, 2, 1, 1);
  const std::string hostile = "</p><script>alert(1)</script>&";
  report.set_title(hostile);
  for (std::string& model : *report.mutable_models()) model = hostile;
  for (StudyPrompt& prompt : *report.mutable_prompts()) {
    prompt.set_label(hostile);
    prompt.set_text(hostile);
  }
  for (StudyCell& cell : *report.mutable_cells()) {
    cell.set_model(hostile);
    cell.set_prompt(hostile);
    for (StudySample& sample : *cell.mutable_samples()) sample.set_text(hostile);
  }
  const std::string page = StudyPage(report, StudyFigures(report), hostile);
  EXPECT_FALSE(absl::StrContains(page, "<script"));
  EXPECT_FALSE(absl::StrContains(page, "alert(1)</s"));
  EXPECT_TRUE(absl::StrContains(page, "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;"));
}

}  // namespace
}  // namespace llama2
