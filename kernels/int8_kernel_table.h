// What one instruction set provides for group-wise int8 weights: a table of
// functions. Plain data only, as kernel_table.h, for the same reason. Callers use
// quant/int8_kernels.h; int8_scalar.cc is the specification.
//
// A *piece* is the longest run of values that no group's boundary cuts, neither a
// group of weights nor one of activations: of K values in groups of `group_size`, the
// greatest common divisor of the two. Where groups do not straddle rows, a piece is a
// group.
#ifndef LLAMA2_KERNELS_INT8_KERNEL_TABLE_H_
#define LLAMA2_KERNELS_INT8_KERNEL_TABLE_H_

#include <stdint.h>

namespace llama2 {

enum {
  // How many pieces a kernel may read at once, wherever the first of them lies: behind
  // a vector's pieces stand its first kPieceLanes - 1 once more (from the beginning
  // again, where there are fewer), as if it had no end.
  kPieceLanes = 16,
  // Longer pieces are read one by one, and nothing stands behind them.
  kMaxLanePiece = 64,
};

// `batch` quantised vectors (B, K). Vector b begins b strides behind the first.
struct Int8Vectors {
  int8_t* values;
  float* scales;    // of each piece
  int32_t* biases;  // of each piece: where its sum begins; of the instruction set's own
  int64_t values_stride;
  int64_t pieces_stride;  // of scales and of biases
};

// y (B, R) = x (B, K) w^T, for w (R, K); or y += x w^T where `accumulate`.
struct Int8MatmulArguments {
  const int8_t* w;  // its rows stand one after the other
  // The scales of the matrix that w is a part of, 4 bytes each, at any address; w
  // begins `first_piece` pieces behind the matrix's beginning.
  const uint8_t* scales;
  int64_t first_piece;
  int64_t pieces_per_scale;
  int64_t rows;    // R
  int64_t pieces;  // of a row: K / piece
  int64_t piece;   // values in a piece
  Int8Vectors x;
  int64_t batch;  // B
  float* y;
  int64_t y_stride;
  bool accumulate;
};

struct Int8KernelTable {
  // Quantises x[0 .. n - 1] in groups of group_size, of which the last may be shorter,
  // and writes n values, and a scale and a bias for each piece of `piece` values.
  void (*quantize)(const float* x, int64_t n, int64_t group_size, int64_t piece, int8_t* values,
                   float* scales, int32_t* biases);
  void (*matmul)(const Int8MatmulArguments& a);
};

extern const Int8KernelTable kInt8ScalarKernels;
extern const Int8KernelTable kInt8Avx2Kernels;
extern const Int8KernelTable kInt8Avx512Kernels;
extern const Int8KernelTable kInt8Avx512VnniKernels;

}  // namespace llama2

#endif  // LLAMA2_KERNELS_INT8_KERNEL_TABLE_H_
