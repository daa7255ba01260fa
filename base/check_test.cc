#include "base/check.h"

#include <string>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(Check, PassesAndEvaluatesOnce) {
  int evaluated = 0;
  CHECK(++evaluated == 1);
  CHECK_EQ(++evaluated, 2);
  CHECK_LT(0, ++evaluated);
  EXPECT_EQ(evaluated, 3);
}

TEST(Check, StandsInAnUnbracedIf) {
  bool reached_else = false;
  if (reached_else)
    CHECK(false);
  else if (reached_else)
    CHECK_EQ(1, 2);
  else
    reached_else = true;
  EXPECT_TRUE(reached_else);
}

TEST(CheckDeathTest, SaysWhereAndWhat) {
  const int rows = 0;
  EXPECT_DEATH(CHECK(rows > 0), "base/check_test.cc:[0-9]+: check failed: rows > 0\n");
}

TEST(CheckDeathTest, PrintsBothValues) {
  const int length = 3;
  const std::string name = "a";
  EXPECT_DEATH(CHECK_EQ(length, 4), "check failed: length == 4 \\(3 vs. 4\\)");
  EXPECT_DEATH(CHECK_NE(length, 3), "check failed: length != 3 \\(3 vs. 3\\)");
  EXPECT_DEATH(CHECK_LT(length, 3), "check failed: length < 3 \\(3 vs. 3\\)");
  EXPECT_DEATH(CHECK_LE(length, 2), "check failed: length <= 2 \\(3 vs. 2\\)");
  EXPECT_DEATH(CHECK_GT(length, 3), "check failed: length > 3 \\(3 vs. 3\\)");
  EXPECT_DEATH(CHECK_GE(length, 4), "check failed: length >= 4 \\(3 vs. 4\\)");
  EXPECT_DEATH(CHECK_EQ(name, "b"), "check failed: name == \"b\" \\(a vs. b\\)");
}

#ifdef NDEBUG
TEST(Dcheck, IsNotEvenEvaluatedInAnOptimisedBuild) {
  int evaluated = 0;
  DCHECK(++evaluated == 0);
  DCHECK_EQ(++evaluated, 0);
  EXPECT_EQ(evaluated, 0);
}
#else
TEST(DcheckDeathTest, IsACheckInADebugBuild) {
  const int i = 5;
  EXPECT_DEATH(DCHECK(i == 4), "check failed: i == 4\n");
  EXPECT_DEATH(DCHECK_EQ(i, 4), "check failed: i == 4 \\(5 vs. 4\\)");
  EXPECT_DEATH(DCHECK_LT(i, 5), "check failed: i < 5 \\(5 vs. 5\\)");
  EXPECT_DEATH(DCHECK_LE(i, 4), "check failed: i <= 4 \\(5 vs. 4\\)");
  EXPECT_DEATH(DCHECK_GE(i, 6), "check failed: i >= 6 \\(5 vs. 6\\)");
}
#endif

}  // namespace
}  // namespace llama2
