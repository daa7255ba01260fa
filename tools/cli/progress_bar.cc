#include "tools/cli/progress_bar.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/stopwatch.h"
#include "tools/cli/duration.h"

namespace llama2 {
namespace {

constexpr int kWidth = 50;  // of the bar, in characters

// A guess from less than this would jump about.
constexpr double kSecondsToGuessFrom = 2;

constexpr char kEraseToTheEnd[] = "\x1B[K";

// Progress is a courtesy: where it cannot be shown, the job goes on.
void WriteTo(int fd, absl::string_view text) {
  [[maybe_unused]] const ssize_t written = write(fd, text.data(), text.size());
}

}  // namespace

ProgressBar::ProgressBar(int fd, absl::string_view label)
    : ProgressBar(fd, label, [watch = Stopwatch()] { return watch.Seconds(); }) {}

ProgressBar::ProgressBar(int fd, absl::string_view label, std::function<double()> clock)
    : fd_(fd), label_(label), clock_(std::move(clock)), is_terminal_(isatty(fd)) {}

ProgressBar::~ProgressBar() {
  if (!shown_.empty()) WriteTo(fd_, absl::StrCat("\r", kEraseToTheEnd));
}

void ProgressBar::Show(int64_t done, int64_t total) {
  if (!is_terminal_) return;
  const int percent = static_cast<int>(done * 100 / total);
  std::string bar(percent * kWidth / 100, '=');
  if (percent < 100) bar += '>';
  bar.resize(kWidth, ' ');
  std::string line = absl::StrFormat("\r%s [%s] %3d%%", label_, bar, percent);
  const double seconds = clock_();
  if (0 < done && done < total && seconds >= kSecondsToGuessFrom) {
    const double left = seconds * static_cast<double>(total - done) / static_cast<double>(done);
    absl::StrAppend(&line, "  ", Duration(left), " left");
  }
  if (line == shown_) return;
  WriteTo(fd_, absl::StrCat(line, kEraseToTheEnd));
  shown_ = std::move(line);
}

}  // namespace llama2
