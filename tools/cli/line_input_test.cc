#include "tools/cli/line_input.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::StartsWith;

class LineInputTest : public ::testing::Test {
 protected:
  // A file descriptor that reads `content`, at its beginning.
  int Reading(absl::string_view content) {
    file_ = std::tmpfile();
    EXPECT_EQ(std::fwrite(content.data(), 1, content.size(), file_), content.size());
    std::rewind(file_);
    return fileno(file_);
  }
  ~LineInputTest() override {
    if (file_ != nullptr) std::fclose(file_);
  }

  std::FILE* file_ = nullptr;
  const Interrupt interrupt_;
};

TEST_F(LineInputTest, GivesLineAfterLine) {
  LineInput input(Reading("one\n\ntwo \xff\n"), &interrupt_);
  EXPECT_FALSE(input.interactive());
  EXPECT_THAT(input.Next("?"), Optional(std::string("one")));
  EXPECT_THAT(input.Next("?"), Optional(std::string("")));
  EXPECT_THAT(input.Next("?"), Optional(std::string("two \xff")));
  EXPECT_EQ(input.Next("?"), std::nullopt);
  EXPECT_EQ(input.Next("?"), std::nullopt) << "and stays at the end";
  EXPECT_THAT(input.status(), IsOk());
}

TEST_F(LineInputTest, TheLastLineNeedsNoEnd) {
  LineInput input(Reading("one\ntwo"), &interrupt_);
  EXPECT_THAT(input.Next("?"), Optional(std::string("one")));
  EXPECT_THAT(input.Next("?"), Optional(std::string("two")));
  EXPECT_EQ(input.Next("?"), std::nullopt);
}

TEST_F(LineInputTest, LinesMayBeLongerThanWhatIsReadAtOnce) {
  const std::string long_line(100'000, 'x');
  LineInput input(Reading(long_line + "\n" + long_line + "y\n"), &interrupt_);
  EXPECT_THAT(input.Next("?"), Optional(long_line));
  EXPECT_THAT(input.Next("?"), Optional(long_line + "y"));
}

TEST_F(LineInputTest, ALineThatIsTooLongIsAnError) {
  const std::string longest(LineInput::kMaxLineBytes, 'x');
  LineInput input(Reading(longest + "\n"), &interrupt_);
  EXPECT_EQ(input.Next("?"), longest);
  const int zeros = open("/dev/zero", O_RDONLY);
  LineInput endless(zeros, &interrupt_);
  EXPECT_EQ(endless.Next("?"), std::nullopt);
  EXPECT_THAT(endless.status(), StatusIs(absl::StatusCode::kInvalidArgument,
                                         StartsWith("stdin: found a line of more than")));
  close(zeros);
}

TEST_F(LineInputTest, WhatCannotBeReadIsAnError) {
  const int folder = open("/", O_RDONLY | O_DIRECTORY);
  LineInput input(folder, &interrupt_);
  EXPECT_EQ(input.Next("?"), std::nullopt);
  EXPECT_THAT(std::string(input.status().message()), HasSubstr("stdin: cannot read: "));
  close(folder);
}

TEST_F(LineInputTest, ASignalEndsTheInput) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  LineInput input(fds[0], &interrupt_);
  ASSERT_EQ(write(fds[1], "one\nhalf a line", 15), 15);
  EXPECT_THAT(input.Next("?"), Optional(std::string("one")));
  raise(SIGINT);
  EXPECT_EQ(input.Next("?"), std::nullopt);
  EXPECT_THAT(input.status(), IsOk());
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace llama2
