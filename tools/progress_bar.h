// How far a long job has come, on a terminal: a line that is drawn again and again.
//
//   ProgressBar bar(STDERR_FILENO, "export");
//   for (int64_t done = 0; done < total; done += Step()) bar.Show(done, total);
//                                      // export [=========>          ]  47%
#ifndef LLAMA2_TOOLS_PROGRESS_BAR_H_
#define LLAMA2_TOOLS_PROGRESS_BAR_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace llama2 {

// Writes to `fd`, and only if it is a terminal. Destroyed, it takes the line away.
class ProgressBar {
 public:
  ProgressBar(int fd, absl::string_view label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Draws the line, where it differs from the last one. 0 <= done <= total, total > 0.
  void Show(int64_t done, int64_t total);

 private:
  const int fd_;
  const std::string label_;
  const bool is_terminal_;
  int shown_percent_ = -1;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_PROGRESS_BAR_H_
