#include "tools/train_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/cli/duration.h"

namespace llama2 {

std::string StepLine(const MetricsRow& row, const StepLineOptions& options) {
  const std::string last = absl::StrCat(options.last_step);
  std::string line = absl::StrFormat("step %*d/%s", last.size(), row.step, last);
  if (row.loss) absl::StrAppendFormat(&line, "  loss %.4f", *row.loss);
  if (row.validation_loss) absl::StrAppendFormat(&line, "  val %.4f", *row.validation_loss);
  if (row.learning_rate) absl::StrAppendFormat(&line, "  lr %.2e", *row.learning_rate);
  if (row.gradient_norm) absl::StrAppendFormat(&line, "  norm %.2f", *row.gradient_norm);
  if (row.tokens_per_second) {
    absl::StrAppendFormat(&line, "  %.0f tok/s", *row.tokens_per_second);
  }
  if (row.gflops) {
    absl::StrAppendFormat(&line, "  %.3g GFLOP/s", *row.gflops);
    if (options.peak_gflops > 0) {
      absl::StrAppendFormat(&line, " (%.0f%%)", 100 * *row.gflops / options.peak_gflops);
    }
  }
  if (options.seconds_left) {
    absl::StrAppend(&line, "  ", Duration(*options.seconds_left), " left");
  }
  return line;
}

}  // namespace llama2
