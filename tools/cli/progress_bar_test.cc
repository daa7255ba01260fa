#include "tools/cli/progress_bar.h"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

// All that can be read from `fd` now.
std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t got;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0) text.append(buffer, got);
  return text;
}

class ProgressBarTest : public ::testing::Test {
 protected:
  ProgressBarTest() {
    EXPECT_EQ(openpty(&ours_, &theirs_, nullptr, nullptr, nullptr), 0);
    EXPECT_EQ(fcntl(ours_, F_SETFL, O_NONBLOCK), 0);
  }
  ~ProgressBarTest() override {
    close(ours_);
    close(theirs_);
  }

  int ours_ = -1;
  int theirs_ = -1;  // the terminal's end that a program has
};

TEST_F(ProgressBarTest, DrawsOneLineAgainAndAgainAndTakesItAway) {
  {
    ProgressBar bar(theirs_, "export");
    bar.Show(0, 1000);
    EXPECT_EQ(ReadAll(ours_), "\rexport [>" + std::string(49, ' ') + "]   0%\x1B[K");
    bar.Show(500, 1000);
    EXPECT_EQ(ReadAll(ours_), "\rexport [" + std::string(25, '=') + ">" + std::string(24, ' ') +
                                  "]  50%\x1B[K");
    bar.Show(1000, 1000);
    EXPECT_EQ(ReadAll(ours_), "\rexport [" + std::string(50, '=') + "] 100%\x1B[K");
  }
  EXPECT_EQ(ReadAll(ours_), "\r\x1B[K");
}

TEST_F(ProgressBarTest, DrawsOnlyWhatIsNew) {
  ProgressBar bar(theirs_, "export");
  bar.Show(500, 1000);
  ReadAll(ours_);
  bar.Show(509, 1000);
  EXPECT_EQ(ReadAll(ours_), "");
  bar.Show(510, 1000);
  EXPECT_NE(ReadAll(ours_), "");
}

TEST_F(ProgressBarTest, SaysWhatIsLeftWhenItCanTell) {
  double now = 0;
  ProgressBar bar(theirs_, "export", [&] { return now; });
  const auto drawn = [&](int64_t done) {
    bar.Show(done, 1000);
    const std::string line = ReadAll(ours_);
    return line.substr(std::min(line.find('%'), line.size()));
  };
  EXPECT_EQ(drawn(0), "%\x1B[K");
  now = 1.9;
  EXPECT_EQ(drawn(100), "%\x1B[K") << "too early";
  now = 20;
  EXPECT_EQ(drawn(200), "%  1 min left\x1B[K");
  EXPECT_EQ(drawn(500), "%  20 s left\x1B[K");
  now = 20.001;
  EXPECT_EQ(drawn(500), "") << "nothing is new";
  now = 22;
  EXPECT_EQ(drawn(500), "%  22 s left\x1B[K");
  EXPECT_EQ(drawn(1000), "%\x1B[K");
}

TEST_F(ProgressBarTest, LeavesNothingWhereNothingWasShown) {
  { const ProgressBar bar(theirs_, "export"); }
  EXPECT_EQ(ReadAll(ours_), "");
}

TEST(ProgressBar, APipeSeesNothing) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  {
    ProgressBar bar(fds[1], "export");
    bar.Show(1, 2);
  }
  close(fds[1]);
  EXPECT_EQ(ReadAll(fds[0]), "");
  close(fds[0]);
}

}  // namespace
}  // namespace llama2
