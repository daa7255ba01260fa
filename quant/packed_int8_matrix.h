// A matrix of group-wise int8 weights in the order in which a product reads it: panels of
// 16 rows (kernels/int8_kernel_table.h). It is about as large as an Int8Matrix, from
// which it is made and which can be made of it, and holds the same numbers.
//
//   AlignedBuffer<uint8_t> memory(PackedInt8Matrix::Bytes(rows, cols, group_size));
//   Pack(matrix, memory.span());                     // or as a version 3 checkpoint has it
//   const PackedInt8Matrix packed(memory.span(), rows, cols, group_size);
//   kernels.Matmul(packed, 0, rows, x8, y, Store::kReplace);   // quant/int8_kernels.h
#ifndef LLAMA2_QUANT_PACKED_INT8_MATRIX_H_
#define LLAMA2_QUANT_PACKED_INT8_MATRIX_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/int8_kernel_table.h"
#include "quant/int8_matrix.h"
#include "quant/int8_pieces.h"

namespace llama2 {

// A view: somebody else owns the bytes. Thread-safe where nobody changes them.
class PackedInt8Matrix {
 public:
  static constexpr int64_t kAlignment = kPanelLineBytes;  // of its bytes in memory
  static constexpr int64_t kRowsAtOnce = kPanelRows;      // of a panel

  PackedInt8Matrix() = default;

  // Over Bytes(rows, cols, group_size) as Pack writes them, aligned to kAlignment. What
  // fills the last panel and the last quads may be anything: it changes no product.
  PackedInt8Matrix(absl::Span<const uint8_t> bytes, int64_t rows, int64_t cols,
                   int64_t group_size);

  // A multiple of kAlignment. In whole panels at most 8 bytes a weight, where a row and a
  // group have no common divisor; with groups of 64 that do not straddle rows 1 1/16.
  static int64_t Bytes(int64_t rows, int64_t cols, int64_t group_size);

  int64_t rows() const { return rows_; }
  int64_t cols() const { return pieces_.depth(); }
  int64_t group_size() const { return pieces_.group_size(); }
  const Int8Pieces& pieces() const { return pieces_; }
  absl::Span<const uint8_t> bytes() const { return bytes_; }

  // The panel that begins with `row`, a multiple of kPanelRows.
  const uint8_t* Panel(int64_t row) const;

  // The weights of row `row`, values times scales, in float32: those that DequantizeRow
  // (quant/quantize.h) gives of the Int8Matrix. `out` has the row's cols elements.
  void ReadRow(int64_t row, absl::Span<float> out) const;

  // The values of row `row`, without their scales; `out` has the row's cols elements.
  void ReadValues(int64_t row, absl::Span<int8_t> out) const;

  // The scale of the weight at (row, col).
  float Scale(int64_t row, int64_t col) const;

 private:
  // Where the lines of that piece begin with what belongs to `row`.
  const uint8_t* Lane(int64_t row, int64_t piece) const;

  absl::Span<const uint8_t> bytes_;
  int64_t rows_ = 0;
  Int8Pieces pieces_;
};

// Writes the panels of `matrix`, PackedInt8Matrix::Bytes in all; what no weight fills is
// zero. Thread-safe.
void Pack(const Int8Matrix& matrix, absl::Span<uint8_t> out);

// Writes the one panel that begins with `row`, a multiple of kRowsAtOnce: for who has no
// memory for all. `out` has the Bytes of that many rows. Thread-safe.
void PackPanel(const Int8Matrix& matrix, int64_t row, absl::Span<uint8_t> out);

// The inverse of Pack: the Int8Matrix::Bytes from which `matrix` was made. Thread-safe.
void Unpack(const PackedInt8Matrix& matrix, absl::Span<uint8_t> out);

}  // namespace llama2

#endif  // LLAMA2_QUANT_PACKED_INT8_MATRIX_H_
