// One matrix of a checkpoint file as it lies there, in whatever number format: what
// exports, compares and inspects files goes from one to the next.
//
//   for (const TensorLayout& t : LayoutOf(header.format, header.config)) {
//     for (int64_t i = 0; i < t.count; ++i) {
//       const StoredMatrix matrix = MatrixAt(file.bytes(), t, i);
//       std::vector<float> row(t.cols);
//       ReadRow(matrix, 0, absl::MakeSpan(row));
//     }
//   }
#ifndef LLAMA2_LLAMA_STORED_MATRIX_H_
#define LLAMA2_LLAMA_STORED_MATRIX_H_

#include <cstdint>
#include <variant>

#include "absl/types/span.h"
#include "kernels/tensor_view.h"
#include "llama/checkpoint_layout.h"
#include "quant/int8_matrix.h"
#include "quant/packed_int8_matrix.h"

namespace llama2 {

// A view of bytes that somebody else owns. A norm is a matrix of one row.
using StoredMatrix = std::variant<MatrixView<const float>, Int8Matrix, PackedInt8Matrix>;

// Matrix `i` (0 <= i < t.count) of the tensor that `t` places in the file of these bytes.
// They begin on a cache line and reach at least to the matrix's end.
StoredMatrix MatrixAt(absl::Span<const uint8_t> file, const TensorLayout& t, int64_t i);

// The bytes that it takes in its file.
int64_t BytesOf(const StoredMatrix& matrix);

// Copies row `row` (cols) of the matrix, as float32.
void ReadRow(const StoredMatrix& matrix, int64_t row, absl::Span<float> out);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_STORED_MATRIX_H_
