#include "testing/docs/output.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Lines = std::vector<std::string>;

TEST(OutputTest, ComparesAllLines) {
  const OutputRules rules;
  EXPECT_TRUE(rules.Match({}, {}));
  EXPECT_TRUE(rules.Match({"a", ""}, {"a", ""}));
  EXPECT_FALSE(rules.Match({"a"}, {}));
  EXPECT_FALSE(rules.Match({}, {"a"}));
  EXPECT_FALSE(rules.Match({"a"}, {"a", "b"}));
  EXPECT_FALSE(rules.Match({"a"}, {"a "}));
}

TEST(OutputTest, DotsStandForAnyNumberOfLines) {
  const OutputRules rules;
  EXPECT_TRUE(rules.Match({"..."}, {}));
  EXPECT_TRUE(rules.Match({"a", "...", "z"}, {"a", "z"}));
  EXPECT_TRUE(rules.Match({"a", "...", "z"}, {"a", "z", "y", "z"}));
  EXPECT_TRUE(rules.Match({"...", "b", "...", "..."}, {"a", "b", "c"}));
  EXPECT_FALSE(rules.Match({"a", "...", "z"}, {"a", "z", "y"}));
  EXPECT_FALSE(rules.Match({"...", "b", "...", "b"}, {"a", "b", "c"}));
  EXPECT_FALSE(rules.Match({"....", "b"}, {"a", "b"}));
}

TEST(OutputTest, WhatVariesMayBeAnotherMatch) {
  OutputRules rules;
  ASSERT_THAT(rules.AddVaries("[0-9]+ tok/s"), IsOk());
  ASSERT_THAT(rules.AddVaries("[ab]$"), IsOk());
  EXPECT_TRUE(rules.Match({"1 tok/s, 22 tok/s"}, {"333 tok/s, 4 tok/s"}));
  EXPECT_TRUE(rules.Match({"x a"}, {"x b"}));
  EXPECT_FALSE(rules.Match({"1 tok/s, 2 tok/s"}, {"1 tok/s"}));
  EXPECT_FALSE(rules.Match({"1 tok/s"}, {"fast"}));
  EXPECT_FALSE(rules.Match({"in 1 tok/s"}, {"at 1 tok/s"}));
  EXPECT_FALSE(rules.Match({"1 tok/s"}, {"a"}));
}

TEST(OutputTest, RefusesWhatIsNoExpression) {
  OutputRules rules;
  EXPECT_THAT(rules.AddVaries("[0-9"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[0-9: no regular")));
}

TEST(OutputTest, ShowsBothSidesAndCutsLongOnes) {
  const OutputRules rules;
  EXPECT_EQ(rules.Explain({"a"}, {}), "  promised:\n    a\n  printed:\n    (nothing)\n");
  EXPECT_EQ(rules.Explain({"a", "b", "c"}, {"a", "c"}),
            "  promised, from its line 2 on:\n    b\n    c\n  printed:\n    c\n");
  EXPECT_THAT(rules.Explain({}, Lines(100, "line")),
              AllOf(HasSubstr("line\n    (and 60 lines more)"), Not(HasSubstr("100"))));
}

}  // namespace
}  // namespace llama2
