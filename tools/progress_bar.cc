#include "tools/progress_bar.h"

#include <unistd.h>

#include "absl/strings/str_format.h"

namespace llama2 {
namespace {

constexpr int kWidth = 50;  // of the bar, in characters

// Progress is a courtesy: where it cannot be shown, the job goes on.
void WriteTo(int fd, absl::string_view text) {
  [[maybe_unused]] const ssize_t written = write(fd, text.data(), text.size());
}

}  // namespace

ProgressBar::ProgressBar(int fd, absl::string_view label)
    : fd_(fd), label_(label), is_terminal_(isatty(fd)) {}

ProgressBar::~ProgressBar() {
  // Back to the line's start, and erase to its end.
  if (shown_percent_ >= 0) WriteTo(fd_, "\r\x1B[K");
}

void ProgressBar::Show(int64_t done, int64_t total) {
  const int percent = static_cast<int>(done * 100 / total);
  if (!is_terminal_ || percent == shown_percent_) return;
  shown_percent_ = percent;
  std::string bar(percent * kWidth / 100, '=');
  if (percent < 100) bar += '>';
  bar.resize(kWidth, ' ');
  WriteTo(fd_, absl::StrFormat("\r%s [%s] %3d%%", label_, bar, percent));
}

}  // namespace llama2
