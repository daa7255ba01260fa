// A view of a row-major matrix that somebody else owns; the vector beside it is
// absl::Span. Sizes travel with the data and are checked in debug builds.
//
//   MatrixView<float> x(buffer.data(), batch, dim);        // (B, D)
//   absl::Span<float> row = x.Row(b);                      // (D)
//   MatrixView<const float> half = x.Columns(0, dim / 2);  // (B, D/2), same rows
#ifndef LLAMA2_KERNELS_TENSOR_VIEW_H_
#define LLAMA2_KERNELS_TENSOR_VIEW_H_

#include <cstdint>
#include <type_traits>

#include "absl/types/span.h"
#include "base/check.h"

namespace llama2 {

// (rows, cols), where row i begins `stride` elements after row i - 1.
template <typename T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, int64_t rows, int64_t cols) : MatrixView(data, rows, cols, cols) {}
  MatrixView(T* data, int64_t rows, int64_t cols, int64_t stride)
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {
    DCHECK_GE(rows, 0);
    DCHECK_GE(cols, 0);
    DCHECK_GE(stride, cols);
  }

  // A view to write through is also a view to read through.
  template <typename U, typename = std::enable_if_t<std::is_same_v<const U, T>>>
  MatrixView(const MatrixView<U>& other)
      : MatrixView(other.data(), other.rows(), other.cols(), other.stride()) {}

  T* data() const { return data_; }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t stride() const { return stride_; }

  absl::Span<T> Row(int64_t i) const {
    DCHECK_GE(i, 0);
    DCHECK_LT(i, rows_);
    return absl::Span<T>(data_ + i * stride_, cols_);
  }

  // Rows begin .. begin + count - 1.
  MatrixView Rows(int64_t begin, int64_t count) const {
    DCHECK_GE(begin, 0);
    DCHECK_LE(begin + count, rows_);
    return MatrixView(data_ + begin * stride_, count, cols_, stride_);
  }

  // Columns begin .. begin + count - 1 of every row.
  MatrixView Columns(int64_t begin, int64_t count) const {
    DCHECK_GE(begin, 0);
    DCHECK_LE(begin + count, cols_);
    return MatrixView(data_ + begin, rows_, count, stride_);
  }

 private:
  T* data_ = nullptr;
  int64_t rows_ = 0;
  int64_t cols_ = 0;
  int64_t stride_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_KERNELS_TENSOR_VIEW_H_
