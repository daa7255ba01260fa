// What one instruction set provides: a table of functions. Each file that fills a
// table is compiled for its own instruction set, so this header holds nothing
// that such a file could compile and leak into the rest of the program: no inline
// function, no template, only plain data. Callers use kernels.h.
//
// scalar.cc is the specification: for each function it says, in plain loops, in
// which order every sum is taken. The other tables give the same bits.
#ifndef LLAMA2_KERNELS_KERNEL_TABLE_H_
#define LLAMA2_KERNELS_KERNEL_TABLE_H_

#include <stdint.h>

namespace llama2 {

// y (B, R) = x (B, K) w^T, for w (R, K); or y += x w^T where `accumulate`.
struct MatmulArguments {
  const float* w;
  int64_t w_stride;
  int64_t rows;  // R
  const float* x;
  int64_t x_stride;
  int64_t batch;  // B
  int64_t depth;  // K
  float* y;
  int64_t y_stride;
  bool accumulate;
};

// c (M, N) = a (M, K) b (K, N), or c += a b where `accumulate`. Element (m, k) of a stands
// at a[m * a_row_stride + k * a_column_stride], so that a may be the transpose of what lies
// in memory.
struct GemmArguments {
  const float* a;
  int64_t a_row_stride;
  int64_t a_column_stride;
  const float* b;
  int64_t b_stride;
  float* c;
  int64_t c_stride;
  int64_t rows;     // M
  int64_t depth;    // K
  int64_t columns;  // N
  bool accumulate;
};

// One key-value head's attention for the `heads` query heads that read it, at `positions`
// consecutive positions: the first reads `length` positions, the next one more.
struct AttentionArguments {
  const float* q;    // (positions, heads, head_dim)
  int64_t q_stride;  // from one position to the next
  int64_t heads;
  int64_t positions;
  // Keys in blocks of 16 positions, transposed: (ceil(length / 16), head_dim, 16).
  const float* k;
  const float* v;  // (length, head_dim)
  int64_t length;
  int64_t head_dim;
  float scale;    // what a score is multiplied by
  float* scores;  // scratch: (kQueryTile, the last length rounded up to 16)
  float* out;     // (positions, heads, head_dim)
  int64_t out_stride;
};

struct KernelTable {
  void (*matmul)(const MatmulArguments& a);
  void (*attention)(const AttentionArguments& a);
  // y[i] = weight[i] * (x[i] / rms(x)); n > 0. y may be x.
  void (*rms_norm)(const float* x, const float* weight, int64_t n, float epsilon, float* y);
  // In place; n > 0.
  void (*softmax)(float* x, int64_t n);
  // Rotates the pairs (x[0], x[1]), (x[2], x[3]) ... of n values, in place.
  // cosines[i] belongs to x[i]; sines[i] too, negative where i is even.
  void (*rope)(float* x, const float* cosines, const float* sines, int64_t n);
  // gate[i] = silu(gate[i]) * up[i].
  void (*silu_gate)(float* gate, const float* up, int64_t n);
  // y[i] += x[i].
  void (*add)(float* y, const float* x, int64_t n);
  // y[i] = exp(x[i]). y may be x.
  void (*exp)(const float* x, int64_t n, float* y);
  // The first index of the largest value; NaN is never the largest. n > 0; 0 where
  // nothing is larger than -infinity.
  int64_t (*argmax)(const float* x, int64_t n);
  // The sum of the values that are at least `least`; none is NaN.
  float (*sum_at_least)(const float* x, int64_t n, float least);
  // Writes the indices of the values that are at least `least`, in order, and returns how many
  // there are: none of NaN. n indices have room.
  int64_t (*find_at_least)(const float* x, int64_t n, float least, int32_t* indices);

  // What training needs beside these: the products of the backward pass, and the
  // gradients of what is no product.
  void (*gemm)(const GemmArguments& g);
  // Adds the gradients of rms_norm, given that of its output; n > 0.
  void (*rms_norm_backward)(const float* x, const float* weight, const float* dy, int64_t n,
                            float epsilon, float* dx, float* dweight);
  // In place of gate, up and dy, the gradient of silu_gate's output, it leaves the gradient
  // of gate, that of up, and that output.
  void (*silu_gate_backward)(float* gate, float* up, float* dy, int64_t n);
  // dp[i] = scale * p[i] * (dp[i] - sum of p * dp): the gradient of the softmax p, by that
  // of its inputs before they were multiplied with `scale`.
  void (*softmax_backward)(const float* p, float* dp, int64_t n, float scale);
};

// Positions in a block of the transposed keys: the lanes of the canonical order.
enum { kKeyBlock = 16 };

// The most queries whose scores attention keeps at once.
enum { kQueryTile = 4 };

extern const KernelTable kScalarKernels;
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;

}  // namespace llama2

#endif  // LLAMA2_KERNELS_KERNEL_TABLE_H_
