#include "testing/benchmark/measure_kernel.h"

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/machine_limits.h"

namespace llama2 {
namespace {

// Seconds of a clock.
double Seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

void MeasureKernel(benchmark::State& state, Isa isa, const Work& work,
                   absl::FunctionRef<void(ThreadTeam::Member&)> kernel) {
  const double arithmetic = work.operations / work.peak;
  const double memory =
      work.bytes / ReadPeak(isa, static_cast<size_t>(work.bytes), work.threads);
  // Members stay together for as many calls as make their coming together no matter.
  const int64_t calls = std::clamp<int64_t>(1'000'000 / work.operations, 1, 64);
  // What one thread does alone, neighbours disturb less in its own time.
  const clockid_t clock = work.threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  ThreadTeam team(work.threads);
  const double begin = Seconds(clock);
  while (state.KeepRunningBatch(calls)) {
    team.Run([&](ThreadTeam::Member& me) {
      for (int64_t i = 0; i < calls; ++i) {
        kernel(me);
        benchmark::ClobberMemory();
        me.Wait();
      }
    });
  }
  const double seconds = (Seconds(clock) - begin) / static_cast<double>(state.iterations());
  state.counters["Gop/s"] = work.operations / seconds / 1e9;
  state.counters["GB/s"] = work.bytes / seconds / 1e9;
  if (isa == Isa::kScalar) return;
  state.counters["of_limit"] = std::max(arithmetic, memory) / seconds;
  state.SetLabel(arithmetic > memory ? "arithmetic" : "memory");
}

void MeasureKernel(benchmark::State& state, Isa isa, const Work& work,
                   absl::FunctionRef<void()> kernel) {
  MeasureKernel(state, isa, work, [&](ThreadTeam::Member&) { kernel(); });
}

}  // namespace llama2
