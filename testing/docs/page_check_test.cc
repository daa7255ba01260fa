// From a page's text to what is wrong with it, and to the page with what is right.
#include "testing/docs/page_check.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/docs/checkout_folder.h"
#include "testing/docs/commands.h"
#include "testing/docs/page.h"
#include "testing/docs/run_examples.h"
#include "testing/docs/text.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Checked {
  std::vector<std::string> failures;
  std::vector<std::string> skips;
  absl::StatusOr<Page> updated;
};

// A page a.md, run in a checkout without programs.
absl::StatusOr<Checked> Check(const std::string& text, Form form = Form::kQuick) {
  const TestFolder folder;
  ASSIGN_OR_RETURN(const Page page, ParsePage("a.md", text));
  ASSIGN_OR_RETURN(const std::vector<Example> examples, ReadExamples(page));
  ASSIGN_OR_RETURN(const Checkout checkout, Checkout::Create(folder.Write("list.txt", ""), ""));
  ASSIGN_OR_RETURN(const std::vector<ExampleResult> results,
                   RunExamples(examples, checkout, form));
  return Checked{Failures(page, examples, results), Skips(page, examples, results),
                 UpdateOutputs(page, examples, results)};
}

std::vector<std::string> FailuresOf(const std::string& text) {
  const auto checked = Check(text);
  EXPECT_THAT(checked, IsOk());
  return checked.ok() ? checked->failures : std::vector<std::string>();
}

std::string Updated(const std::string& text, Form form = Form::kQuick) {
  const auto checked = Check(text, form);
  EXPECT_THAT(checked, IsOk());
  if (!checked.ok() || !checked->updated.ok()) return "";
  return JoinLines(checked->updated->lines);
}

TEST(PageCheckTest, ATruePageIsTrue) {
  EXPECT_THAT(FailuresOf("```console\n"
                         "$ A=3; cd /tmp\n"
                         "$ echo $A; echo b >&2\n"
                         "3\n"
                         "b\n"
                         "$ seq 9\n"
                         "1\n"
                         "...\n"
                         "9\n"
                         "```\n"
                         "<!-- varies: [0-9]{2}:[0-9]{2} -->\n"
                         "```console\n"
                         "$ date +%H:%M\n"
                         "12:34\n"
                         "```\n"),
              IsEmpty());
}

TEST(PageCheckTest, ShowsWhatWasPromisedAndPrinted) {
  EXPECT_THAT(FailuresOf("```console\n$ echo a; printf b\na\nc\n```\n"),
              ElementsAre("a.md:2: printed other than promised, by\n"
                          "    echo a; printf b\n"
                          "  promised, from its line 2 on:\n    c\n"
                          "  printed:\n    b\n"));
}

TEST(PageCheckTest, OneShellGoesThroughThePage) {
  EXPECT_THAT(FailuresOf("```sh\nX=1\nf() { echo $X; }\nmkdir sub && cd sub\n```\n"
                         "```console\n$ f; basename $PWD\n1\nsub\n```\n"),
              IsEmpty());
}

TEST(PageCheckTest, EachCommandMustSucceed) {
  EXPECT_THAT(FailuresOf("```sh\necho before\n(exit 3)\necho after\n```\n```sh\ntrue\n```\n"),
              ElementsAre(AllOf(StartsWith("a.md:2: exit code 3, expected 0"),
                                HasSubstr("which printed\n    before\n"))));
}

TEST(PageCheckTest, ExitIsThatOfTheLastCommand) {
  EXPECT_THAT(FailuresOf("<!-- exit: 2 -->\n```console\n$ true\n$ (exit 2)\n```\n"), IsEmpty());
  EXPECT_THAT(FailuresOf("<!-- exit: 2 -->\n```console\n$ (exit 2)\n$ true\n```\n"),
              ElementsAre(StartsWith("a.md:3: exit code 2, expected 0"),
                          StartsWith("a.md:4: exit code 0, expected 2")));
}

TEST(PageCheckTest, ASyntaxErrorIsItsOwnFencesOnly) {
  EXPECT_THAT(FailuresOf("```sh\nif; then\n```\n```console\n$ echo a\na\n```\n"),
              ElementsAre(StartsWith("a.md:2: exit code")));
}

TEST(PageCheckTest, WhatEndsTheShellIsSaid) {
  EXPECT_THAT(
      FailuresOf("```sh\nexit 0\n```\n```sh\ntrue\n```\n"),
      ElementsAre(StartsWith("a.md:2: did not end"), StartsWith("a.md:5: did not end")));
}

TEST(PageCheckTest, BashSpeaksAsInATerminal) {
  EXPECT_THAT(FailuresOf("<!-- exit: 127 -->\n"
                         "```console\n"
                         "$ no_such_command\n"
                         "bash: no_such_command: command not found\n"
                         "```\n"),
              IsEmpty());
}

TEST(PageCheckTest, TmpIsThePagesOwn) {
  EXPECT_THAT(FailuresOf("```console\n"
                         "$ echo a > /tmp/page_check_test.txt; ls /tmp\n"
                         "page_check_test.txt\n"
                         "$ cat /tmp/none sub/tmp/none || ls '/tmp/page_check_test.txt'\n"
                         "cat: /tmp/none: No such file or directory\n"
                         "cat: sub/tmp/none: No such file or directory\n"
                         "/tmp/page_check_test.txt\n"
                         "```\n"),
              IsEmpty());
}

TEST(PageCheckTest, SetupRunsBeforeAndMustSucceed) {
  EXPECT_THAT(FailuresOf("<!-- setup: Y=5; echo unseen -->\n```console\n$ echo $Y\n5\n```\n"),
              IsEmpty());
  EXPECT_THAT(FailuresOf("<!-- setup: false -->\n```sh\ntrue\n```\n"),
              ElementsAre(StartsWith("a.md:1: setup: exit code 1")));
}

TEST(PageCheckTest, TheQuickFormRunsInstead) {
  const std::string page =
      "<!-- quick: printf 'a\\nb\\n' -->\n```console\n$ long\na\n$ way\nb\n```\n";
  EXPECT_THAT(FailuresOf(page), IsEmpty());
  EXPECT_THAT(FailuresOf("<!-- quick: echo b -->\n```console\n$ long\na\n```\n"),
              ElementsAre(StartsWith("a.md:1: printed other than promised")));
  EXPECT_THAT(FailuresOf("<!-- quick: echo b -->\n<!-- output: not compared -->\n"
                         "```console\n$ long\na\n```\n"),
              IsEmpty());
}

TEST(PageCheckTest, SaysWhatItSkips) {
  ASSERT_OK_AND_ASSIGN(const Checked checked,
                       Check("<!-- not run: takes a day -->\n```sh\nfalse\n```\n"
                             "<!-- needs: /tmp /tmp/none -->\n```sh\nfalse\n```\n"
                             "```sh\ncat ../shared/data/none\n```\n"));
  EXPECT_THAT(checked.failures, IsEmpty());
  EXPECT_THAT(checked.skips,
              ElementsAre("a.md:2: not run: takes a day", "a.md:6: there is no /tmp/none",
                          "a.md:9: there is no ../shared/data"));
}

TEST(PageCheckTest, FillsInOutputs) {
  EXPECT_EQ(Updated("- x\n\n  ```console\n  $ seq 2\n  $ echo b\n  c\n  d\n  ```\nafter\n"),
            "- x\n\n  ```console\n  $ seq 2\n  1\n  2\n  $ echo b\n  b\n  ```\nafter\n");
}

TEST(PageCheckTest, KeepsPromisesThatHold) {
  const std::string page =
      "<!-- varies: [0-9]+ s -->\n```console\n$ echo took 7 s; seq 9\ntook 8 s\n...\n9\n```\n";
  EXPECT_EQ(Updated(page), page);
}

TEST(PageCheckTest, FillsInNothingOfWhatFailedOrWasQuick) {
  const std::string failing = "```console\n$ echo a; false\n```\n";
  EXPECT_EQ(Updated(failing), failing);
  const std::string quick = "<!-- quick: echo a -->\n```console\n$ echo b\n```\n";
  EXPECT_EQ(Updated(quick), quick);
  EXPECT_EQ(Updated(quick, Form::kFull),
            "<!-- quick: echo a -->\n```console\n$ echo b\nb\n```\n");
}

TEST(PageCheckTest, RefusesAnOutputThatWouldBeReadAsSomethingElse) {
  for (const char* output : {"'$ ls'", "'```'"}) {
    ASSERT_OK_AND_ASSIGN(const Checked checked,
                         Check(absl::StrCat("```console\n$ echo ", output, "\n```\n")));
    EXPECT_THAT(checked.updated,
                StatusIs(absl::StatusCode::kInvalidArgument,
                         StartsWith("a.md:2: its output cannot stand in this fence")));
  }
}

}  // namespace
}  // namespace llama2
