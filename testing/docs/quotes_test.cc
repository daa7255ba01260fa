#include "testing/docs/quotes.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/docs/page.h"
#include "testing/docs/text.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class QuotesTest : public ::testing::Test {
 protected:
  QuotesTest() {
    folder_.Write("a.cc",
                  "int x;\n"        // 1
                  "\n"              // 2
                  "  int F() {\n"   // 3
                  "    if (x) {\n"  // 4
                  "    }\n"         // 5
                  "\n"              // 6
                  "  }  // F\n"     // 7
                  "int y;\n");      // 8
    folder_.Write("page.sh", "echo '```'\n");
    folder_.Write("endless.h", "namespace {\nint z;\n");
  }

  absl::StatusOr<std::string> Update(const std::string& text,
                                     const std::string& path = "page.md") const {
    ASSIGN_OR_RETURN(const Page page, ParsePage(path, text));
    ASSIGN_OR_RETURN(const Page updated, UpdateQuotes(page, folder_.path()));
    return JoinLines(updated.lines);
  }

  TestFolder folder_;
};

auto IsInvalid(const std::string& message) {
  return StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(message));
}

constexpr char kBlock[] =
    "<!-- quote: a.cc | int F() -->\n"
    "[a.cc:3](a.cc#L3-L7)\n"
    "```cpp\n"
    "int F() {\n"
    "  if (x) {\n"
    "  }\n"
    "\n"
    "}  // F\n"
    "```\n";

TEST_F(QuotesTest, MakesABlockThatEndsWithItsBrace) {
  EXPECT_THAT(Update("before\n<!-- quote: a.cc | int F() -->\nafter\n"),
              IsOkAndHolds(std::string("before\n") + kBlock + "after\n"));
}

TEST_F(QuotesTest, LeavesAFreshQuoteAsItIs) {
  EXPECT_THAT(Update(kBlock), IsOkAndHolds(kBlock));
}

TEST_F(QuotesTest, MakesAStaleQuoteAnew) {
  EXPECT_THAT(Update("<!-- quote: a.cc | int F() -->\n"
                     "[a.cc:1](a.cc#L1)\n"
                     "```cpp\n"
                     "int G() {\n"
                     "```\n"
                     "after\n"),
              IsOkAndHolds(std::string(kBlock) + "after\n"));
}

TEST_F(QuotesTest, LeavesAFenceOfTheAuthorsAlone) {
  EXPECT_THAT(Update("<!-- quote: a.cc | int F() -->\n```sh\nls\n```\n"),
              IsOkAndHolds(std::string(kBlock) + "```sh\nls\n```\n"));
}

TEST_F(QuotesTest, EndsWhereItIsTold) {
  EXPECT_THAT(Update("<!-- quote: a.cc | int x | int y -->\n"),
              IsOkAndHolds(HasSubstr("[a.cc:1](a.cc#L1-L8)\n```cpp\nint x;\n\n  int F() {")));
  EXPECT_THAT(Update("<!-- quote: a.cc | int x | int -->\n"),
              IsOkAndHolds(HasSubstr("[a.cc:1](a.cc#L1)\n```cpp\nint x;\n```\n")));
}

TEST_F(QuotesTest, LinksFromThePagesFolder) {
  EXPECT_THAT(Update("<!-- quote: a.cc | int x | x -->\n", "docs/course/05.md"),
              IsOkAndHolds(HasSubstr("[a.cc:1](../../a.cc#L1)")));
}

TEST_F(QuotesTest, MakesAFenceThatTheTextDoesNotClose) {
  EXPECT_THAT(Update("<!-- quote: page.sh | echo | echo -->\n"),
              IsOkAndHolds(HasSubstr("````sh\necho '```'\n````\n")));
}

TEST_F(QuotesTest, NamesTheLineOfWhatIsNotThere) {
  EXPECT_THAT(Update("\n<!-- quote: b.cc | int -->\n"), IsInvalid("page.md:2: quote: "));
  EXPECT_THAT(Update("<!-- quote: b.cc | int -->\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("b.cc: ")));
  EXPECT_THAT(Update("<!-- quote: a.cc | long -->\n"),
              IsInvalid("page.md:1: quote: a.cc has no line with \"long\""));
  EXPECT_THAT(Update("<!-- quote: a.cc | int F() | int x -->\n"),
              IsInvalid("page.md:1: quote: a.cc has no line with \"int x\" from line 3 on"));
}

TEST_F(QuotesTest, RefusesATextInSeveralLines) {
  EXPECT_THAT(Update("<!-- quote: a.cc | int -->\n"),
              IsInvalid("page.md:1: quote: a.cc has \"int\" in lines 1 and 3, expected one"));
}

TEST_F(QuotesTest, RefusesABlockThatDoesNotEnd) {
  EXPECT_THAT(Update("<!-- quote: endless.h | namespace -->\n"),
              IsInvalid("page.md:1: quote: endless.h has no line with a } of the same"));
}

TEST_F(QuotesTest, RefusesWhatIsNotThreeParts) {
  for (const char* value : {"a.cc", "a.cc | ", "a.cc | a | b | c", " | a"}) {
    EXPECT_THAT(Update(std::string("<!-- quote: ") + value + " -->\n"),
                IsInvalid("page.md:1: quote: found "));
  }
}

}  // namespace
}  // namespace llama2
