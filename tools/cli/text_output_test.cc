#include "tools/cli/text_output.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

std::string ReadSome(int fd) {
  char buffer[100];
  const ssize_t size = read(fd, buffer, sizeof(buffer));
  return size < 0 ? "" : std::string(buffer, size);
}

TEST(TextOutputTest, APieceIsOnItsWayAtOnceAndAsItIs) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  TextOutput out(fds[1], "pipe");
  EXPECT_TRUE(out.Write("a\x1b[31m\n"));
  EXPECT_EQ(ReadSome(fds[0]), "a\x1b[31m\n");
  EXPECT_TRUE(out.Write(""));
  EXPECT_TRUE(out.Write("b"));
  EXPECT_EQ(ReadSome(fds[0]), "b");
  EXPECT_THAT(out.status(), IsOk());
  close(fds[0]);
  close(fds[1]);
}

TEST(TextOutputTest, ATerminalGetsNoControlCharacters) {
  int ours, theirs;
  ASSERT_EQ(openpty(&ours, &theirs, nullptr, nullptr, nullptr), 0);
  TextOutput out(theirs, "terminal");
  EXPECT_TRUE(out.Write("\x07é\x1b[31m\tb"));
  EXPECT_EQ(ReadSome(ours), "é[31m\tb");
  close(ours);
  close(theirs);
}

TEST(TextOutputTest, KeepsTheFirstErrorAndWritesNothingMore) {
  signal(SIGPIPE, SIG_IGN);
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  TextOutput out(fds[1], "stdout");
  close(fds[0]);
  EXPECT_FALSE(out.Write("a"));
  EXPECT_EQ(out.status().message(), "stdout: cannot write: Broken pipe");
  const int reader = open("/dev/null", O_WRONLY);
  ASSERT_EQ(dup2(reader, fds[1]), fds[1]);  // now there would be room
  EXPECT_FALSE(out.Write("b"));
  EXPECT_EQ(out.status().message(), "stdout: cannot write: Broken pipe");
  close(reader);
  close(fds[1]);
}

}  // namespace
}  // namespace llama2
