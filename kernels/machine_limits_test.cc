#include "kernels/machine_limits.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/machine_loops.h"

namespace llama2 {
namespace {

void ExpectRate(double rate) {
  EXPECT_TRUE(std::isfinite(rate));
  EXPECT_GT(rate, 0);
}

TEST(MachineLimits, ArePositiveAndFinite) {
  for (const Isa isa : SupportedIsas()) {
    for (const int threads : {1, 2, 3}) {
      SCOPED_TRACE(testing::Message() << IsaName(isa) << ", " << threads << " threads");
      ExpectRate(FmaPeak(isa, threads));
      ExpectRate(Int8Peak(isa, threads));
      // Less than one step, no multiple of one, and more than the nearest cache.
      for (const size_t bytes : {1, 100'001, 1'000'000}) {
        ExpectRate(ReadPeak(isa, bytes, threads));
      }
    }
  }
}

TEST(MachineLimits, OneMeterMeasuresAnyNumberOfThreads) {
  ReadMeter meter(10'000);
  for (const int threads : {4, 1, 40}) ExpectRate(meter.Measure(BestIsa(), threads));
}

// A loop that left out a word, or took one twice, would not give the exclusive or of all.
TEST(MachineLoops, ReadEveryWordOnce) {
  constexpr int64_t kWords = 3 * 4 * kReadStep;
  constexpr ReadPattern kPatterns[] = {{1}, {2}, {4}, {1, true}, {4, true}};
  AlignedBuffer<uint32_t> words(kWords);
  for (const Isa isa : SupportedIsas()) {
    const MachineLoops loops = LoopsFor(isa);
    for (const ReadPattern pattern : kPatterns) {
      for (int64_t i = 0; i < kWords; ++i) {
        words[i] = 0x80000001u + static_cast<uint32_t>(i);
        ASSERT_EQ(loops.read(words.data(), kWords, pattern), words[i])
            << IsaName(isa) << ", " << pattern.streams << " streams, word " << i;
        words[i] = 0;
      }
    }
  }
}

// A chain starts at zero, and each product adds the same to each of its lanes.
TEST(MachineLoops, DoTheArithmeticThatTheyCount) {
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(IsaName(isa));
    const MachineLoops loops = LoopsFor(isa);
    EXPECT_EQ(loops.fma(0), 0);
    EXPECT_FLOAT_EQ(loops.fma(1), 12);        // twelve chains: 0 * 0.5 + 1
    EXPECT_FLOAT_EQ(loops.fma(2), 12 * 1.5);  // 1 * 0.5 + 1
    if (isa == Isa::kScalar) {
      EXPECT_EQ(loops.int8(2), 12 * 4);  // (0 * 3 + 1) * 3 + 1
    } else {
      EXPECT_EQ(loops.int8(2), 2 * 12 * 4 * 5 * 3);  // four products in each lane
    }
  }
}

}  // namespace
}  // namespace llama2
