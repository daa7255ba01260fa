// A matrix of group-wise int8 weights whose values are cut into their upper and their lower
// four bits, which lie apart (kernels/int8_kernel_table.h): who is content with the upper ones
// reads half of the bytes.
//
//   AlignedBuffer<uint8_t> memory(HalvedInt8Matrix::Bytes(rows, cols, group_size));
//   const HalvedInt8Matrix halved(memory.span(), rows, cols, group_size);
//   for (int64_t row = 0; row < rows; row += HalvedInt8Matrix::kRowsAtOnce) {
//     HalvePanel(matrix, row, halved, row, memory.span());
//   }
//   kernels.Matmul(halved, 0, rows, x8, Halves::kUpper, y);   // quant/int8_kernels.h
#ifndef LLAMA2_QUANT_HALVED_INT8_MATRIX_H_
#define LLAMA2_QUANT_HALVED_INT8_MATRIX_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/int8_kernel_table.h"
#include "quant/int8_matrix.h"
#include "quant/int8_pieces.h"

namespace llama2 {

// Which halves of the values a product reads.
enum class Halves {
  kBoth,   // the product is that of the values
  kUpper,  // a value v stands for (v & ~15) + 8, which is at most 8 away
};

// A view: somebody else owns the bytes. Thread-safe where nobody changes them.
class HalvedInt8Matrix {
 public:
  static constexpr int64_t kAlignment = kPanelLineBytes;  // of its bytes in memory
  static constexpr int64_t kRowsAtOnce = kPanelRows;      // of a panel

  // Over Bytes(rows, cols, group_size) that HalvePanel writes, aligned to kAlignment.
  // `group_size` divides `cols`, and is a multiple of 8, two quads.
  HalvedInt8Matrix(absl::Span<const uint8_t> bytes, int64_t rows, int64_t cols,
                   int64_t group_size);

  // As many as a PackedInt8Matrix has.
  static int64_t Bytes(int64_t rows, int64_t cols, int64_t group_size);

  int64_t rows() const { return rows_; }
  int64_t cols() const { return pieces_.depth(); }
  int64_t group_size() const { return pieces_.group_size(); }
  const Int8Pieces& pieces() const { return pieces_; }

  // Where the upper halves, with the scales, and the lower ones begin of the panel that begins
  // with `row`, a multiple of kRowsAtOnce; as offsets into the bytes.
  int64_t UpperOffset(int64_t row) const;
  int64_t LowerOffset(int64_t row) const;

  const uint8_t* Uppers(int64_t row) const { return bytes_.data() + UpperOffset(row); }
  const uint8_t* Lowers(int64_t row) const { return bytes_.data() + LowerOffset(row); }

 private:
  int64_t lines() const {
    return pieces_.count() * pieces_.quads() / 2;
  }  // of a panel's halves

  absl::Span<const uint8_t> bytes_;
  int64_t rows_ = 0;
  Int8Pieces pieces_;
};

// Writes the panel of `matrix` that begins with row `from` as that of `out` that begins with
// `to`, both multiples of kRowsAtOnce, where it belongs in `bytes`, all of out's. `matrix` has
// out's columns and groups. Thread-safe for different panels.
void HalvePanel(const Int8Matrix& matrix, int64_t from, const HalvedInt8Matrix& out, int64_t to,
                absl::Span<uint8_t> bytes);

}  // namespace llama2

#endif  // LLAMA2_QUANT_HALVED_INT8_MATRIX_H_
