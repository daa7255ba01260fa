#include "kernels/machine_limits.h"

#include <algorithm>
#include <cmath>

#include "absl/functional/function_ref.h"
#include "base/check.h"
#include "base/stopwatch.h"
#include "kernels/machine_loops.h"
#include "kernels/thread_team.h"

namespace llama2 {
namespace {

// In one stream the hardware foresees best what is read next; several at once wait for less
// where it does not foresee; and reaching ahead helps it over the ends of pages.
constexpr ReadPattern kPatterns[] = {
    {.streams = 1}, {.streams = 4}, {.streams = 1, .reach_ahead = true}};
constexpr int64_t kMostStreams = 4;

// Words that a thread reads in a try at least, some tenths of a millisecond: the clock, and
// the threads' beginnings and ends, must not show.
constexpr int64_t kLeastWords = 4 << 20;

// After this, three tries are enough.
constexpr double kLongSeconds = 0.2;

// The least seconds that all of the team take to go through `body` once, of ten tries, or
// fewer where they take long.
double LeastSeconds(ThreadTeam& team, absl::FunctionRef<void(int member)> body) {
  double least = INFINITY, all = 0;
  for (int i = 0; i < 3 || (i < 10 && all < kLongSeconds); ++i) {
    team.Run([&](ThreadTeam::Member& me) {
      me.Wait();
      const Stopwatch watch;
      body(me.index());
      me.Wait();
      if (me.index() != 0) return;
      const double seconds = watch.Seconds();
      least = std::min(least, seconds);
      all += seconds;
    });
  }
  return least;
}

// Operations per second of a loop in `threads` threads at once.
template <typename Result>
double Peak(Result (*loop)(int64_t repeats), int64_t operations, int threads) {
  constexpr int64_t kRepeats = 20000;
  ThreadTeam team(threads);
  const double seconds = LeastSeconds(team, [&](int) {
    volatile Result result = loop(kRepeats);
    (void)result;
  });
  return static_cast<double>(operations * kRepeats * threads) / seconds;
}

}  // namespace

double FmaPeak(Isa isa, int threads) {
  const MachineLoops loops = LoopsFor(isa);
  return Peak(loops.fma, loops.fma_operations, threads);
}

double Int8Peak(Isa isa, int threads) {
  const MachineLoops loops = LoopsFor(isa);
  return Peak(loops.int8, loops.int8_operations, threads);
}

ReadMeter::ReadMeter(size_t bytes) {
  CHECK_GT(bytes, 0u);
  // Less than some pages lies in the nearest cache in any case.
  const size_t size = std::clamp(bytes, size_t{1} << 14, kLargest);
  words_ = AlignedBuffer<uint32_t>(size / sizeof(uint32_t));
  words_.PreferHugePages();  // fewer addresses have to be looked up
  // Written once: pages that were never touched are all one page of zeros.
  std::fill(words_.span().begin(), words_.span().end(), 1u);
}

double ReadMeter::Measure(Isa isa, int threads) {
  constexpr int64_t kStep = kMostStreams * kReadStep;
  const MachineLoops loops = LoopsFor(isa);
  const int64_t words = words_.size();
  // Very many threads share the last step.
  const int64_t part = std::max<int64_t>(words / threads / kStep, 1) * kStep;
  const int64_t passes = 1 + kLeastWords / part;
  ThreadTeam team(threads);
  double least = INFINITY;
  for (const ReadPattern& pattern : kPatterns) {
    const double seconds = LeastSeconds(team, [&](int member) {
      const uint32_t* mine = words_.data() + std::min(member * part, words - part);
      volatile uint32_t result;
      for (int64_t pass = 0; pass < passes; ++pass) result = loops.read(mine, part, pattern);
      (void)result;
    });
    least = std::min(least, seconds);
  }
  return static_cast<double>(passes * part * threads * sizeof(uint32_t)) / least;
}

double ReadPeak(Isa isa, size_t bytes, int threads) {
  return ReadMeter(bytes).Measure(isa, threads);
}

}  // namespace llama2
