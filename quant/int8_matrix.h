// A matrix of group-wise int8 weights, as a version 2 checkpoint holds it and as the
// kernels read it: the values, row-major, then one float32 scale for each group of
// `group_size` values. A weight is its value times its group's scale.
//
//   Int8Matrix w(bytes.subspan(offset, Int8Matrix::Bytes(rows, cols, 64)), rows, cols, 64);
//   const float weight = w.values()[i] * w.Scale(i / w.group_size());
//
// Groups run over the flattened matrix. Where cols is no multiple of group_size a
// group may begin in one row and end in a later one: the matrix straddles.
#ifndef LLAMA2_QUANT_INT8_MATRIX_H_
#define LLAMA2_QUANT_INT8_MATRIX_H_

#include <cstdint>
#include <cstring>

#include "absl/types/span.h"
#include "base/check.h"

namespace llama2 {

// Sums of int8 products over a group of at most this size are exact in int32.
inline constexpr int64_t kMaxGroupSize = int64_t{1} << 16;

// A view: somebody else owns the bytes. Thread-safe where nobody changes them.
class Int8Matrix {
 public:
  Int8Matrix() = default;

  // (rows, cols) values and, directly behind them, rows * cols / group_size scales, at
  // whatever address. 0 < group_size <= kMaxGroupSize, and it divides rows * cols.
  Int8Matrix(absl::Span<const uint8_t> bytes, int64_t rows, int64_t cols, int64_t group_size)
      : bytes_(bytes), rows_(rows), cols_(cols), group_size_(group_size) {
    DCHECK(group_size > 0 && group_size <= kMaxGroupSize);
    DCHECK_EQ(rows * cols % group_size, 0);
    DCHECK_EQ(static_cast<int64_t>(bytes.size()), Bytes(rows, cols, group_size));
  }

  // The bytes that values and scales take together.
  static int64_t Bytes(int64_t rows, int64_t cols, int64_t group_size) {
    return rows * cols + rows * cols / group_size * static_cast<int64_t>(sizeof(float));
  }

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t group_size() const { return group_size_; }
  int64_t groups() const { return rows_ * cols_ / group_size_; }
  // Whether a group holds values of more than one row, but not those rows whole.
  bool straddles() const { return cols_ % group_size_ != 0; }

  // Values, then scales: what a file holds.
  absl::Span<const uint8_t> bytes() const { return bytes_; }

  absl::Span<const int8_t> values() const {
    return absl::MakeConstSpan(reinterpret_cast<const int8_t*>(bytes_.data()), rows_ * cols_);
  }

  // The scales, each 4 bytes. Not a span of float: where rows * cols is no multiple of
  // 4 they are not aligned for one.
  absl::Span<const uint8_t> scale_bytes() const { return bytes_.subspan(rows_ * cols_); }

  float Scale(int64_t group) const {
    DCHECK(group >= 0 && group < groups());
    float scale;
    std::memcpy(&scale, scale_bytes().data() + group * sizeof(scale), sizeof(scale));
    return scale;
  }

 private:
  absl::Span<const uint8_t> bytes_;
  int64_t rows_ = 0;
  int64_t cols_ = 0;
  int64_t group_size_ = 1;
};

}  // namespace llama2

#endif  // LLAMA2_QUANT_INT8_MATRIX_H_
