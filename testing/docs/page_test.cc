#include "testing/docs/page.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

auto IsInvalid(const std::string& message) {
  return StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(message));
}

absl::StatusOr<Page> Parse(const std::string& text) { return ParsePage("a.md", text); }

TEST(PageTest, FindsFencesWithTheirLanguages) {
  ASSERT_OK_AND_ASSIGN(const Page page, Parse("# A\n\n```cpp\nint i;\n```\n~~~\n```\n~~~\n"));
  ASSERT_EQ(page.fences.size(), 2u);
  EXPECT_EQ(page.fences[0].language, "cpp");
  EXPECT_EQ(page.fences[0].first, 2);
  EXPECT_EQ(page.fences[0].last, 4);
  EXPECT_THAT(FenceLines(page, page.fences[0]), ElementsAre("int i;"));
  EXPECT_EQ(page.fences[1].language, "");
  EXPECT_THAT(FenceLines(page, page.fences[1]), ElementsAre("```"));
}

TEST(PageTest, TakesTheFencesIndentationOffItsLines) {
  ASSERT_OK_AND_ASSIGN(const Page page, Parse("- x\n\n  ```sh\n  a\n    b\n c\n\n  ```\n"));
  EXPECT_THAT(FenceLines(page, page.fences.at(0)), ElementsAre("a", "  b", "c", ""));
}

TEST(PageTest, AFenceIsClosedByAsManyMarks) {
  ASSERT_OK_AND_ASSIGN(const Page page, Parse("````\n```\n````\n"));
  ASSERT_EQ(page.fences.size(), 1u);
  EXPECT_THAT(FenceLines(page, page.fences[0]), ElementsAre("```"));
}

TEST(PageTest, MarksWithinASentenceOpenNothing) {
  ASSERT_OK_AND_ASSIGN(const Page page, Parse("```console``` fences\n"));
  EXPECT_THAT(page.fences, IsEmpty());
}

TEST(PageTest, DirectivesBelongToTheFenceBelow) {
  ASSERT_OK_AND_ASSIGN(const Page page, Parse("<!-- varies: [0-9]+ -->\n"
                                              "\n"
                                              "<!-- for people, and passed over -->\n"
                                              "<!-- quick:\n"
                                              "one\n"
                                              "two -->\n"
                                              "```sh\n"
                                              "```\n"
                                              "```sh\n"
                                              "```\n"));
  ASSERT_EQ(page.fences.size(), 2u);
  const std::vector<Directive>& directives = page.fences[0].directives;
  ASSERT_EQ(directives.size(), 2u);
  EXPECT_EQ(directives[0].name, "varies");
  EXPECT_EQ(directives[0].value, "[0-9]+");
  EXPECT_EQ(directives[1].value, "one\ntwo");
  EXPECT_EQ(directives[1].first, 3);
  EXPECT_EQ(directives[1].last, 5);
  EXPECT_THAT(page.fences[1].directives, IsEmpty());
}

TEST(PageTest, ProseIsWhatIsInNoFenceAndNoComment) {
  ASSERT_OK_AND_ASSIGN(const Page page, Parse("a\n<!-- b -->\n```\nc\n```\nd <!-- e -->\n"));
  EXPECT_THAT(page.prose, ElementsAre(true, false, false, false, false, true));
}

TEST(PageTest, KnowsWhatWasMadeOfAQuote) {
  ASSERT_OK_AND_ASSIGN(const Page page, Parse("<!-- quote: a.h | int -->\n"
                                              "[a.h:1](a.h#L1)\n"
                                              "```sh\n"
                                              "bazel test\n"
                                              "```\n"
                                              "<!-- quote: b.h | int -->\n"
                                              "\n"
                                              "```sh\n"
                                              "```\n"));
  ASSERT_EQ(page.quotes.size(), 2u);
  EXPECT_EQ(page.quotes[0].link, 1);
  EXPECT_EQ(page.quotes[0].last, 4);
  EXPECT_TRUE(page.fences[0].quoted);
  EXPECT_EQ(page.quotes[1].link, 0);
  EXPECT_EQ(page.quotes[1].last, 5);
  EXPECT_FALSE(page.fences[1].quoted);
}

TEST(PageTest, NamesTheLineOfAFenceThatIsNotClosed) {
  EXPECT_THAT(Parse("a\n```sh\nb"), IsInvalid("a.md:2: this fence is not closed"));
  EXPECT_THAT(Parse("```"), IsInvalid("a.md:1: this fence is not closed"));
  EXPECT_THAT(Parse("````\n```\n"), IsInvalid("a.md:1: this fence is not closed"));
}

TEST(PageTest, NamesTheLineOfACommentThatIsNotClosed) {
  EXPECT_THAT(Parse("\n<!-- quick: a\n```sh\n```\n"), IsInvalid("a.md:2: this comment is not"));
}

TEST(PageTest, RefusesADirectiveThatItDoesNotKnow) {
  EXPECT_THAT(Parse("<!-- varys: x -->\n```sh\n```\n"), IsInvalid("a.md:1: varys: no such"));
}

TEST(PageTest, RefusesADirectiveWithoutAValueOrAColon) {
  EXPECT_THAT(Parse("<!-- quick: -->\n```sh\n```\n"), IsInvalid("a.md:1: quick: a value"));
  EXPECT_THAT(Parse("<!-- not run -->\n```sh\n```\n"), IsInvalid("a.md:1: not run: a value"));
}

TEST(PageTest, RefusesADirectiveWithoutAFence) {
  EXPECT_THAT(Parse("<!-- exit: 1 -->\ntext\n```sh\n```\n"),
              IsInvalid("a.md:1: exit: no fence follows"));
  EXPECT_THAT(Parse("<!-- exit: 1 -->\n"), IsInvalid("a.md:1: exit: no fence follows"));
  EXPECT_THAT(Parse("<!-- exit: 1 -->\n<!-- quote: a | b -->\n"),
              IsInvalid("a.md:1: exit: no fence follows"));
}

}  // namespace
}  // namespace llama2
