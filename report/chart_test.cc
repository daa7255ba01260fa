#include "report/chart.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

MATCHER(IsAPicture, "") {
  return ::testing::ExplainMatchResult(AllOf(StartsWith("<svg "), EndsWith("</svg>\n"),
                                             Not(HasSubstr("nan")), Not(HasSubstr("inf"))),
                                       arg, result_listener);
}

LineChart TwoLines() {
  return {.title = "Distinct bigrams",
          .x = {.label = "temperature"},
          .y = {.label = "share"},
          .lines = {{.name = "top-p 0.9", .points = {{0, 0.2, 0.1}, {1, 0.6}}},
                    {.name = "top-p 1", .points = {{0, 0.2}, {0.5, 0.4}, {1, 0.8, 0.2}}}}};
}

TEST(LineChartTest, HasTitleAxesAndLegend) {
  const std::string chart = LineChartSvg(TwoLines());
  EXPECT_THAT(chart, IsAPicture());
  for (const char* text : {">Distinct bigrams</text>", ">temperature</text>", ">share</text>",
                           ">top-p 0.9</text>", ">top-p 1</text>", ">0.4</text>"}) {
    EXPECT_THAT(chart, HasSubstr(text));
  }
}

TEST(LineChartTest, MarkersSayTheirNumbers) {
  EXPECT_THAT(LineChartSvg(TwoLines()),
              AllOf(HasSubstr("<title>top-p 0.9, temperature 0: 0.2 \xC2\xB1 0.1</title>"),
                    HasSubstr("<title>top-p 1, temperature 0.5: 0.4</title>")));
}

TEST(LineChartTest, NumbersGoWhereTheyBelong) {
  LineChart chart = {.x = {.least = 0, .most = 4},
                     .y = {.least = 0, .most = 1},
                     .lines = {{.points = {{0, 0}, {1, 0.5}, {4, 1}}}}};
  // The box is 58 to 542 wide; without a legend it begins at 68 and ends at 312.
  EXPECT_THAT(LineChartSvg(chart), HasSubstr("d=\"M58.0 312.0L179.0 190.0L542.0 68.0\""));
  // One quarter of the way from 1 to 10^4, as of 10.
  chart.x = {.logarithmic = true, .least = 1, .most = 1e4};
  chart.lines[0].points = {{1, 0}, {10, 0.5}, {1e4, 1}};
  EXPECT_THAT(LineChartSvg(chart), HasSubstr("d=\"M58.0 312.0L179.0 190.0L542.0 68.0\""));
}

TEST(LineChartTest, TicksStandWhereTheAxisSays) {
  LineChart chart = TwoLines();
  chart.x.ticks = {0, 0.37, 1, 5, kNan};
  EXPECT_THAT(LineChartSvg(chart),
              AllOf(IsAPicture(), HasSubstr(">0.37</text>"), Not(HasSubstr(">5</text>"))));
}

TEST(LineChartTest, WhiskersReachAsFarAsTheErrorAndTheAxisHoldsThem) {
  const LineChart chart = {.y = {.least = 0, .most = 1},
                           .lines = {{.points = {{0, 0.5, 0.25}, {1, 0.5}}}}};
  const std::string svg = LineChartSvg(chart);
  EXPECT_THAT(svg, HasSubstr(" 251.0L"));  // 0.25 of the way from 312 to 68
  EXPECT_THAT(svg, HasSubstr(" 129.0\""));
}

TEST(LineChartTest, WhatHasNoPlaceIsLeftOut) {
  const std::vector<LineChart::Point> odd = {{kNan, 1},       {1, kNan},    {kInfinity, 1},
                                             {1, -kInfinity}, {1, 1e300},   {2, 1, kInfinity},
                                             {3, 1, kNan},    {4, 1, 1e300}};
  for (const bool logarithmic : {false, true}) {
    LineChart chart = {.x = {.logarithmic = logarithmic}, .y = {.logarithmic = logarithmic}};
    EXPECT_THAT(LineChartSvg(chart), IsAPicture());  // of nothing
    chart.lines = {{.name = "none", .points = {}}, {.name = "odd", .points = odd}};
    EXPECT_THAT(LineChartSvg(chart), IsAPicture());
  }
  LineChart chart = {.y = {.logarithmic = true},
                     .lines = {{.points = {{0, 1}, {1, 0}, {2, -1}, {3, 2}}}}};
  EXPECT_THAT(LineChartSvg(chart), IsAPicture());
}

TEST(LineChartTest, TextIsText) {
  const LineChart chart = {.title = "<script>\"&",
                           .x = {.label = "<script>"},
                           .y = {.label = "<script>"},
                           .lines = {{.name = "<script>", .points = {{0, 0}}}}};
  const std::string svg = LineChartSvg(chart);
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&quot;&amp;"));
  EXPECT_FALSE(absl::StrContains(svg, "<script>"));
}

BarChart TwoByThree() {
  return {.title = "Repetition",
          .y = {.label = "share"},
          .groups = {"a story", "a dialogue", "a description"},
          .series = {{.name = "float32", .bars = {{0.1, 0.01}, {0.4}, {0}}},
                     {.name = "int8", .bars = {{0.2}, {0.3}, {-0.1}}}}};
}

TEST(BarChartTest, HasTitleAxesLegendAndGroups) {
  const std::string chart = BarChartSvg(TwoByThree());
  EXPECT_THAT(chart, IsAPicture());
  for (const char* text :
       {">Repetition</text>", ">share</text>", ">float32</text>", ">int8</text>",
        ">a story</text>", ">a dialogue</text>", ">a description</text>", ">0</text>",
        "<title>float32, a story: 0.1 \xC2\xB1 0.01</title>",
        "<title>int8, a description: -0.1</title>"}) {
    EXPECT_THAT(chart, HasSubstr(text));
  }
}

TEST(BarChartTest, BarsBeginAtZero) {
  const BarChart chart = {
      .y = {.least = -1, .most = 1}, .groups = {"a", "b"}, .series = {{.bars = {{1}, {-0.5}}}}};
  // 0 is in the middle between 68 and 330.
  EXPECT_THAT(BarChartSvg(chart),
              AllOf(HasSubstr("y=\"68.0\" width=\"46.5\" height=\"131.0\""),
                    HasSubstr("y=\"199.0\" width=\"46.5\" height=\"65.5\"")));
}

TEST(BarChartTest, HasAPictureForLittleAndForNothing) {
  EXPECT_THAT(BarChartSvg({}), IsAPicture());
  EXPECT_THAT(BarChartSvg({.groups = {"a"}}), IsAPicture());
  EXPECT_THAT(BarChartSvg({.series = {{.name = "a"}}}), IsAPicture());
  EXPECT_THAT(
      BarChartSvg({.groups = {"a", "b", "c", "d"},
                   .series = {{.bars = {{kNan}, {kInfinity}, {1e300}, {1, kInfinity}}}}}),
      IsAPicture());
}

TEST(BarChartTest, ManyLongNamesAreCut) {
  BarChart chart;
  for (int i = 0; i < 20; ++i) {
    chart.groups.push_back("a group with a long name");
    chart.series.push_back({.name = "a series with a long name"});
  }
  for (BarChart::Series& series : chart.series) series.bars.resize(20, {.value = 1});
  EXPECT_THAT(BarChartSvg(chart), AllOf(IsAPicture(), HasSubstr("\xE2\x80\xA6</text>")));
}

}  // namespace
}  // namespace llama2
