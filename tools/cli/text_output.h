// Where generated text goes, piece by piece.
//
//   TextOutput out(STDOUT_FILENO, "stdout");
//   while (out.Write(NextPiece())) {}
//   return out.status();                        // a full disk, a pipe that was closed
#ifndef LLAMA2_TOOLS_CLI_TEXT_OUTPUT_H_
#define LLAMA2_TOOLS_CLI_TEXT_OUTPUT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace llama2 {

// Writes to a file descriptor, which stays its owner's. Nothing is held back: a piece
// is on its way when Write returns. To a terminal goes no character that controls it;
// a pipe or a file gets the text as it is.
//
// A closed pipe is an error like any other where the process ignores SIGPIPE.
// Thread-safety: one thread at a time.
class TextOutput {
 public:
  // Errors call the descriptor `name`.
  TextOutput(int fd, absl::string_view name);

  // Whether all of `text` (UTF-8, whole characters) could be written. After an error
  // nothing more is.
  bool Write(absl::string_view text);

  // What went wrong first.
  const absl::Status& status() const { return status_; }

 private:
  const int fd_;
  const std::string name_;
  const bool is_terminal_;
  absl::Status status_;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_TEXT_OUTPUT_H_
