#include "tools/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(InterruptTest, KeepsTheSignal) {
  for (int signal : {SIGINT, SIGTERM}) {
    const Interrupt interrupt;
    EXPECT_EQ(interrupt.signal(), 0);
    raise(signal);
    EXPECT_EQ(interrupt.signal(), signal);
  }
  const Interrupt interrupt;
  EXPECT_EQ(interrupt.signal(), 0) << "each one begins anew";
}

TEST(InterruptDeathTest, TheSecondSignalEndsTheProcess) {
  const auto raise_twice = [] {
    const Interrupt interrupt;
    raise(SIGINT);
    raise(SIGINT);
    std::_Exit(0);
  };
  EXPECT_EXIT(raise_twice(), ::testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptDeathTest, GivesTheSignalBack) {
  const auto raise_after = [] {
    { const Interrupt interrupt; }
    raise(SIGINT);
    std::_Exit(0);
  };
  EXPECT_EXIT(raise_after(), ::testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptTest, WhatIsIgnoredStaysIgnored) {
  const auto old = signal(SIGINT, SIG_IGN);
  {
    const Interrupt interrupt;
    raise(SIGINT);
    EXPECT_EQ(interrupt.signal(), 0);
  }
  raise(SIGINT);
  signal(SIGINT, old);
}

TEST(InterruptTest, WaitsForInputOrASignal) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  const Interrupt interrupt;
  ASSERT_EQ(write(fds[1], "x", 1), 1);
  EXPECT_TRUE(interrupt.WaitToRead(fds[0]));
  raise(SIGINT);
  EXPECT_FALSE(interrupt.WaitToRead(fds[0])) << "the signal goes first";
  close(fds[0]);
  close(fds[1]);
}

TEST(InterruptTest, TheEndOfTheInputIsNoReasonToWait) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  close(fds[1]);
  const Interrupt interrupt;
  EXPECT_TRUE(interrupt.WaitToRead(fds[0]));
  close(fds[0]);
}

TEST(InterruptTest, ASignalEndsTheWaiting) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  const Interrupt interrupt;
  const pid_t pid = getpid();
  const pid_t child = fork();
  if (child == 0) {
    usleep(50'000);  // likely, the parent waits by then; it must end either way
    kill(pid, SIGTERM);
    std::_Exit(0);
  }
  EXPECT_FALSE(interrupt.WaitToRead(fds[0]));
  EXPECT_EQ(interrupt.signal(), SIGTERM);
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace llama2
