#include "testing/benchmark/measure_kernel.h"

#include <time.h>

#include <algorithm>
#include <cstddef>

#include "kernels/machine_limits.h"

namespace llama2 {
namespace {

// Seconds that this thread has run.
double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

void MeasureKernel(benchmark::State& state, Isa isa, const Work& work,
                   absl::FunctionRef<void()> kernel) {
  const double arithmetic = work.operations / work.peak;
  const double memory = work.bytes / ReadPeak(isa, static_cast<size_t>(work.bytes));
  const double begin = ThreadSeconds();
  for (auto _ : state) {
    kernel();
    benchmark::ClobberMemory();
  }
  const double seconds = (ThreadSeconds() - begin) / static_cast<double>(state.iterations());
  state.counters["Gop/s"] = work.operations / seconds / 1e9;
  state.counters["GB/s"] = work.bytes / seconds / 1e9;
  if (isa == Isa::kScalar) return;
  state.counters["of_limit"] = std::max(arithmetic, memory) / seconds;
  state.SetLabel(arithmetic > memory ? "arithmetic" : "memory");
}

}  // namespace llama2
