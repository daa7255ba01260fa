// How near a kernel comes to what one core of this machine can do: what the benchmarks
// of kernels share.
//
//   MeasureKernel(state, isa, {.operations = 2.0 * n, .peak = FmaPeak(isa), .bytes = 8.0 * n},
//                 [&] { kernels.Add(y, x); });
//
// Beside the time stand billions of operations and bytes a second, and `of_limit`: the
// least time that the machine's arithmetic and the reading of that much memory allow,
// measured just before, divided by the time that it took (this thread's time on the
// processor, so that neighbours disturb less). The label says which of the two sets the
// limit. The scalar kernels are there to be read, and have none.
#ifndef LLAMA2_TESTING_BENCHMARK_MEASURE_KERNEL_H_
#define LLAMA2_TESTING_BENCHMARK_MEASURE_KERNEL_H_

#include "absl/functional/function_ref.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"

namespace llama2 {

// What one call of a kernel takes.
struct Work {
  double operations;  // a multiply-add is two, a division one
  double peak;        // the most of them in a second
  double bytes;       // read or written, every operand counted once
};

// Runs `kernel` as long as `state` wants.
void MeasureKernel(benchmark::State& state, Isa isa, const Work& work,
                   absl::FunctionRef<void()> kernel);

}  // namespace llama2

#endif  // LLAMA2_TESTING_BENCHMARK_MEASURE_KERNEL_H_
