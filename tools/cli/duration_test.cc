#include "tools/cli/duration.h"

#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(DurationTest, IsShort) {
  EXPECT_EQ(Duration(0.9), "0 s");
  EXPECT_EQ(Duration(59.9), "59 s");
  EXPECT_EQ(Duration(60), "1 min");
  EXPECT_EQ(Duration(3599), "59 min");
  EXPECT_EQ(Duration(3600), "1 h 00 min");
  EXPECT_EQ(Duration(86399), "23 h 59 min");
  EXPECT_EQ(Duration(86400 * 3 + 3600 * 4), "3 d 04 h");
}

}  // namespace
}  // namespace llama2
