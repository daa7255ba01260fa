#include "quant/int8_kernels.h"

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "kernels/int8_tables.h"

namespace llama2 {
namespace {

int64_t WholeLines(int64_t bytes) {
  constexpr int64_t kLine = kCacheLineBytes;
  return (bytes + kLine - 1) / kLine * kLine;
}

int64_t ValuesBytes(const Int8Pieces& pieces) {
  return WholeLines(pieces.count() * pieces.quads() * kQuad);
}

// Of the scales, and of the biases.
int64_t NumbersBytes(const Int8Pieces& pieces) {
  return WholeLines(pieces.count() * static_cast<int64_t>(sizeof(float)));
}

// Of a product of `rows` rows of w with x.
template <typename Matrix>
void CheckShapes(const Matrix& w, int64_t first_row, int64_t rows, const QuantizedVectors& x,
                 MatrixView<float> y) {
  DCHECK(0 <= rows && first_row + rows <= w.rows());
  DCHECK_EQ(w.cols(), x.pieces().depth());
  DCHECK_EQ(w.group_size(), x.pieces().group_size());
  DCHECK_EQ(y.rows(), x.batch());
  DCHECK_EQ(y.cols(), rows);
}

}  // namespace

int64_t QuantizedVectors::Bytes(int64_t batch, const Int8Pieces& pieces) {
  return batch * (ValuesBytes(pieces) + 2 * NumbersBytes(pieces));
}

QuantizedVectors::QuantizedVectors(absl::Span<uint8_t> memory, int64_t batch,
                                   const Int8Pieces& pieces)
    : batch_(batch), pieces_(pieces) {
  DCHECK_GE(static_cast<int64_t>(memory.size()), Bytes(batch, pieces));
  DCHECK_EQ(reinterpret_cast<uintptr_t>(memory.data()) % kCacheLineBytes, uintptr_t{0});
  uint8_t* scales = memory.data() + batch * ValuesBytes(pieces);
  uint8_t* biases = scales + batch * NumbersBytes(pieces);
  vectors_ = {
      .values = reinterpret_cast<int8_t*>(memory.data()),
      .scales = reinterpret_cast<float*>(scales),
      .biases = reinterpret_cast<int32_t*>(biases),
      .values_stride = ValuesBytes(pieces),
      .pieces_stride = NumbersBytes(pieces) / static_cast<int64_t>(sizeof(float)),
  };
}

absl::Span<const int8_t> QuantizedVectors::Values(int64_t b, int64_t piece) const {
  DCHECK(b >= 0 && b < batch_ && piece >= 0 && piece < pieces_.count());
  const int8_t* first = vectors_.values + b * vectors_.values_stride;
  return absl::MakeConstSpan(first + piece * pieces_.quads() * kQuad, pieces_.size());
}

int8_t QuantizedVectors::Value(int64_t b, int64_t i) const {
  DCHECK(b >= 0 && b < batch_ && i >= 0 && i < pieces_.depth());
  return vectors_.values[b * vectors_.values_stride + pieces_.Place(i)];
}

float QuantizedVectors::Scale(int64_t b, int64_t i) const {
  DCHECK(b >= 0 && b < batch_ && i >= 0 && i < pieces_.depth());
  return vectors_.scales[b * vectors_.pieces_stride + i / pieces_.size()];
}

Int8Kernels::Int8Kernels(Isa isa) : Int8Kernels(Int8TableFor(isa)) {}

void Int8Kernels::Quantize(absl::Span<const float> x, const QuantizedVectors& out,
                           int64_t b) const {
  const Int8Pieces& pieces = out.pieces();
  DCHECK_EQ(static_cast<int64_t>(x.size()), pieces.depth());
  DCHECK(b >= 0 && b < out.batch());
  table_->quantize({.x = x.data(),
                    .n = pieces.depth(),
                    .group_size = pieces.group_size(),
                    .piece = pieces.size(),
                    .values = out.vectors_.values + b * out.vectors_.values_stride,
                    .scales = out.vectors_.scales + b * out.vectors_.pieces_stride,
                    .biases = out.vectors_.biases + b * out.vectors_.pieces_stride});
}

void Int8Kernels::Measure(absl::Span<const float> x, const QuantizedVectors& x8, int64_t b,
                          absl::Span<Int8GroupSquares> out) const {
  const Int8Pieces& pieces = x8.pieces();
  DCHECK_EQ(static_cast<int64_t>(x.size()), pieces.depth());
  DCHECK_EQ(static_cast<int64_t>(out.size()), pieces.count());
  DCHECK(pieces.size() == pieces.group_size() && pieces.size() % kPanelRows == 0);
  DCHECK(b >= 0 && b < x8.batch());
  table_->measure({.x = x.data(),
                   .n = pieces.depth(),
                   .group_size = pieces.group_size(),
                   .values = x8.vectors_.values + b * x8.vectors_.values_stride,
                   .scales = x8.vectors_.scales + b * x8.vectors_.pieces_stride,
                   .out = out.data()});
}

void Int8Kernels::Matmul(const PackedInt8Matrix& w, int64_t first_row, int64_t rows,
                         const QuantizedVectors& x, MatrixView<float> y, Store store) const {
  CheckShapes(w, first_row, rows, x, y);
  if (rows == 0) return;
  table_->matmul({.panels = w.Panel(first_row),
                  .rows = rows,
                  .pieces = w.pieces().count(),
                  .quads = w.pieces().quads(),
                  .x = x.vectors_,
                  .batch = x.batch(),
                  .y = y.data(),
                  .y_stride = y.stride(),
                  .accumulate = store == Store::kAdd});
}

void Int8Kernels::Matmul(const HalvedInt8Matrix& w, int64_t first_row, int64_t rows,
                         const QuantizedVectors& x, Halves which, MatrixView<float> y) const {
  CheckShapes(w, first_row, rows, x, y);
  if (rows == 0) return;
  table_->matmul_halves({.uppers = w.Uppers(first_row),
                         .lowers = which == Halves::kBoth ? w.Lowers(first_row) : nullptr,
                         .rows = rows,
                         .pieces = w.pieces().count(),
                         .quads = w.pieces().quads(),
                         .x = x.vectors_,
                         .batch = x.batch(),
                         .y = y.data(),
                         .y_stride = y.stride()});
}

}  // namespace llama2
