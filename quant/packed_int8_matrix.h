// A matrix of group-wise int8 weights in the order in which a product reads it: panels of
// 16 rows (kernels/int8_kernel_table.h). It is about as large as an Int8Matrix, from
// which it is made, and holds the same numbers.
//
//   AlignedBuffer<uint8_t> memory(PackedInt8Matrix::Bytes(rows, cols, group_size));
//   Pack(matrix, memory.span());
//   const PackedInt8Matrix packed(memory.span(), rows, cols, group_size);
//   kernels.Matmul(packed, 0, rows, x8, y, Store::kReplace);   // quant/int8_kernels.h
#ifndef LLAMA2_QUANT_PACKED_INT8_MATRIX_H_
#define LLAMA2_QUANT_PACKED_INT8_MATRIX_H_

#include <cstdint>

#include "absl/types/span.h"
#include "quant/int8_matrix.h"
#include "quant/int8_pieces.h"

namespace llama2 {

// A view: somebody else owns the bytes. Thread-safe where nobody changes them.
class PackedInt8Matrix {
 public:
  PackedInt8Matrix() = default;

  // Over Bytes(rows, cols, group_size) that Pack has written, beginning on a cache line.
  PackedInt8Matrix(absl::Span<const uint8_t> bytes, int64_t rows, int64_t cols,
                   int64_t group_size);

  // A multiple of a cache line. At most 8 bytes a weight, where a row and a group have no
  // common divisor; with groups of 64 that do not straddle rows 1 1/16.
  static int64_t Bytes(int64_t rows, int64_t cols, int64_t group_size);

  int64_t rows() const { return rows_; }
  int64_t cols() const { return pieces_.depth(); }
  int64_t group_size() const { return pieces_.group_size(); }
  const Int8Pieces& pieces() const { return pieces_; }

  // The panel that begins with `row`, a multiple of kPanelRows.
  const uint8_t* Panel(int64_t row) const;

  // The weights of row `row`, values times scales, in float32: those that DequantizeRow
  // (quant/quantize.h) gives of the Int8Matrix. `out` has the row's cols elements.
  void ReadRow(int64_t row, absl::Span<float> out) const;

 private:
  absl::Span<const uint8_t> bytes_;
  int64_t rows_ = 0;
  Int8Pieces pieces_;
};

// Writes the panels of `matrix`, PackedInt8Matrix::Bytes of them. Thread-safe.
void Pack(const Int8Matrix& matrix, absl::Span<uint8_t> out);

}  // namespace llama2

#endif  // LLAMA2_QUANT_PACKED_INT8_MATRIX_H_
