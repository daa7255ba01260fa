// What a program says on stderr: one line a message, under its name.
//
//   Messages messages("run");
//   messages.Print(status.message());      // run: model.bin: is a directory, expected ...
#ifndef LLAMA2_TOOLS_CLI_MESSAGES_H_
#define LLAMA2_TOOLS_CLI_MESSAGES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace llama2 {

// Thread-safe.
class Messages {
 public:
  explicit Messages(absl::string_view program) : program_(program) {}

  // Prints `program: text`. It stays one line and does not control the terminal,
  // whatever a file's name or content brought into the text.
  void Print(absl::string_view text) const;

 private:
  std::string program_;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_MESSAGES_H_
