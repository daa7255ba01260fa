// Inputs and outputs for the tests of kernels.
//
//   GuardedArray x(RandomFloats(n, /*seed=*/1));
//   GuardedArray y(x.size());
//   kernels.Exp(x.span(), y.span());     // dies if it touches x[n] or y[n]
#ifndef LLAMA2_KERNELS_TEST_ARRAYS_H_
#define LLAMA2_KERNELS_TEST_ARRAYS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace llama2 {

// An array that ends exactly where a page begins that may not be touched. Its start
// is aligned to the size of a float and, unless its size happens to be a multiple of
// 16, to nothing more.
class GuardedArray {
 public:
  explicit GuardedArray(size_t size);  // filled with zeros
  explicit GuardedArray(absl::Span<const float> values);
  ~GuardedArray();
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;

  float* data() { return data_; }
  size_t size() const { return size_; }
  absl::Span<float> span() { return absl::MakeSpan(data_, size_); }

 private:
  void* pages_;
  size_t pages_bytes_;
  float* data_;
  size_t size_;
};

// `n` floats, uniform between -1 and 1.
std::vector<float> RandomFloats(size_t n, uint32_t seed);

// `n` floats of every size up to 2^max_exponent: a random sign, exponent (denormals
// included) and fraction; one in eight is 0 or -0.
std::vector<float> WildFloats(size_t n, uint32_t seed, int max_exponent);

}  // namespace llama2

#endif  // LLAMA2_KERNELS_TEST_ARRAYS_H_
