// The lines that `train` prints while it works.
//
//   StepLine(row, {.last_step = 1000, .peak_gflops = 200, .seconds_left = 75});
//   // step  500/1000  loss 2.1234  val 2.2345  lr 1.00e-03  norm 0.52
//   //   12345 tok/s  104 GFLOP/s (52%)  1 min left              (one line)
#ifndef LLAMA2_TOOLS_TRAIN_REPORT_H_
#define LLAMA2_TOOLS_TRAIN_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "training/metrics.h"

namespace llama2 {

struct StepLineOptions {
  int64_t last_step = 0;
  double peak_gflops = 0;              // what the machine can do at most
  std::optional<double> seconds_left;  // to the last step
};

// A row for a person, without a line break. Figures that are missing are left out.
std::string StepLine(const MetricsRow& row, const StepLineOptions& options);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_TRAIN_REPORT_H_
