// What became of each tensor when a checkpoint was written in another format.
//
//   const CheckpointReport report = CompareCheckpoints(before, after);
//   std::cout << ReportTable(report);
#ifndef LLAMA2_TOOLS_CHECKPOINT_REPORT_H_
#define LLAMA2_TOOLS_CHECKPOINT_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "llama/checkpoint.h"
#include "quant/quantize.h"

namespace llama2 {

// One matrix, or all of them together.
struct TensorReport {
  std::string name;  // as TensorLayout::MatrixName
  int64_t bytes_before = 0;
  int64_t bytes_after = 0;
  QuantizationError error;
};

struct CheckpointReport {
  std::vector<TensorReport> tensors;  // in the order of the file that was written
  TensorReport total;                 // "total"
};

// Compares the values of two checkpoints of one config, tensor by tensor, in the memory
// of one matrix of each; `after` is the one that is held to `before`. The RoPE tables of
// version 0 do not count.
CheckpointReport CompareCheckpoints(const Checkpoint& before, const Checkpoint& after);

// A line for each tensor and one for all, under a heading.
std::string ReportTable(const CheckpointReport& report);

// The same as a JSON object: {"tensors": [{"name": "wq[0]", "bytes_before": 16384,
// "bytes_after": 5120, "max_error": 0.001, "rms_error": 0.0004, "snr_db": 42.1}, ...],
// "total": {...}}. snr_db is null where there is no error.
std::string ReportJson(const CheckpointReport& report);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CHECKPOINT_REPORT_H_
