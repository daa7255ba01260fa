// Products of group-wise int8 weights and vectors that are quantised for them.
//
//   Int8Kernels kernels(BestIsa());
//   QuantizedVectors x8(scratch, batch, w.pieces());       // w: a PackedInt8Matrix
//   for (int64_t b = 0; b < batch; ++b) kernels.Quantize(x.Row(b), x8, b);
//   kernels.Matmul(w, 0, w.rows(), x8, y, Store::kReplace);     // y = x W^T, nearly
//
// A vector's groups begin with the vector and are as large as the weights'; the last
// may be shorter. kernels/int8_scalar.cc says exactly what is computed, and in which
// order: the same bits on every instruction set, for every batch and however rows and
// vectors are split between threads.
#ifndef LLAMA2_QUANT_INT8_KERNELS_H_
#define LLAMA2_QUANT_INT8_KERNELS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/int8_kernel_table.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "quant/halved_int8_matrix.h"
#include "quant/int8_pieces.h"
#include "quant/packed_int8_matrix.h"

namespace llama2 {

// A batch of quantised vectors (B, K) in memory that somebody else owns. Copies are
// views of the same. Thread-safety: different vectors may be written at once.
class QuantizedVectors {
 public:
  // `memory`: Bytes(batch, pieces), beginning on a cache line.
  QuantizedVectors(absl::Span<uint8_t> memory, int64_t batch, const Int8Pieces& pieces);

  static int64_t Bytes(int64_t batch, const Int8Pieces& pieces);

  int64_t batch() const { return batch_; }
  const Int8Pieces& pieces() const { return pieces_; }

  // What Quantize has written for the elements of a piece of vector b.
  absl::Span<const int8_t> Values(int64_t b, int64_t piece) const;

  // What it has written for element i: it stands for their product.
  int8_t Value(int64_t b, int64_t i) const;
  float Scale(int64_t b, int64_t i) const;

 private:
  friend class Int8Kernels;

  int64_t batch_;
  Int8Pieces pieces_;
  Int8Vectors vectors_;
};

// A set of kernels; cheap to copy. Stateless and thread-safe.
class Int8Kernels {
 public:
  // The fastest that belong to `isa`, one of SupportedIsas().
  explicit Int8Kernels(Isa isa);
  // These ones: for tests.
  explicit Int8Kernels(const Int8KernelTable& table) : table_(&table) {}

  // Quantises x (K) as vector `b` of `out`. A group that holds an infinity or a NaN makes
  // every product with it NaN.
  void Quantize(absl::Span<const float> x, const QuantizedVectors& out, int64_t b) const;

  // What each group holds of x and of what Quantize took from it, as vector `b` of x8: as many
  // as x8 has pieces. Groups are multiples of 16 that divide K.
  void Measure(absl::Span<const float> x, const QuantizedVectors& x8, int64_t b,
               absl::Span<Int8GroupSquares> out) const;

  // y (B, rows) = x (B, K) w^T for `rows` rows of w from `first_row` on, a multiple of
  // kPanelRows; or y += x w^T. x was quantised for w.pieces().
  void Matmul(const PackedInt8Matrix& w, int64_t first_row, int64_t rows,
              const QuantizedVectors& x, MatrixView<float> y, Store store) const;

  // The same for a matrix in halves, of which it reads `which`; y is replaced.
  void Matmul(const HalvedInt8Matrix& w, int64_t first_row, int64_t rows,
              const QuantizedVectors& x, Halves which, MatrixView<float> y) const;

 private:
  const Int8KernelTable* table_;
};

}  // namespace llama2

#endif  // LLAMA2_QUANT_INT8_KERNELS_H_
