// What one instruction set provides for group-wise int8 weights: a table of
// functions. Plain data only, as kernel_table.h, for the same reason. Callers use
// quant/int8_kernels.h; int8_scalar.cc is the specification.
//
// A *piece* is the longest run of values that no group's boundary cuts, neither a
// group of weights nor one of activations: of K values in groups of `group_size`, the
// greatest common divisor of the two. Where groups do not straddle rows, a piece is a
// group. It is stored as *quads* of four values, the last filled up with zeros.
//
// Weights stand in *panels* of 16 rows, in the order in which a product reads them. For
// each piece a panel holds the first quad of each of its rows, then the second, and so on,
// and then the rows' 16 scales: lines of 64 bytes, of which lane r belongs to row r. Rows
// that are missing in the last panel are zeros.
//
// *Halves* are panels cut in two. Of each two lines of quads, one line holds the upper four
// bits of all values, those of the first quad in the upper half of each byte and those of the
// second in the lower, and another line the lower four bits in the same way. Upper lines and
// scales stand together, lower lines apart. So who is content with a value's upper half, and
// takes 8 for the rest, the middle, reads half of the bytes.
#ifndef LLAMA2_KERNELS_INT8_KERNEL_TABLE_H_
#define LLAMA2_KERNELS_INT8_KERNEL_TABLE_H_

#include <stdint.h>

namespace llama2 {

enum {
  kQuad = 4,             // products that go into one int32 at once
  kPanelRows = 16,       // lanes
  kPanelLineBytes = 64,  // a quad, or a scale, of each row
};

// `batch` quantised vectors. Vector b begins b strides behind the first.
struct Int8Vectors {
  int8_t* values;   // (B, pieces, quads, kQuad)
  float* scales;    // (B, pieces)
  int32_t* biases;  // (B, pieces): where a sum begins; of the instruction set's own
  int64_t values_stride;
  int64_t pieces_stride;  // of scales and of biases
};

// y (B, R) = x (B, K) w^T, for w (R, K); or y += x w^T where `accumulate`.
struct Int8MatmulArguments {
  const uint8_t* panels;  // at a multiple of kPanelLineBytes
  int64_t rows;           // R
  int64_t pieces;         // of a row
  int64_t quads;          // of a piece
  Int8Vectors x;
  int64_t batch;  // B
  float* y;
  int64_t y_stride;
  bool accumulate;
};

// y (B, R) = x (B, K) w^T, for w (R, K) in halves.
struct Int8HalvesArguments {
  const uint8_t* uppers;  // both at multiples of kPanelLineBytes
  const uint8_t* lowers;  // or null: then a value v is (v & ~15) + 8
  int64_t rows;           // R
  int64_t pieces;         // of a row
  int64_t quads;          // of a piece; even
  Int8Vectors x;
  int64_t batch;  // B
  float* y;
  int64_t y_stride;
};

// One vector that is to be quantised, and where to.
struct Int8QuantizeArguments {
  const float* x;  // (n)
  int64_t n;
  int64_t group_size;  // the last group may be shorter
  int64_t piece;       // values in a piece; divides n and group_size
  int8_t* values;
  float* scales;
  int32_t* biases;
};

// Of a group: the sums of the squares of x, and of what quantising took from it.
struct Int8GroupSquares {
  float x;
  float error;
};

// A vector that was quantised in groups which are pieces, and what is asked of each.
struct Int8MeasureArguments {
  const float* x;         // (n)
  int64_t n;              // a multiple of group_size
  int64_t group_size;     // a multiple of 16
  const int8_t* values;   // (n)
  const float* scales;    // (n / group_size)
  Int8GroupSquares* out;  // (n / group_size)
};

struct Int8KernelTable {
  void (*quantize)(const Int8QuantizeArguments& a);
  void (*measure)(const Int8MeasureArguments& a);
  void (*matmul)(const Int8MatmulArguments& a);
  void (*matmul_halves)(const Int8HalvesArguments& a);
};

extern const Int8KernelTable kInt8ScalarKernels;
extern const Int8KernelTable kInt8Avx2Kernels;
extern const Int8KernelTable kInt8Avx512Kernels;
extern const Int8KernelTable kInt8Avx512VnniKernels;

}  // namespace llama2

#endif  // LLAMA2_KERNELS_INT8_KERNEL_TABLE_H_
