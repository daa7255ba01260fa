#include "report/scale.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

std::vector<std::string> Labels(const Scale& scale, double room) {
  std::vector<std::string> labels;
  for (double value : Ticks(scale, room)) labels.push_back(TickLabel(value, scale));
  return labels;
}

TEST(ScaleTest, ValuesGoFromOneEndToTheOther) {
  const Scale down = {.least = 10, .most = 20, .begin = 400, .end = 100};
  EXPECT_EQ(down.Place(10), 400);
  EXPECT_EQ(down.Place(15), 250);
  EXPECT_EQ(down.Place(20), 100);
}

TEST(ScaleTest, ALogarithmsMiddleIsTheRoot) {
  const Scale scale = {.least = 1, .most = 100, .begin = 0, .end = 50, .logarithmic = true};
  EXPECT_THAT(scale.Place(10), DoubleNear(25, 1e-9));
}

TEST(ScaleTest, TicksAreRoundAndAsManyAsThereIsRoomFor) {
  const Scale unit = {.least = 0, .most = 1, .begin = 0, .end = 300};
  EXPECT_THAT(Labels(unit, 50), ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  EXPECT_THAT(Labels(unit, 30), ElementsAre("0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6",
                                            "0.7", "0.8", "0.9", "1"));
  EXPECT_THAT(Labels(unit, 200), ElementsAre("0", "1"));
  const Scale below = {.least = -3.7, .most = 1.2, .begin = 300, .end = 0};
  EXPECT_THAT(Labels(below, 50), ElementsAre("-3", "-2", "-1", "0", "1"));
}

TEST(ScaleTest, LongAxesCountInThousandsAndMillions) {
  EXPECT_THAT(Labels({.least = 0, .most = 3e4, .begin = 0, .end = 300}, 80),
              ElementsAre("0", "10k", "20k", "30k"));
  EXPECT_THAT(Labels({.least = 0, .most = 2.5e6, .begin = 0, .end = 300}, 80),
              ElementsAre("0", "1M", "2M"));
}

TEST(ScaleTest, LogarithmicTicksAreRoundToo) {
  EXPECT_THAT(
      Labels({.least = 0.9, .most = 110, .begin = 0, .end = 300, .logarithmic = true}, 25),
      ElementsAre("1", "2", "5", "10", "20", "50", "100"));
  EXPECT_THAT(
      Labels({.least = 1.45, .most = 3.1, .begin = 0, .end = 300, .logarithmic = true}, 25),
      ElementsAre("1.6", "1.8", "2", "2.5", "3"));
  EXPECT_THAT(
      Labels({.least = 1e-9, .most = 1e9, .begin = 0, .end = 100, .logarithmic = true}, 25),
      ElementsAre("1e-05", "1", "100000"));
}

// Whatever the limits are: a handful of ticks within them, and an end.
TEST(ScaleTest, EveryScaleThatIsWidenedHasTicks) {
  const std::vector<double> limits = {0,    1,           1 + 1e-12, -1,     1e-100, 1e-12,
                                      1e15, 1e15 + 0.25, 1e100,     -1e100, 3.14159};
  for (const bool logarithmic : {false, true}) {
    for (double least : limits) {
      for (double most : limits) {
        if (logarithmic && (least <= 0 || most <= 0)) continue;
        const Scale scale = Widened({.least = least,
                                     .most = most,
                                     .begin = 10,
                                     .end = 410,
                                     .logarithmic = logarithmic});
        ASSERT_LT(scale.least, scale.most);
        const std::vector<double> ticks = Ticks(scale, 40);
        EXPECT_LE(ticks.size(), 30u) << least << " " << most;
        for (double tick : ticks) {
          const double place = scale.Place(tick);
          EXPECT_TRUE(place >= 10 - 1e-3 && place <= 410 + 1e-3) << tick;
        }
      }
    }
  }
}

TEST(ScaleTest, WidenedLeavesAScaleThatIsWideEnough) {
  const Scale scale = Widened({.least = 2, .most = 3});
  EXPECT_EQ(scale.least, 2);
  EXPECT_EQ(scale.most, 3);
}

}  // namespace
}  // namespace llama2
