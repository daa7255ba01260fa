// That the sampler allocates on its first token only; a file of its own, because it
// replaces operator new for the whole program.

#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "sampling/sampler.h"

static int64_t allocations = 0;

void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace llama2 {
namespace {

TEST(SamplerAllocationTest, AllocatesNothingAfterTheFirstToken) {
  Sampler sampler({.top_k = 500, .min_p = 1e-3f, .repetition_penalty = 1.1f},
                  Kernels(BestIsa()));
  std::vector<float> logits(1000);
  std::vector<int> history = {1, 2, 3};
  const auto sample = [&] {
    for (size_t i = 0; i < logits.size(); ++i) logits[i] = i % 17 + i % 5;
    return sampler.Sample(absl::MakeSpan(logits), history).ok();
  };

  const int64_t before = allocations;
  EXPECT_TRUE(sample());
  const int64_t after_first = allocations;
  EXPECT_GT(after_first, before) << "allocations are not counted";
  bool ok = true;
  for (int i = 0; i < 100; ++i) ok &= sample();
  EXPECT_EQ(allocations, after_first);
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace llama2
