// The ladder from the naive loop to the kernels in group-wise int8: ladder_steps.h says what
// a ladder is.
//
//   const LadderInt8 data({.rows = 32000, .depth = 768, .group_size = 64, .batch = 1});
//   for (const Int8Step& step : DecodeInt8Steps()) step.matmul(data, 0, data.rows, y);
#ifndef LLAMA2_TESTING_BENCHMARK_LADDER_INT8_STEPS_H_
#define LLAMA2_TESTING_BENCHMARK_LADDER_INT8_STEPS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/aligned_buffer.h"
#include "kernels/tensor_view.h"
#include "quant/int8_kernels.h"
#include "quant/packed_int8_matrix.h"

namespace llama2 {

struct Int8Shape {
  int64_t rows, depth;  // R, K
  int64_t group_size;   // a multiple of 64 that divides K
  int64_t batch;        // B
};

// Random weights and vectors, as plain arrays and as the kernels want them: the numbers are
// the same.
class LadderInt8 : public Int8Shape {
 public:
  // With `huge_pages` the weights lie in them where the system has any.
  explicit LadderInt8(const Int8Shape& shape, bool huge_pages = false);

  int64_t groups;  // of a row

  // As a file holds them.
  AlignedBuffer<int8_t> w;        // (R, K)
  AlignedBuffer<float> w_scales;  // (R, groups)
  AlignedBuffer<int8_t> x;        // (B, K)
  AlignedBuffer<float> x_scales;  // (B, groups)
  // -128 times the sum of a group of x: what a sum begins with whose weights are 128 too
  // large.
  AlignedBuffer<int32_t> x_biases;  // (B, groups)

  // In panels (kernels/int8_kernel_table.h).
  const PackedInt8Matrix& packed() const { return packed_; }
  const QuantizedVectors& quantized() const { return quantized_; }

 private:
  AlignedBuffer<uint8_t> panels_, vectors_;
  PackedInt8Matrix packed_;
  QuantizedVectors quantized_;
};

struct Int8Step {
  absl::string_view name;  // begins with its number
  // y (B, rows) = x (B, K) w^T for `rows` rows of w from `first_row` on, a multiple of 16.
  // Thread-safe on outputs that do not overlap.
  std::function<void(const LadderInt8& data, int64_t first_row, int64_t rows,
                     MatrixView<float> y)>
      matmul;
  // Whether the groups are added in the canonical order (docs/numerics.md): then the bits are
  // the kernel's.
  bool canonical;
};

// Those that this CPU can run, from the plainest to the kernel that a forward pass calls.
// For one vector, B = 1.
std::vector<Int8Step> DecodeInt8Steps();

// For many vectors.
std::vector<Int8Step> PrefillInt8Steps();

}  // namespace llama2

#endif  // LLAMA2_TESTING_BENCHMARK_LADDER_INT8_STEPS_H_
