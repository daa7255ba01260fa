#include "testing/docs/pattern.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(PatternTest, FindsAllMatchesAndTheirGroups) {
  ASSERT_OK_AND_ASSIGN(const Pattern pattern, Pattern::Compile("([0-9]+)(x|(y))"));
  EXPECT_THAT(pattern.FindAll("12x, 3y 4z"),
              ElementsAre(ElementsAre("12x", "12", "x", ""), ElementsAre("3y", "3", "y", "y")));
  EXPECT_THAT(pattern.FindAll(""), IsEmpty());
}

TEST(PatternTest, ReplacesAllMatches) {
  ASSERT_OK_AND_ASSIGN(const Pattern pattern, Pattern::Compile("[0-9]+"));
  EXPECT_EQ(pattern.ReplaceAll("1 and 23", "#"), "# and #");
  EXPECT_EQ(pattern.ReplaceAll("none", "#"), "none");
}

TEST(PatternTest, TheBeginningIsThatOfTheText) {
  ASSERT_OK_AND_ASSIGN(const Pattern pattern, Pattern::Compile("^a|b$"));
  EXPECT_THAT(pattern.FindAll("aabb"), ElementsAre(ElementsAre("a"), ElementsAre("b")));
}

TEST(PatternTest, PassesOverEmptyMatches) {
  ASSERT_OK_AND_ASSIGN(const Pattern pattern, Pattern::Compile("\\b|z"));
  EXPECT_THAT(pattern.FindAll("a z"), ElementsAre(ElementsAre("z")));
}

TEST(PatternTest, ReadsBeyondAZeroByte) {
  ASSERT_OK_AND_ASSIGN(const Pattern pattern, Pattern::Compile("a"));
  EXPECT_THAT(pattern.FindAll(absl::string_view("a\0a", 3)), SizeIs(2));
}

TEST(PatternTest, MatchesALongText) {
  ASSERT_OK_AND_ASSIGN(const Pattern pattern, Pattern::Compile("(a|b)+"));
  const std::string text(1'000'000, 'a');
  EXPECT_THAT(pattern.FindAll(text), ElementsAre(ElementsAre(text, "a")));
}

TEST(PatternTest, RefusesWhatIsNoExpression) {
  const auto is_invalid = [](const std::string& message) {
    return StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(message));
  };
  EXPECT_THAT(Pattern::Compile("[0-9"), is_invalid("[0-9: no regular expression: "));
  EXPECT_THAT(Pattern::Compile("(?:a)"), is_invalid("(?:a): no regular expression: "));
  EXPECT_THAT(Pattern::Compile("[0-9]*"), is_invalid("[0-9]*: matches the empty text"));
  EXPECT_THAT(Pattern::Compile(""), is_invalid(": matches the empty text"));
  EXPECT_THAT(Pattern::Compile("\\d s"), is_invalid("\\d s: found \\d, expected the syntax"));
  EXPECT_THAT(Pattern::Compile(".+?s"), is_invalid(".+?s: found +?, expected the syntax"));
}

}  // namespace
}  // namespace llama2
