// A program of ours as its user meets it: arguments in, text and an exit code out.
//
//   const Outcome outcome = RunToEnd({.args = {path, "--version"}});
//   EXPECT_EQ(outcome.exit_code, 0);
//   EXPECT_EQ(outcome.out, "run 0.1.0\n");
#ifndef LLAMA2_TOOLS_CLI_SUBPROCESS_H_
#define LLAMA2_TOOLS_CLI_SUBPROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace llama2 {

// What stands at the other end of one of the program's standard streams.
enum class Stream {
  kPipe,
  kTerminal,  // in a terminal, typed lines are not echoed
  kClosed,    // of stdout: a pipe that nobody reads any more
  kFull,      // of stdout: a full disk
};

struct Command {
  std::vector<std::string> args;         // the program's path first
  std::vector<std::string> environment;  // NAME=value, and nothing else
  std::string folder = ".";              // in which it starts
  std::string input;                     // what stdin gives; then it ends
  bool stdin_stays_open = false;         // it does not end before the program does
  Stream stdin_kind = Stream::kPipe;     // kPipe or kTerminal
  Stream stdout_kind = Stream::kPipe;
  // Called when stdout gave more text, with all of it so far.
  std::function<void(pid_t, const std::string& out)> on_output = nullptr;
};

struct Outcome {
  int exit_code = -1;  // 128 and the signal where one killed it
  std::string out;     // of a terminal, with "\r\n" as "\n"
  std::string err;
  // The most that was resident at once, in bytes. Linux counts from what this process
  // has when it starts the program.
  int64_t peak_memory = 0;
};

// Runs the program to its end, which must come: there is no limit of time. Aborts where
// it cannot be started.
Outcome RunToEnd(const Command& command);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_SUBPROCESS_H_
