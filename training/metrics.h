// What a training run writes down about itself as it goes: rows, and the CSV file that
// holds them.
//
//   ASSIGN_OR_RETURN(MetricsFile metrics, MetricsFile::Open("out/metrics.csv", last_step));
//   RETURN_IF_ERROR(metrics.Append({.step = 10, .loss = 6.2}));
//   DrawLosses(metrics.rows());
#ifndef LLAMA2_TRAINING_METRICS_H_
#define LLAMA2_TRAINING_METRICS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "training/append_file.h"

namespace llama2 {

// One step's figures; those that were not taken are missing. Of the weights before step
// `step` + 1, but for the loss, which is that of the step itself.
struct MetricsRow {
  int64_t step = 0;
  double unix_time = 0;                   // seconds, to the millisecond
  std::optional<double> loss;             // of the step's windows, nats a token
  std::optional<double> validation_loss;  // after the step, nats a token
  std::optional<double> learning_rate;
  std::optional<double> gradient_norm;  // before clipping
  std::optional<double> tokens_per_second;
  std::optional<double> gflops;  // 10^9 floating-point operations a second

  friend bool operator==(const MetricsRow&, const MetricsRow&) = default;
};

// The file's first line, and a line for a row, without line breaks.
std::string MetricsHeader();
std::string FormatMetricsRow(const MetricsRow& row);

// A row from its line; none where it is no such line.
std::optional<MetricsRow> ParseMetricsRow(absl::string_view line);

// Move-only. Thread-safety: one thread at a time.
class MetricsFile {
 public:
  // The file at `path` with its rows up to step `last_step`: what comes later is taken
  // away, so that the file of a run that was killed and resumed reads like that of one that
  // never stopped, and so is all from the first line on that is no row. A new file where
  // there is none. Errors: those of MappedFile and AppendFile, naming the path.
  static absl::StatusOr<MetricsFile> Open(absl::string_view path, int64_t last_step);

  // Adds a row at the end of the file, for all to read.
  absl::Status Append(const MetricsRow& row);

  absl::Span<const MetricsRow> rows() const { return rows_; }

 private:
  MetricsFile(std::vector<MetricsRow> rows, AppendFile file)
      : rows_(std::move(rows)), file_(std::move(file)) {}

  std::vector<MetricsRow> rows_;
  AppendFile file_;
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_METRICS_H_
