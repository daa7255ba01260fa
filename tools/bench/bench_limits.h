// The least time that a phase can take on this machine: what it must read, and what it must
// compute.
//
//   PhaseCost cost = CostOf({Phase::kDecode, 256}, checkpoint.format(), checkpoint.config());
//   PhaseLimit limit = LimitOf(cost, {.read = 30e9, .fp32 = 200e9, .int8 = 900e9});
//   double share = limit.seconds / measured_seconds;
#ifndef LLAMA2_TOOLS_BENCH_BENCH_LIMITS_H_
#define LLAMA2_TOOLS_BENCH_BENCH_LIMITS_H_

#include "absl/strings/string_view.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "tools/bench/bench_options.h"

namespace llama2 {

// What the machine does in a second, with the threads at hand (kernels/machine_limits.h).
struct MachineRates {
  double read = 0;  // bytes
  double fp32 = 0;  // operations
  double int8 = 0;
};

// What a phase takes in all, an operation being half a multiply-add. Reading: for each token
// that is generated, and once for a prompt, the weights that are multiplied with; and in
// generation the keys and values of all positions so far. Computing: the products with the
// weights, and attention's two products; of a prompt, the classifier and all but the keys and
// values of the last layer for its last token alone.
struct PhaseCost {
  double bytes = 0;
  double fp32_operations = 0;
  double int8_operations = 0;
  double working_set = 0;  // bytes: what is read over and over
};

PhaseCost CostOf(const Phase& phase, const CheckpointFormat& format, const Config& config);

struct PhaseLimit {
  double seconds = 0;
  absl::string_view what;  // sets it: "memory" or "arithmetic"
};

// The longer of reading and computing, which can go on at the same time.
PhaseLimit LimitOf(const PhaseCost& cost, const MachineRates& rates);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_BENCH_LIMITS_H_
