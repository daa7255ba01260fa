// Every step of every ladder gives what the kernel, its last step, gives: the same bits where
// it adds in the canonical order, else nearly.
#include "testing/benchmark/ladder_steps.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "kernels/test_arrays.h"
#include "testing/benchmark/ladder_int8_steps.h"

namespace llama2 {
namespace {

// `scale` is what the outputs' errors are small against.
void ExpectSame(absl::Span<const float> actual, absl::Span<const float> expected,
                bool canonical, float scale) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    if (canonical) {
      ASSERT_EQ(std::memcmp(&actual[i], &expected[i], sizeof(float)), 0)
          << i << ": " << actual[i] << ", not " << expected[i];
    } else {
      ASSERT_NEAR(actual[i], expected[i], 1e-5f * scale) << i;
    }
  }
}

void CheckFp32(const std::vector<Fp32Step>& steps, int64_t batch) {
  constexpr int64_t kRows = 37, kDepth = 528;  // no whole number of tiles; more than 1 KB
  const std::vector<float> w = RandomFloats(kRows * kDepth, /*seed=*/1);
  const std::vector<float> x = RandomFloats(batch * kDepth, /*seed=*/2);
  const auto outputs = [&](const Fp32Step& step) {
    std::vector<float> y(batch * kRows, NAN);
    step.matmul({w.data(), kRows, kDepth}, {x.data(), batch, kDepth}, {y.data(), batch, kRows});
    return y;
  };
  const std::vector<float> expected = outputs(steps.back());
  for (const Fp32Step& step : steps) {
    SCOPED_TRACE(testing::Message() << step.name << ", batch " << batch);
    ExpectSame(outputs(step), expected, step.canonical, std::sqrt(float{kDepth}));
  }
}

TEST(LadderSteps, DecodeFp32) { CheckFp32(DecodeFp32Steps(), /*batch=*/1); }

TEST(LadderSteps, PrefillFp32) {
  for (const int64_t batch : {1, 4, 17}) CheckFp32(PrefillFp32Steps(), batch);
}

void CheckInt8(const std::vector<Int8Step>& steps, int64_t batch) {
  constexpr int64_t kRows = 96, kFirst = 32, kCount = 64;
  for (const int64_t group_size : {64, 128}) {
    const LadderInt8 data(
        {.rows = kRows, .depth = 384, .group_size = group_size, .batch = batch});
    const auto outputs = [&](const Int8Step& step) {
      std::vector<float> y(batch * kCount, NAN);
      step.matmul(data, kFirst, kCount, {y.data(), batch, kCount});
      return y;
    };
    const std::vector<float> expected = outputs(steps.back());
    float largest = 0;
    for (const float value : expected) largest = std::fmax(largest, std::fabs(value));
    ASSERT_GT(largest, 0);
    for (const Int8Step& step : steps) {
      SCOPED_TRACE(testing::Message() << step.name << ", batch " << batch);
      ExpectSame(outputs(step), expected, step.canonical, largest);
    }
  }
}

TEST(LadderSteps, DecodeInt8) { CheckInt8(DecodeInt8Steps(), /*batch=*/1); }

TEST(LadderSteps, PrefillInt8) {
  for (const int64_t batch : {1, 4, 17}) CheckInt8(PrefillInt8Steps(), batch);
}

}  // namespace
}  // namespace llama2
