#include "kernels/processor_watch.h"

#include "gtest/gtest.h"

namespace llama2 {
namespace {

using Finding = ProcessorWatch::Finding;

// Looks every 10 microseconds from `begin` to `end`; ends with what is found first.
Finding LookFromTo(ProcessorWatch& watch, double begin, double end) {
  for (double now = begin; now < end; now += 10e-6) {
    const Finding finding = watch.Look(now);
    if (finding != Finding::kOpen) return finding;
  }
  return Finding::kOpen;
}

TEST(ProcessorWatch, AThreadThatIsNeverAwayHasItsOwn) {
  ProcessorWatch watch(/*now=*/100);
  EXPECT_EQ(LookFromTo(watch, 100, 100.007), Finding::kOpen);
  EXPECT_EQ(LookFromTo(watch, 100.007, 100.020), Finding::kOwn);
}

TEST(ProcessorWatch, AThreadThatIsAwayForAMillisecondSharesIt) {
  ProcessorWatch watch(/*now=*/100);
  EXPECT_EQ(LookFromTo(watch, 100, 100.003), Finding::kOpen);
  EXPECT_EQ(watch.Look(100.004), Finding::kShared);
}

}  // namespace
}  // namespace llama2
