#include "tools/cli/text_output.h"

#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "tokenizer/utf8.h"

namespace llama2 {

TextOutput::TextOutput(int fd, absl::string_view name)
    : fd_(fd), name_(name), is_terminal_(isatty(fd)) {}

bool TextOutput::Write(absl::string_view text) {
  std::string safe_text;
  if (is_terminal_) {
    safe_text = RemoveControlCharacters(text);
    text = safe_text;
  }
  while (status_.ok() && !text.empty()) {
    const ssize_t written = write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(written);
    } else if (errno != EINTR) {
      status_ = absl::ErrnoToStatus(errno, absl::StrCat(name_, ": cannot write"));
    }
  }
  return status_.ok();
}

}  // namespace llama2
