// A training run's figures for TensorBoard: a file of events, in TFRecord framing.
//
//   ASSIGN_OR_RETURN(EventFile events,
//                    EventFile::Create(folder.Path(kEventFileName), metrics.rows(), now));
//   RETURN_IF_ERROR(events.Append(row));
//
//   $ tensorboard --logdir=FOLDER
//
// A record is u64 length, u32 checksum of these eight bytes, the event, u32 checksum of
// it; a checksum is a CRC-32C, masked (tensorflow/core/lib/io/record_writer.h).
#ifndef LLAMA2_TRAINING_EVENT_FILE_H_
#define LLAMA2_TRAINING_EVENT_FILE_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "training/append_file.h"
#include "training/metrics.h"

namespace llama2 {

// TensorBoard reads the files whose names have "tfevents" in them.
inline constexpr absl::string_view kEventFileName = "events.out.tfevents.train";

// The record of a row: a scalar for each figure that it has.
std::string EventRecord(const MetricsRow& row);

// Move-only. Thread-safety: one thread at a time.
class EventFile {
 public:
  // Replaces the file at `path` by one of `rows`, and of time `unix_time` where there are
  // none: all that is in it is in the metrics file too, so that the events of a run that
  // was killed and resumed read like those of one that never stopped.
  // Errors: those of AppendFile.
  static absl::StatusOr<EventFile> Create(absl::string_view path,
                                          absl::Span<const MetricsRow> rows, double unix_time);

  // Adds a row at the end.
  absl::Status Append(const MetricsRow& row) { return file_.Append(EventRecord(row)); }

 private:
  explicit EventFile(AppendFile file) : file_(std::move(file)) {}

  AppendFile file_;
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_EVENT_FILE_H_
