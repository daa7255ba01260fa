#include "quant/halved_int8_matrix.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "quant/packed_int8_matrix.h"

namespace llama2 {
namespace {

constexpr uint8_t kUpperBits = 0xF0, kLowerBits = 0x0F;

int64_t Panels(int64_t rows) { return (rows + kPanelRows - 1) / kPanelRows; }

// Two lines of quads as one of upper and one of lower halves, which overlap nothing: so the
// loop is vectorised.
void HalveLines(const uint8_t* first, const uint8_t* second, uint8_t* __restrict upper,
                uint8_t* __restrict lower) {
  for (int i = 0; i < kPanelLineBytes; ++i) {
    upper[i] = (first[i] & kUpperBits) | second[i] >> 4;
    lower[i] = first[i] << 4 | (second[i] & kLowerBits);
  }
}

}  // namespace

int64_t HalvedInt8Matrix::Bytes(int64_t rows, int64_t cols, int64_t group_size) {
  return PackedInt8Matrix::Bytes(rows, cols, group_size);
}

HalvedInt8Matrix::HalvedInt8Matrix(absl::Span<const uint8_t> bytes, int64_t rows, int64_t cols,
                                   int64_t group_size)
    : bytes_(bytes), rows_(rows), pieces_(cols, group_size) {
  DCHECK(cols % group_size == 0 && group_size % (2 * kQuad) == 0);
  DCHECK_EQ(static_cast<int64_t>(bytes.size()), Bytes(rows, cols, group_size));
  DCHECK_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % kAlignment, uintptr_t{0});
}

int64_t HalvedInt8Matrix::UpperOffset(int64_t row) const {
  DCHECK(row % kPanelRows == 0 && row < rows_);
  return row / kPanelRows * (lines() + pieces_.count()) * kPanelLineBytes;
}

// Behind all of the upper halves.
int64_t HalvedInt8Matrix::LowerOffset(int64_t row) const {
  DCHECK(row % kPanelRows == 0 && row < rows_);
  const int64_t panels = Panels(rows_) * (lines() + pieces_.count());
  return (panels + row / kPanelRows * lines()) * kPanelLineBytes;
}

void HalvePanel(const Int8Matrix& matrix, int64_t from, const HalvedInt8Matrix& out, int64_t to,
                absl::Span<uint8_t> bytes) {
  const Int8Pieces& pieces = out.pieces();
  std::vector<uint8_t> panel(pieces.panel_bytes());
  PackPanel(matrix, from, absl::MakeSpan(panel));
  const uint8_t* line = panel.data();
  uint8_t* upper = bytes.subspan(out.UpperOffset(to)).data();
  uint8_t* lower = bytes.subspan(out.LowerOffset(to)).data();
  for (int64_t p = 0; p < pieces.count(); ++p) {
    for (int64_t pair = 0; pair < pieces.quads() / 2; ++pair) {
      HalveLines(line, line + kPanelLineBytes, upper, lower);
      line += 2 * kPanelLineBytes;
      upper += kPanelLineBytes;
      lower += kPanelLineBytes;
    }
    upper = std::copy_n(line, kPanelLineBytes, upper);
    line += kPanelLineBytes;
  }
}

}  // namespace llama2
