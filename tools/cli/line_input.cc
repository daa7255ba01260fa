#include "tools/cli/line_input.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"

namespace llama2 {

LineInput::LineInput(int fd, const Interrupt* interrupt)
    : fd_(fd), interrupt_(interrupt), interactive_(isatty(fd)) {}

void LineInput::Show(absl::string_view text) const {
  if (interactive_) std::fwrite(text.data(), 1, text.size(), stderr);
}

std::optional<std::string> LineInput::Next(absl::string_view question) {
  Show(question);
  std::optional<std::string> line = ReadLine();
  if (!line.has_value()) Show("\n");  // what comes next does not stand behind the question
  return line;
}

std::optional<std::string> LineInput::ReadLine() {
  size_t end = 0;  // of what was looked through
  while (true) {
    const size_t line_end = read_.find('\n', end);
    if (line_end != std::string::npos) {
      std::string line = read_.substr(0, line_end);
      read_.erase(0, line_end + 1);
      return line;
    }
    end = read_.size();
    if (end > kMaxLineBytes) {
      status_ = absl::InvalidArgumentError(absl::StrCat(
          "stdin: found a line of more than ", kMaxLineBytes, " bytes, expected a message"));
      return std::nullopt;
    }
    if (ReadMore()) continue;
    if (read_.empty() || !status_.ok() || interrupt_->signal() != 0) return std::nullopt;
    return std::exchange(read_, "");  // the last line
  }
}

bool LineInput::ReadMore() {
  char buffer[4096];
  ssize_t size;
  do {
    if (!interrupt_->WaitToRead(fd_)) return false;
    size = read(fd_, buffer, sizeof(buffer));
  } while (size < 0 && errno == EINTR);
  if (size > 0) read_.append(buffer, size);
  if (size < 0) status_ = absl::ErrnoToStatus(errno, "stdin: cannot read");
  return size > 0;
}

}  // namespace llama2
