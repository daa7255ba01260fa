// The angles of rotary position embedding (RoPE): what Kernels::Rope rotates by.
//
//   RopeFrequencies frequencies(head_dim, 10000.0);
//   frequencies.Angles(position, cosines, sines);     // once for all layers and heads
//   kernels.Rope(q.Row(b), cosines, sines);
#ifndef LLAMA2_KERNELS_ROPE_H_
#define LLAMA2_KERNELS_ROPE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace llama2 {

// At position p the pair (2 j, 2 j + 1) of every head turns by p * theta^(-2 j / HD).
// Angles, sines and cosines are computed in double with additions, multiplications
// and divisions alone, not with the system's math library, whose last bits differ
// between versions and machines. Immutable; thread-safe.
// Su et al., "RoFormer", 2021, equation 15.
class RopeFrequencies {
 public:
  // head_dim is even; theta > 0.
  RopeFrequencies(int64_t head_dim, double theta);

  // Fills cosines and sines (HD) as Kernels::Rope wants them: both elements of a pair
  // have its cosine; the first has minus its sine, the second its sine.
  void Angles(int64_t position, absl::Span<float> cosines, absl::Span<float> sines) const;

 private:
  std::vector<double> frequencies_;  // (HD / 2): radians per position
};

}  // namespace llama2

#endif  // LLAMA2_KERNELS_ROPE_H_
