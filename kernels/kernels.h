// The numbers of a forward pass: one function for each step of the model, over
// tensor views, for the instruction set that the caller chose. Start reading at
// scalar.cc, which says exactly what each computes.
//
//   Kernels kernels(BestIsa());
//   kernels.RmsNorm(x.Row(0), weight, 1e-5f, normed);
//   kernels.Matmul(w, x, y);
//
// Every function gives the same bits on every instruction set, for every batch
// size and however its output is split between threads: each output element is
// computed in one canonical order (docs/numerics.md). None can fail; a wrong shape
// is the caller's error and is checked in debug builds.
//
// Thread-safety: stateless; any number of threads may call, on outputs that do not
// overlap.
#ifndef LLAMA2_KERNELS_KERNELS_H_
#define LLAMA2_KERNELS_KERNELS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/tensor_view.h"

namespace llama2 {

// What Matmul does with what stands in its output.
enum class Store { kReplace, kAdd };

// The keys and values of one head of one sequence, as attention reads them.
struct HeadCache {
  const float* keys;    // (S / 16 rounded up, HD, 16): blocks of 16 positions, transposed
  const float* values;  // (S, HD)
};

// The floats that the keys of one head take in a cache of `positions` positions.
inline int64_t KeyCacheSize(int64_t positions, int64_t head_dim) {
  return (positions + kKeyBlock - 1) / kKeyBlock * kKeyBlock * head_dim;
}

// The floats of scratch that Attention needs over up to `positions` positions.
inline int64_t AttentionScratchSize(int64_t positions) {
  return kQueryTile * KeyCacheSize(positions, 1);
}

// A set of kernels; cheap to copy.
class Kernels {
 public:
  // `isa` is one of SupportedIsas().
  explicit Kernels(Isa isa);

  Isa isa() const { return isa_; }

  // y (B, R) = x (B, K) w^T for w (R, K), or y += x w^T. x and y do not overlap.
  void Matmul(MatrixView<const float> w, MatrixView<const float> x, MatrixView<float> y,
              Store store = Store::kReplace) const;

  // y = weight * x / sqrt(mean(x^2) + epsilon), all of size D > 0. y may be x.
  // Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
  void RmsNorm(absl::Span<const float> x, absl::Span<const float> weight, float epsilon,
               absl::Span<float> y) const;

  // x = exp(x - max(x)) / sum, in place; x is not empty.
  void Softmax(absl::Span<float> x) const;

  // Rotates the adjacent pairs of every head in x (heads * HD) by one position's
  // angles, in place: cosines and sines (HD) as RopeTable gives them.
  // Su et al., "RoFormer", 2021.
  void Rope(absl::Span<float> x, absl::Span<const float> cosines,
            absl::Span<const float> sines) const;

  // gate = silu(gate) * up, where silu(a) = a / (1 + exp(-a)).
  // Shazeer, "GLU Variants Improve Transformer", 2020.
  void SiluGate(absl::Span<float> gate, absl::Span<const float> up) const;

  // y += x.
  void Add(absl::Span<float> y, absl::Span<const float> x) const;

  // y = exp(x), within 1.02 units in the last place (the worst of all floats); where
  // the result would be denormal, below -87.3365, it is 0; above 88.7228 it is
  // infinity; of NaN it is NaN. y may be x.
  void Exp(absl::Span<const float> x, absl::Span<float> y) const;

  // out (T, Q HD) = softmax(scale * q k^T) v over one key-value head, for the Q query
  // heads q (T, Q HD) that read it (grouped-query attention: the heads of a group), at T
  // consecutive positions. The first position attends over the positions 0 .. length - 1
  // and each further one over one more. length > 0;
  // scratch: AttentionScratchSize(length + T - 1).
  // Vaswani et al., "Attention Is All You Need", 2017, equation 1.
  void Attention(MatrixView<const float> q, HeadCache cache, int64_t head_dim, int64_t length,
                 float scale, absl::Span<float> scratch, MatrixView<float> out) const;

  // The first index of the largest value; NaN is passed over, and where nothing is
  // larger than -infinity it is 0. x is not empty.
  int64_t Argmax(absl::Span<const float> x) const;

  // The sum of the values that are at least `least`; none is NaN.
  float SumAtLeast(absl::Span<const float> x, float least) const;

  // Puts the indices of the values that are at least `least`, in order, at the front of
  // `indices`, which has room for as many as there are values, and returns how many they are.
  // NaN is passed over.
  int64_t FindAtLeast(absl::Span<const float> x, float least,
                      absl::Span<int32_t> indices) const;

  // ------------------------------------------------------------ the backward pass
  // Where gradients are added (+=), one output is one chain of sums that goes on.

  // c (M, N) = a b for a (M, K) and b (K, N), or c += a b. c overlaps neither.
  void MatmulNN(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
                Store store = Store::kReplace) const;

  // c (M, N) = a^T b for a (K, M) and b (K, N), or c += a^T b. c overlaps neither.
  void MatmulTN(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
                Store store = Store::kReplace) const;

  // The gradient of RmsNorm(x, weight), given that of its output: dx += and dweight +=,
  // all of size D > 0.
  void RmsNormBackward(absl::Span<const float> x, absl::Span<const float> weight,
                       absl::Span<const float> dy, float epsilon, absl::Span<float> dx,
                       absl::Span<float> dweight) const;

  // The gradient of SiluGate(gate, up), given that of its output, dy; all of one size. In
  // place of gate stands its gradient then, in place of up up's, and in place of dy what
  // SiluGate gives.
  void SiluGateBackward(absl::Span<float> gate, absl::Span<float> up,
                        absl::Span<float> dy) const;

  // The gradient of p = softmax(scale * x) by x, given that by p, in place.
  void SoftmaxBackward(absl::Span<const float> p, float scale, absl::Span<float> dp) const;

 private:
  Isa isa_;
  const KernelTable* table_;
};

}  // namespace llama2

#endif  // LLAMA2_KERNELS_KERNELS_H_
