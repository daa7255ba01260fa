#include "quant/packed_int8_matrix.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace llama2 {
namespace {

// A row's part of a line is as wide for a quad as for a scale.
static_assert(kQuad == sizeof(float) && kPanelLineBytes == kPanelRows * kQuad);

int64_t Panels(int64_t rows) { return (rows + kPanelRows - 1) / kPanelRows; }

// Value `k` of a piece, whose lines begin with a row's lane at `lane`.
int8_t ValueAt(const uint8_t* lane, int64_t k) {
  return static_cast<int8_t>(lane[k / kQuad * kPanelLineBytes + k % kQuad]);
}

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

}  // namespace

int64_t PackedInt8Matrix::Bytes(int64_t rows, int64_t cols, int64_t group_size) {
  return Panels(rows) * Int8Pieces(cols, group_size).panel_bytes();
}

PackedInt8Matrix::PackedInt8Matrix(absl::Span<const uint8_t> bytes, int64_t rows, int64_t cols,
                                   int64_t group_size)
    : bytes_(bytes), rows_(rows), pieces_(cols, group_size) {
  DCHECK_EQ(static_cast<int64_t>(bytes.size()), Bytes(rows, cols, group_size));
  DCHECK_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % kAlignment, uintptr_t{0});
}

const uint8_t* PackedInt8Matrix::Panel(int64_t row) const {
  DCHECK(row % kPanelRows == 0 && row < rows_);
  return bytes_.data() + row / kPanelRows * pieces_.panel_bytes();
}

const uint8_t* PackedInt8Matrix::Lane(int64_t row, int64_t piece) const {
  const int64_t lane = row % kPanelRows;
  return Panel(row - lane) + piece * (pieces_.quads() + 1) * kPanelLineBytes + lane * kQuad;
}

float PackedInt8Matrix::Scale(int64_t row, int64_t col) const {
  float scale;
  const int64_t line = pieces_.quads();
  std::memcpy(&scale, Lane(row, col / pieces_.size()) + line * kPanelLineBytes, sizeof(scale));
  return scale;
}

void PackedInt8Matrix::ReadRow(int64_t row, absl::Span<float> out) const {
  DCHECK_EQ(static_cast<int64_t>(out.size()), cols());
  for (int64_t p = 0; p < pieces_.count(); ++p) {
    const int64_t column = p * pieces_.size();
    const uint8_t* lane = Lane(row, p);
    const float scale = Scale(row, column);
    for (int64_t k = 0; k < pieces_.size(); ++k) {
      out[column + k] = static_cast<float>(ValueAt(lane, k)) * scale;
    }
  }
}

void PackedInt8Matrix::ReadValues(int64_t row, absl::Span<int8_t> out) const {
  DCHECK_EQ(static_cast<int64_t>(out.size()), cols());
  for (int64_t p = 0; p < pieces_.count(); ++p) {
    const uint8_t* lane = Lane(row, p);
    for (int64_t k = 0; k < pieces_.size(); ++k) out[p * pieces_.size() + k] = ValueAt(lane, k);
  }
}

void PackPanel(const Int8Matrix& matrix, int64_t row, absl::Span<uint8_t> out) {
  const int64_t cols = matrix.cols();
  const Int8Pieces pieces(cols, matrix.group_size());
  DCHECK_EQ(static_cast<int64_t>(out.size()), pieces.panel_bytes());
  const int64_t rows = std::min<int64_t>(kPanelRows, matrix.rows() - row);
  const int64_t whole = pieces.size() / kQuad;  // quads; the last may hold less
  if (rows < kPanelRows || pieces.size() % kQuad != 0) {
    std::fill(out.begin(), out.end(), uint8_t{0});
  }
  uint8_t* line = out.data();
  for (int64_t p = 0; p < pieces.count(); ++p) {
    const int64_t column = p * pieces.size();
    const int8_t* values = matrix.values().data() + row * cols + column;
    PackQuads(values, cols, rows, whole, line);
    for (int64_t i = whole * kQuad; i < pieces.size(); ++i) {
      for (int64_t r = 0; r < rows; ++r) {
        line[whole * kPanelLineBytes + r * kQuad + i % kQuad] = values[r * cols + i];
      }
    }
    line += pieces.quads() * kPanelLineBytes;
    for (int64_t r = 0; r < rows; ++r) {
      const float scale = matrix.Scale(((row + r) * cols + column) / matrix.group_size());
      std::memcpy(line + r * sizeof(scale), &scale, sizeof(scale));
    }
    line += kPanelLineBytes;
  }
}

void Pack(const Int8Matrix& matrix, absl::Span<uint8_t> out) {
  const int64_t panel_bytes = Int8Pieces(matrix.cols(), matrix.group_size()).panel_bytes();
  DCHECK_EQ(static_cast<int64_t>(out.size()), Panels(matrix.rows()) * panel_bytes);
  for (int64_t row = 0; row < matrix.rows(); row += kPanelRows) {
    PackPanel(matrix, row, out.subspan(row / kPanelRows * panel_bytes, panel_bytes));
  }
}

void Unpack(const PackedInt8Matrix& matrix, absl::Span<uint8_t> out) {
  const int64_t cols = matrix.cols(), values = matrix.rows() * cols;
  DCHECK_EQ(static_cast<int64_t>(out.size()),
            Int8Matrix::Bytes(matrix.rows(), cols, matrix.group_size()));
  int8_t* next = reinterpret_cast<int8_t*>(out.data());
  for (int64_t row = 0; row < matrix.rows(); ++row, next += cols) {
    matrix.ReadValues(row, absl::MakeSpan(next, cols));
  }
  uint8_t* next_scale = out.data() + values;
  for (int64_t i = 0; i < values; i += matrix.group_size()) {
    const float scale = matrix.Scale(i / cols, i % cols);
    std::memcpy(next_scale, &scale, sizeof(scale));
    next_scale += sizeof(scale);
  }
}

}  // namespace llama2
