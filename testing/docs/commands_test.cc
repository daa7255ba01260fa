#include "testing/docs/commands.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/docs/page.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

absl::StatusOr<std::vector<Example>> Read(const std::string& text) {
  ASSIGN_OR_RETURN(const Page page, ParsePage("a.md", text));
  return ReadExamples(page);
}

auto IsInvalid(const std::string& message) {
  return StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(message));
}

TEST(CommandsTest, ReadsATerminal) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Example> examples, Read("```console\n"
                                                                 "$ one\n"
                                                                 "$ two \\\n"
                                                                 "  and \\\n"
                                                                 "$ more\n"
                                                                 "out\n"
                                                                 "\n"
                                                                 "$ three\n"
                                                                 "```\n"));
  ASSERT_THAT(examples, SizeIs(1));
  const std::vector<Step>& steps = examples[0].steps;
  ASSERT_THAT(steps, SizeIs(3));
  EXPECT_EQ(steps[0].text, "one");
  EXPECT_EQ(steps[0].line, 1);
  EXPECT_EQ(steps[0].output_begin, 2);
  EXPECT_EQ(steps[0].output_end, 2);
  EXPECT_EQ(steps[1].text, "two \\\n  and \\\n$ more");
  EXPECT_THAT(steps[1].output, ElementsAre("out", ""));
  EXPECT_EQ(steps[1].output_begin, 5);
  EXPECT_EQ(steps[1].output_end, 7);
  EXPECT_THAT(steps[2].output, IsEmpty());
  EXPECT_TRUE(examples[0].compared);
}

TEST(CommandsTest, AShFenceIsOneStep) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Example> examples, Read("```sh\na\nb\n```\n"));
  ASSERT_THAT(examples, SizeIs(1));
  ASSERT_THAT(examples[0].steps, SizeIs(1));
  EXPECT_EQ(examples[0].steps[0].text, "a\nb\n");
  EXPECT_FALSE(examples[0].compared);
}

TEST(CommandsTest, AppliesDirectives) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Example> examples,
                       Read("<!-- setup: s1 -->\n"
                            "<!-- setup: s2 -->\n"
                            "<!-- quick: q -->\n"
                            "<!-- needs: a b -->\n"
                            "<!-- needs: c -->\n"
                            "<!-- exit: 3 -->\n"
                            "<!-- output: not compared -->\n"
                            "```console\n"
                            "$ ls ../shared\n"
                            "```\n"
                            "<!-- not run: too long -->\n"
                            "```sh\n"
                            "cat ../shared/data/README.md\n"
                            "```\n"));
  ASSERT_THAT(examples, SizeIs(2));
  EXPECT_THAT(examples[0].setup, SizeIs(2));
  EXPECT_EQ(examples[0].setup.back().text, "s2");
  EXPECT_EQ(examples[0].quick.at(0).text, "q");
  EXPECT_THAT(examples[0].needs, ElementsAre("a", "b", "c"));  // q wants no ../shared
  EXPECT_EQ(examples[0].exit_code, 3);
  EXPECT_FALSE(examples[0].compared);
  EXPECT_EQ(examples[1].not_run, "too long");
  EXPECT_THAT(examples[1].needs, ElementsAre("../shared/data"));
}

TEST(CommandsTest, NamesTheLineOfABadValue) {
  const std::string fence = "\n```sh\na\n```\n";
  EXPECT_THAT(Read("\n<!-- varies: ( -->" + fence), IsInvalid("a.md:2: varies: (: no regular"));
  EXPECT_THAT(Read("<!-- varies: x* -->" + fence), IsInvalid("a.md:1: varies: x*: matches"));
  EXPECT_THAT(Read("<!-- exit: one -->" + fence), IsInvalid("a.md:1: exit: found one"));
  EXPECT_THAT(Read("<!-- output: any -->" + fence), IsInvalid("a.md:1: output: found any"));
  EXPECT_THAT(Read("<!-- quick: a -->\n<!-- quick: b -->" + fence),
              IsInvalid("a.md:2: quick: given twice"));
}

TEST(CommandsTest, RefusesATerminalThatIsNone) {
  EXPECT_THAT(Read("```console\nout\n$ a\n```\n"), IsInvalid("a.md:2: output above"));
  EXPECT_THAT(Read("```console\n```\n"), IsInvalid("a.md:1: no command"));
  EXPECT_THAT(Read("```console\n$ a \\\n```\n"), IsInvalid("a.md:3: the command above"));
}

TEST(CommandsTest, NoCommandEscapes) {
  for (const char* command :
       {"$ ls", "bazel test //...", "./bazelw run //:run", "  bazel run x"}) {
    for (const char* language : {"", "bash", "text"}) {
      EXPECT_THAT(Read(absl::StrCat("```", language, "\n", command, "\n```\n")),
                  IsInvalid("a.md:2: a command that nobody tests"));
    }
    EXPECT_THAT(Read(absl::StrCat("as in\n\n    ", command, "\n")),
                IsInvalid("a.md:3: a comm"));
    EXPECT_THAT(Read(absl::StrCat("> ", command, "\n")), IsInvalid("a.md:1: a command"));
  }
  EXPECT_THAT(Read("bazel test is a command\n"), IsOkAndHolds(IsEmpty()));
}

TEST(CommandsTest, RefusesDirectivesWhereNothingRuns) {
  EXPECT_THAT(Read("<!-- exit: 1 -->\n```cpp\n```\n"), IsInvalid("a.md:1: exit: stands above"));
}

TEST(CommandsTest, DoesNotRunWhatIsQuoted) {
  EXPECT_THAT(Read("<!-- quote: bazelw | a -->\n[a](a)\n```sh\nbazel test //...\n```\n"),
              IsOkAndHolds(IsEmpty()));
}

}  // namespace
}  // namespace llama2
