#include "llama/stored_matrix.h"

#include <algorithm>

#include "base/check.h"
#include "quant/quantize.h"

namespace llama2 {

StoredMatrix MatrixAt(absl::Span<const uint8_t> file, const TensorLayout& t, int64_t i) {
  CHECK(i >= 0 && i < t.count);
  const int64_t begin = t.offset + i * t.matrix_bytes();
  CHECK_LE(begin + t.matrix_bytes(), static_cast<int64_t>(file.size()));
  const absl::Span<const uint8_t> bytes = file.subspan(begin, t.matrix_bytes());
  if (t.packed) return PackedInt8Matrix(bytes, t.rows, t.cols, t.group_size);
  if (t.group_size != 0) return Int8Matrix(bytes, t.rows, t.cols, t.group_size);
  return MatrixView<const float>(reinterpret_cast<const float*>(bytes.data()), t.rows, t.cols);
}

int64_t BytesOf(const StoredMatrix& matrix) {
  if (const auto* int8 = std::get_if<Int8Matrix>(&matrix)) return int8->bytes().size();
  if (const auto* packed = std::get_if<PackedInt8Matrix>(&matrix))
    return packed->bytes().size();
  const auto& floats = std::get<MatrixView<const float>>(matrix);
  return floats.rows() * floats.cols() * static_cast<int64_t>(sizeof(float));
}

void ReadRow(const StoredMatrix& matrix, int64_t row, absl::Span<float> out) {
  if (const auto* floats = std::get_if<MatrixView<const float>>(&matrix)) {
    const absl::Span<const float> values = floats->Row(row);
    CHECK_EQ(values.size(), out.size());
    std::copy(values.begin(), values.end(), out.begin());
  } else if (const auto* int8 = std::get_if<Int8Matrix>(&matrix)) {
    DequantizeRow(*int8, row, out);
  } else {
    std::get<PackedInt8Matrix>(matrix).ReadRow(row, out);
  }
}

}  // namespace llama2
