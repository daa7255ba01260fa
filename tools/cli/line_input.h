// What a person types, or a file holds, line by line.
//
//   LineInput input(STDIN_FILENO, &interrupt);
//   while (std::optional<std::string> line = input.Next("User: ")) Answer(*line);
//   return input.status();
#ifndef LLAMA2_TOOLS_CLI_LINE_INPUT_H_
#define LLAMA2_TOOLS_CLI_LINE_INPUT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/cli/interrupt.h"

namespace llama2 {

// Reads a file descriptor, which stays its owner's. Thread-safety: one thread at a time.
class LineInput {
 public:
  // No line is longer: input without line ends does not fill the memory.
  static constexpr size_t kMaxLineBytes = size_t{16} << 20;

  // `interrupt` outlives the input. Errors call the descriptor "stdin".
  LineInput(int fd, const Interrupt* interrupt);

  // Whether somebody sits at a terminal there.
  bool interactive() const { return interactive_; }

  // The next line, any bytes, without its line end (which the last one need not have).
  // Nothing at the end of the input, on an error, and when a signal comes. Where input
  // is interactive, `question` is shown first, on stderr.
  std::optional<std::string> Next(absl::string_view question);

  // Shows `text` where input is interactive, on stderr.
  void Show(absl::string_view text) const;

  // InvalidArgument after a line that is too long, or what the system says. The end of
  // the input and a signal are no errors.
  const absl::Status& status() const { return status_; }

 private:
  std::optional<std::string> ReadLine();
  // Adds bytes to read_; false at the end of the input and where nothing more may come.
  bool ReadMore();

  const int fd_;
  const Interrupt* const interrupt_;
  const bool interactive_;
  std::string read_;  // what was read of the lines to come
  absl::Status status_;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_LINE_INPUT_H_
