// How far a long job has come, on a terminal: a line that is drawn again and again.
//
//   ProgressBar bar(STDERR_FILENO, "export");
//   for (int64_t done = 0; done < total; done += Step()) bar.Show(done, total);
//                                      // export [=========>          ]  47%  12 s left
#ifndef LLAMA2_TOOLS_CLI_PROGRESS_BAR_H_
#define LLAMA2_TOOLS_CLI_PROGRESS_BAR_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace llama2 {

// Writes to `fd`, and only if it is a terminal. Destroyed, it takes the line away.
class ProgressBar {
 public:
  ProgressBar(int fd, absl::string_view label);
  // `clock` gives the seconds since the job began: else, since the bar was made.
  ProgressBar(int fd, absl::string_view label, std::function<double()> clock);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Draws the line, where it differs from the last one. 0 <= done <= total, total > 0. After
  // a few seconds it has the time that is left, if the rest goes as the job went until now.
  void Show(int64_t done, int64_t total);

 private:
  const int fd_;
  const std::string label_;
  const std::function<double()> clock_;
  const bool is_terminal_;
  std::string shown_;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_PROGRESS_BAR_H_
