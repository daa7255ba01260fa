// The ladder from the naive loop to the kernels in float32: each step computes the same
// product, in another way than the one before, and is short enough to be read.
// docs/kernels.md goes up step by step; ladder.cc measures them.
//
//   for (const Fp32Step& step : DecodeFp32Steps()) step.matmul(w, x, y);
#ifndef LLAMA2_TESTING_BENCHMARK_LADDER_STEPS_H_
#define LLAMA2_TESTING_BENCHMARK_LADDER_STEPS_H_

#include <functional>
#include <vector>

#include "absl/strings/string_view.h"
#include "kernels/tensor_view.h"

namespace llama2 {

struct Fp32Step {
  absl::string_view name;  // begins with its number
  // y (B, R) = x (B, K) w^T for w (R, K). Thread-safe on outputs that do not overlap.
  std::function<void(MatrixView<const float> w, MatrixView<const float> x, MatrixView<float> y)>
      matmul;
  // Whether every sum is taken in the canonical order (docs/numerics.md): then the bits
  // are the kernel's.
  bool canonical;
};

// Those that this CPU can run, from the plainest to the kernel that a forward pass calls.
// For one vector, B = 1 and K a multiple of 16.
std::vector<Fp32Step> DecodeFp32Steps();

// For many vectors, K a multiple of 16.
std::vector<Fp32Step> PrefillFp32Steps();

}  // namespace llama2

#endif  // LLAMA2_TESTING_BENCHMARK_LADDER_STEPS_H_
