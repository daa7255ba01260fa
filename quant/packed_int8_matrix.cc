#include "quant/packed_int8_matrix.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "base/check.h"

namespace llama2 {
namespace {

int64_t Panels(int64_t rows) { return (rows + kPanelRows - 1) / kPanelRows; }

// Copies quads of up to kPanelRows rows, `stride` apart, side by side into lines.
void PackQuads(const int8_t* values, int64_t stride, int64_t rows, int64_t quads,
               uint8_t* out) {
  for (int64_t q = 0; q < quads; ++q) {
    for (int64_t r = 0; r < rows; ++r) {
      std::memcpy(out + r * kQuad, values + r * stride + q * kQuad, kQuad);
    }
    out += kPanelLineBytes;
  }
}

// One panel, `rows` rows of the matrix from `first` on.
void PackPanel(const Int8Matrix& matrix, const Int8Pieces& pieces, int64_t first, int64_t rows,
               uint8_t* out) {
  const int64_t cols = matrix.cols();
  const int64_t whole = pieces.size() / kQuad;  // quads; the last may hold less
  for (int64_t p = 0; p < pieces.count(); ++p) {
    const int64_t column = p * pieces.size();
    const int8_t* values = matrix.values().data() + first * cols + column;
    PackQuads(values, cols, rows, whole, out);
    for (int64_t i = whole * kQuad; i < pieces.size(); ++i) {
      for (int64_t r = 0; r < rows; ++r) {
        out[whole * kPanelLineBytes + r * kQuad + i % kQuad] = values[r * cols + i];
      }
    }
    out += pieces.quads() * kPanelLineBytes;
    for (int64_t r = 0; r < rows; ++r) {
      const float scale = matrix.Scale(((first + r) * cols + column) / matrix.group_size());
      std::memcpy(out + r * sizeof(scale), &scale, sizeof(scale));
    }
    out += kPanelLineBytes;
  }
}

}  // namespace

int64_t PackedInt8Matrix::Bytes(int64_t rows, int64_t cols, int64_t group_size) {
  return Panels(rows) * Int8Pieces(cols, group_size).panel_bytes();
}

PackedInt8Matrix::PackedInt8Matrix(absl::Span<const uint8_t> bytes, int64_t rows, int64_t cols,
                                   int64_t group_size)
    : bytes_(bytes), rows_(rows), pieces_(cols, group_size) {
  DCHECK_EQ(static_cast<int64_t>(bytes.size()), Bytes(rows, cols, group_size));
  DCHECK_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % kCacheLineBytes, uintptr_t{0});
}

const uint8_t* PackedInt8Matrix::Panel(int64_t row) const {
  DCHECK(row % kPanelRows == 0 && row < rows_);
  return bytes_.data() + row / kPanelRows * pieces_.panel_bytes();
}

void PackedInt8Matrix::ReadRow(int64_t row, absl::Span<float> out) const {
  DCHECK_EQ(static_cast<int64_t>(out.size()), cols());
  const int64_t lane = row % kPanelRows;
  const uint8_t* line = Panel(row - lane);
  for (int64_t i = 0; i < cols(); i += pieces_.size()) {
    float scale;
    std::memcpy(&scale, line + pieces_.quads() * kPanelLineBytes + lane * sizeof(scale),
                sizeof(scale));
    for (int64_t k = 0; k < pieces_.size(); ++k) {
      const uint8_t byte = line[k / kQuad * kPanelLineBytes + lane * kQuad + k % kQuad];
      out[i + k] = static_cast<float>(static_cast<int8_t>(byte)) * scale;
    }
    line += (pieces_.quads() + 1) * kPanelLineBytes;
  }
}

void Pack(const Int8Matrix& matrix, absl::Span<uint8_t> out) {
  const Int8Pieces pieces(matrix.cols(), matrix.group_size());
  DCHECK_EQ(static_cast<int64_t>(out.size()),
            PackedInt8Matrix::Bytes(matrix.rows(), matrix.cols(), matrix.group_size()));
  uint8_t* panel = out.data();
  for (int64_t first = 0; first < matrix.rows(); first += kPanelRows) {
    const int64_t rows = std::min<int64_t>(kPanelRows, matrix.rows() - first);
    // What no row or value fills is zero.
    if (rows < kPanelRows || pieces.size() % kQuad != 0) {
      std::fill_n(panel, pieces.panel_bytes(), uint8_t{0});
    }
    PackPanel(matrix, pieces, first, rows, panel);
    panel += pieces.panel_bytes();
  }
}

}  // namespace llama2
