#include "training/loss_plot.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "training/metrics.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<MetricsRow> Rows(int count) {
  std::vector<MetricsRow> rows;
  for (int i = 1; i <= count; ++i) {
    MetricsRow row = {.step = 10 * i, .loss = 1.5 + 5 * std::exp(-i / 20.0)};
    if (i % 10 == 0) row.validation_loss = *row.loss + 0.1;
    rows.push_back(row);
  }
  return rows;
}

TEST(LossPlotTest, ShowsBothCurvesWithAxesAndALegend) {
  const std::string plot = LossPlot(Rows(100), "tiny");
  EXPECT_THAT(plot, AllOf(StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""),
                          EndsWith("</svg>\n"), HasSubstr("<title>tiny</title>")));
  EXPECT_THAT(plot, AllOf(HasSubstr(">training, at last 1.534<"),
                          HasSubstr(">validation, at last 1.634<")));
  // Ticks of steps and of losses.
  for (const char* tick : {">0<", ">200<", ">1000<", ">1.6<", ">2<", ">3<", ">5<"}) {
    EXPECT_THAT(plot, HasSubstr(tick));
  }
  EXPECT_THAT(plot, Not(HasSubstr("nan")));
  EXPECT_THAT(plot, Not(HasSubstr("inf")));
}

TEST(LossPlotTest, TheCurvesGoWhereTheLossesAre) {
  // A logarithm's middle is the root.
  const std::vector<MetricsRow> rows = {
      {.step = 0, .loss = 4}, {.step = 50, .loss = 2}, {.step = 100, .loss = 1}};
  // x from 58; y from 402 up to 90; with some room at the ends.
  EXPECT_THAT(LossPlot(rows, ""), HasSubstr("d=\"M58.0 102.5L412.8 246.0L767.5 389.5\""));
}

TEST(LossPlotTest, ALongRunIsDrawnWithAFewHundredPoints) {
  EXPECT_THAT(LossPlot(Rows(50000), "long"), HasSubstr(">500k<"));
  EXPECT_LT(LossPlot(Rows(50000), "long").size(), 200000u);
}

TEST(LossPlotTest, HasAPictureForLittleAndForNothing) {
  for (const std::vector<MetricsRow>& rows :
       {std::vector<MetricsRow>(), Rows(1), Rows(2),
        std::vector<MetricsRow>{{.step = 0, .validation_loss = 7.0}},
        std::vector<MetricsRow>{{.step = 1, .loss = 0.0}, {.step = 2, .loss = -1.0}},
        std::vector<MetricsRow>{{.step = 1, .loss = 1e-300}, {.step = 2, .loss = 1e300}}}) {
    const std::string plot = LossPlot(rows, "");
    EXPECT_THAT(plot,
                AllOf(EndsWith("</svg>\n"), Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
    EXPECT_LT(plot.size(), 10000u);
  }
}

TEST(LossPlotTest, ATitleIsText) {
  const std::string plot = LossPlot({}, "<script>\"&\xFF");
  EXPECT_THAT(plot, HasSubstr("&lt;script&gt;&quot;&amp;"));
  EXPECT_FALSE(absl::StrContains(plot, "<script>"));
}

}  // namespace
}  // namespace llama2
