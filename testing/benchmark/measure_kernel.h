// How near a kernel comes to what this machine can do: what the benchmarks of kernels share.
//
//   MeasureKernel(state, isa, {.operations = 2.0 * n, .peak = FmaPeak(isa), .bytes = 8.0 * n},
//                 [&] { kernels.Add(y, x); });
//
//   const Work work = {.operations = ..., .peak = FmaPeak(isa, 2), .bytes = ..., .threads = 2};
//   MeasureKernel(state, isa, work, [&](ThreadTeam::Member& me) {
//     const Range rows = me.Share(w.rows(), 16);
//     kernels.Matmul(w.Rows(rows.begin, rows.size()), x, y.Columns(rows.begin, rows.size()));
//   });
//
// Beside the time stand billions of operations and bytes a second, and `of_limit`: the
// least time that the machine's arithmetic and the reading of that much memory with as
// many threads allow, measured just before, divided by the time that it took. The label says
// which of the two sets the limit. The scalar kernels are there to be read, and have none.
#ifndef LLAMA2_TESTING_BENCHMARK_MEASURE_KERNEL_H_
#define LLAMA2_TESTING_BENCHMARK_MEASURE_KERNEL_H_

#include "absl/functional/function_ref.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"

namespace llama2 {

// What one call of a kernel takes.
struct Work {
  double operations;  // a multiply-add is two, a division one
  double peak;        // the most of them in a second, of all threads together
  double bytes;       // read or written, every operand counted once
  int threads = 1;
};

// Runs `kernel` as long as `state` wants, in all members of a team of work.threads, each doing
// its part, and lets them wait for each other after each call, as a forward pass does. One
// thread's time is its own on the processor, so that neighbours disturb less; that of several
// is the clock's.
void MeasureKernel(benchmark::State& state, Isa isa, const Work& work,
                   absl::FunctionRef<void(ThreadTeam::Member&)> kernel);

// The same for what one thread does; work.threads is 1.
void MeasureKernel(benchmark::State& state, Isa isa, const Work& work,
                   absl::FunctionRef<void()> kernel);

}  // namespace llama2

#endif  // LLAMA2_TESTING_BENCHMARK_MEASURE_KERNEL_H_
