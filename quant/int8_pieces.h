// How a row of group-wise int8 values is cut into the pieces that the kernels multiply:
// kernels/int8_kernel_table.h says what a piece, a quad and a panel are.
//
//   const Int8Pieces pieces(/*depth=*/288, /*group_size=*/32);
//   pieces.count();   // 9
//   pieces.quads();   // 8, of each
#ifndef LLAMA2_QUANT_INT8_PIECES_H_
#define LLAMA2_QUANT_INT8_PIECES_H_

#include <cstdint>
#include <numeric>

#include "base/check.h"
#include "kernels/int8_kernel_table.h"

namespace llama2 {

class Int8Pieces {
 public:
  Int8Pieces() = default;
  // Of a row of `depth` values, in groups of `group_size`; both positive.
  Int8Pieces(int64_t depth, int64_t group_size)
      : depth_(depth),
        group_size_(group_size),
        size_(std::gcd(depth, group_size)),
        count_(depth / size_),
        quads_((size_ + kQuad - 1) / kQuad) {
    DCHECK(depth > 0 && group_size > 0);
  }

  int64_t depth() const { return depth_; }
  int64_t group_size() const { return group_size_; }
  int64_t size() const { return size_; }    // values in a piece
  int64_t count() const { return count_; }  // pieces in a row
  int64_t quads() const { return quads_; }  // that hold a piece
  // Where value i of the row stands among the quads.
  int64_t Place(int64_t i) const { return i / size_ * quads_ * kQuad + i % size_; }
  // The bytes of a panel: its quads and its scales.
  int64_t panel_bytes() const { return count_ * (quads_ + 1) * kPanelLineBytes; }

 private:
  int64_t depth_ = 1;
  int64_t group_size_ = 1;
  int64_t size_ = 1;
  int64_t count_ = 1;
  int64_t quads_ = 1;
};

}  // namespace llama2

#endif  // LLAMA2_QUANT_INT8_PIECES_H_
