#include "tools/study/study_figures.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/study/study_reports.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> Names(const std::vector<StudyFigure>& figures) {
  std::vector<std::string> names;
  for (const StudyFigure& figure : figures) names.push_back(figure.name);
  return names;
}

std::string Svg(const std::vector<StudyFigure>& figures, const std::string& name) {
  for (const StudyFigure& figure : figures) {
    if (figure.name == name) return figure.svg;
  }
  ADD_FAILURE() << "no figure " << name;
  return "";
}

TEST(StudyCellsTest, FindsTheCellsOfAReport) {
  const StudyReport report = MakeStudyReport(2, 3, 4, 5);
  const StudyCells cells(report);
  for (int i = 0; i < report.cells_size(); ++i) {
    const StudyCells::Place place = cells.PlaceOf(i);
    EXPECT_EQ(&cells.At(place), &report.cells(i));
    EXPECT_EQ(report.cells(i).model(), cells.Name(StudyCells::kModel, place[0]));
    EXPECT_EQ(report.cells(i).prompt(), cells.Name(StudyCells::kPrompt, place[1]));
    EXPECT_EQ(report.cells(i).temperature(), report.temperatures(place[2]));
    EXPECT_EQ(report.cells(i).top_p(), report.top_ps(place[3]));
  }
  EXPECT_EQ(cells.Name({1, 2, 3, 4}), "model 1, prompt 2, temperature 0.75, top-p 1");
  EXPECT_EQ(cells.Name({1, 2, 3, 4}, {StudyCells::kModel, StudyCells::kTopP}),
            "prompt 2, temperature 0.75");
}

TEST(StudyCellsTest, OfWhatThereIsOneIsNotSaid) {
  const StudyReport report = MakeStudyReport(1, 1, 2, 1);
  EXPECT_EQ(StudyCells(report).Name({0, 0, 1, 0}), "temperature 0.25");
}

TEST(StudyFiguresTest, ThereIsOneForEachThingThatWasMeasured) {
  EXPECT_THAT(Names(StudyFigures(MakeStudyReport(1, 1, 3, 1))),
              ElementsAre("log_likelihood", "repetition", "distinct_1", "distinct_2",
                          "distinct_3", "tokens", "ended"));
  EXPECT_THAT(Names(StudyFigures(MakeStudyReport(2, 1, 3, 1))),
              ElementsAre("log_likelihood", "repetition", "distinct_1", "distinct_2",
                          "distinct_3", "tokens", "ended", "agreement"));
}

TEST(StudyFiguresTest, EveryShapeOfStudyHasPictures) {
  for (int models : {1, 2}) {
    for (int prompts : {1, 3}) {
      for (int temperatures : {1, 3}) {
        for (int top_ps : {1, 3}) {
          for (const StudyFigure& figure :
               StudyFigures(MakeStudyReport(models, prompts, temperatures, top_ps))) {
            EXPECT_THAT(figure.svg, AllOf(StartsWith("<svg "), EndsWith("</svg>\n"),
                                          Not(HasSubstr("nan"))));
            EXPECT_FALSE(figure.explanation.empty());
          }
        }
      }
    }
  }
}

TEST(StudyFiguresTest, TemperaturesAreAnAxisAndTheRestAreLines) {
  const std::string svg = Svg(StudyFigures(MakeStudyReport(1, 2, 3, 2)), "tokens");
  // Cell 10 is the last but one: prompt 1, temperature 0.5, top-p 0.
  EXPECT_THAT(svg, AllOf(HasSubstr(">temperature</text>"), HasSubstr(">prompt 1, top-p 0.25<"),
                         HasSubstr("<title>prompt 1, top-p 0, temperature 0.5: 0.1 \xC2\xB1 "
                                   "0.005</title>")));
}

TEST(StudyFiguresTest, OfOneTemperatureTopPIsTheAxis) {
  EXPECT_THAT(
      Svg(StudyFigures(MakeStudyReport(1, 2, 1, 2)), "tokens"),
      AllOf(HasSubstr(">top-p</text>"), HasSubstr("<title>prompt 1, top-p 0.25: 0.03")));
}

TEST(StudyFiguresTest, OtherwisePromptsOrModelsAreBars) {
  EXPECT_THAT(
      Svg(StudyFigures(MakeStudyReport(2, 3, 1, 1)), "tokens"),
      AllOf(HasSubstr("<title>model 1, prompt 2: 0.05"), HasSubstr(">prompt 0</text>")));
  EXPECT_THAT(Svg(StudyFigures(MakeStudyReport(2, 1, 1, 1)), "tokens"),
              HasSubstr("<title>model 1: 0.01"));
}

TEST(StudyFiguresTest, WithTooManyLinesEachPromptHasAFigure) {
  const std::vector<StudyFigure> figures = StudyFigures(MakeStudyReport(1, 3, 2, 3));
  EXPECT_EQ(figures.size(), 7u * 3);
  EXPECT_THAT(Svg(figures, "tokens-3"),
              AllOf(HasSubstr(">Length: prompt 2</text>"), HasSubstr(">top-p 0.5</text>"),
                    Not(HasSubstr("prompt 1"))));
}

TEST(StudyFiguresTest, AModelHasOneColourInAllFigures) {
  const std::vector<StudyFigure> figures = StudyFigures(MakeStudyReport(2, 1, 2, 1));
  for (const char* name : {"tokens", "agreement"}) {
    const std::string svg = Svg(figures, name);
    // The markers of the second model have the second colour.
    const size_t marker = svg.find("<title>model 1, temperature 0: ");
    ASSERT_NE(marker, std::string::npos);
    EXPECT_THAT(svg.substr(marker, svg.find("</g>", marker) - marker),
                AllOf(HasSubstr("class=\"series1\""), Not(HasSubstr("class=\"series0\""))));
  }
}

TEST(StudyFiguresTest, TheFirstModelIsNotComparedWithItself) {
  const std::string svg = Svg(StudyFigures(MakeStudyReport(3, 1, 2, 1)), "agreement");
  EXPECT_THAT(svg, AllOf(HasSubstr(">Agreement with model 0<"), HasSubstr(">model 1</text>"),
                         HasSubstr(">model 2</text>"), Not(HasSubstr(">model 0</text>"))));
}

}  // namespace
}  // namespace llama2
