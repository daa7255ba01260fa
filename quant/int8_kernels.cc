#include "quant/int8_kernels.h"

#include <algorithm>
#include <numeric>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "kernels/int8_tables.h"

namespace llama2 {

struct QuantizedVectors::Layout {
  int64_t piece;
  int64_t values_stride;
  int64_t pieces_stride;
  int64_t scales;  // bytes before the scales
  int64_t biases;  // bytes before the biases
  int64_t end;
};

QuantizedVectors::Layout QuantizedVectors::LayOut(int64_t batch, int64_t depth,
                                                  int64_t group_size) {
  const auto whole_lines = [](int64_t bytes) -> int64_t {
    return (bytes + kCacheLineBytes - 1) / kCacheLineBytes * kCacheLineBytes;
  };
  Layout layout;
  layout.piece = std::gcd(depth, group_size);
  const int64_t behind = layout.piece <= kMaxLanePiece ? kPieceLanes - 1 : 0;
  layout.values_stride = whole_lines(depth + behind * layout.piece);
  const int64_t pieces_bytes =
      whole_lines((depth / layout.piece + behind) * static_cast<int64_t>(sizeof(float)));
  layout.pieces_stride = pieces_bytes / static_cast<int64_t>(sizeof(float));
  layout.scales = batch * layout.values_stride;
  layout.biases = layout.scales + batch * pieces_bytes;
  layout.end = layout.biases + batch * pieces_bytes;
  return layout;
}

int64_t QuantizedVectors::Bytes(int64_t batch, int64_t depth, int64_t group_size) {
  return LayOut(batch, depth, group_size).end;
}

QuantizedVectors::QuantizedVectors(absl::Span<uint8_t> memory, int64_t batch, int64_t depth,
                                   int64_t group_size)
    : batch_(batch), depth_(depth), group_size_(group_size) {
  const Layout layout = LayOut(batch, depth, group_size);
  DCHECK_GE(static_cast<int64_t>(memory.size()), layout.end);
  DCHECK_EQ(reinterpret_cast<uintptr_t>(memory.data()) % kCacheLineBytes, uintptr_t{0});
  piece_ = layout.piece;
  vectors_ = {.values = reinterpret_cast<int8_t*>(memory.data()),
              .scales = reinterpret_cast<float*>(memory.data() + layout.scales),
              .biases = reinterpret_cast<int32_t*>(memory.data() + layout.biases),
              .values_stride = layout.values_stride,
              .pieces_stride = layout.pieces_stride};
}

absl::Span<const int8_t> QuantizedVectors::Values(int64_t b) const {
  DCHECK(b >= 0 && b < batch_);
  return absl::MakeConstSpan(vectors_.values + b * vectors_.values_stride, depth_);
}

float QuantizedVectors::Scale(int64_t b, int64_t group) const {
  DCHECK(b >= 0 && b < batch_);
  DCHECK(group >= 0 && group < groups());
  return vectors_.scales[b * vectors_.pieces_stride + group * group_size_ / piece_];
}

Int8Kernels::Int8Kernels(Isa isa) : Int8Kernels(Int8TableFor(isa)) {}

void Int8Kernels::Quantize(absl::Span<const float> x, const QuantizedVectors& out, int64_t b,
                           int64_t begin, int64_t end) const {
  DCHECK_EQ(static_cast<int64_t>(x.size()), out.depth());
  DCHECK(b >= 0 && b < out.batch());
  DCHECK(0 <= begin && begin <= end && end <= out.groups());
  const int64_t first = begin * out.group_size();
  const int64_t size = std::min(end * out.group_size(), out.depth()) - first;
  const int64_t piece = out.piece_;
  int8_t* values = out.vectors_.values + b * out.vectors_.values_stride;
  float* scales = out.vectors_.scales + b * out.vectors_.pieces_stride;
  int32_t* biases = out.vectors_.biases + b * out.vectors_.pieces_stride;
  table_->quantize(x.data() + first, size, out.group_size(), piece, values + first,
                   scales + first / piece, biases + first / piece);

  // What stands behind the vector: its beginning once more.
  if (piece > kMaxLanePiece) return;
  const int64_t pieces = out.depth() / piece;
  const int64_t from = first / piece;
  for (int64_t shift = pieces; from + shift < pieces + kPieceLanes - 1; shift += pieces) {
    const int64_t last = std::min((first + size) / piece, pieces + kPieceLanes - 1 - shift);
    std::copy_n(values + first, (last - from) * piece, values + first + shift * piece);
    std::copy_n(scales + from, last - from, scales + from + shift);
    std::copy_n(biases + from, last - from, biases + from + shift);
  }
}

void Int8Kernels::Matmul(const Int8Matrix& w, int64_t first_row, int64_t rows,
                         const QuantizedVectors& x, MatrixView<float> y, Store store) const {
  DCHECK(0 <= first_row && 0 <= rows && first_row + rows <= w.rows());
  DCHECK_EQ(w.cols(), x.depth());
  DCHECK_EQ(w.group_size(), x.group_size());
  DCHECK_EQ(y.rows(), x.batch());
  DCHECK_EQ(y.cols(), rows);
  const int64_t pieces = x.depth() / x.piece_;
  table_->matmul({.w = w.values().data() + first_row * w.cols(),
                  .scales = w.scale_bytes().data(),
                  .first_piece = first_row * pieces,
                  .pieces_per_scale = w.group_size() / x.piece_,
                  .rows = rows,
                  .pieces = pieces,
                  .piece = x.piece_,
                  .x = x.vectors_,
                  .batch = x.batch(),
                  .y = y.data(),
                  .y_stride = y.stride(),
                  .accumulate = store == Store::kAdd});
}

}  // namespace llama2
