// The seam at which a number format enters the model: how a weight matrix is
// applied, and how a token's embedding is looked up. The forward pass owns objects
// of these two types and does not know what is in them; llama/fp32.h makes them
// from float32 weights, llama/int8.h from int8 ones.
//
//   const LinearInput in = {x, scratch};      // scratch: linear.ScratchBytes(x.rows())
//   for (int64_t b = 0; b < x.rows(); ++b) linear.Convert(in, b);
//   linear.Multiply(in, {0, linear.outputs()}, y, Store::kReplace);       // y = x W^T
#ifndef LLAMA2_LLAMA_LINEAR_H_
#define LLAMA2_LLAMA_LINEAR_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"

namespace llama2 {

// What linear layers are applied to: a batch of vectors, and the same converted to the
// layer's number format where that is another. Layers of one model that have as many
// inputs read the same conversion.
struct LinearInput {
  MatrixView<const float> x;      // (B, inputs)
  absl::Span<uint8_t> converted;  // ScratchBytes(B), beginning on a cache line
};

// A linear layer without bias. Immutable; thread-safe.
//
// An implementation promises that each output is computed in one order, whatever part
// of the outputs is asked for and whatever other rows stand in the batch: row b of y
// has the same bits as if x had only that row.
class Linear {
 public:
  // The outputs that are asked for begin at a multiple of this, and end at one or at
  // the last: so threads write to different cache lines.
  static constexpr int64_t kOutputGrain = 16;

  virtual ~Linear() = default;

  virtual int64_t inputs() const = 0;
  virtual int64_t outputs() const = 0;

  // The bytes of `converted` for a batch of that many rows.
  virtual int64_t ScratchBytes(int64_t batch) const = 0;

  // Converts row b of x. Different rows may be converted at once.
  virtual void Convert(const LinearInput& in, int64_t b) const = 0;

  // y[:, o] = x W^T[:, o], or y += x W^T, for the outputs o of the range; y is
  // (B, outputs). All rows have been converted. x, y and `converted` do not overlap.
  virtual void Multiply(const LinearInput& in, Range range, MatrixView<float> y,
                        Store store) const = 0;

  // y = x W^T where only the largest output of the range matters, of each row: where an output
  // cannot be that, there may be -infinity instead.
  virtual void MultiplyForLargest(const LinearInput& in, Range range,
                                  MatrixView<float> y) const {
    Multiply(in, range, y, Store::kReplace);
  }

  // y is about x W^T, for guesses: as near as it is for a fraction of what Multiply takes.
  virtual void MultiplyAbout(const LinearInput& in, Range range, MatrixView<float> y) const {
    Multiply(in, range, y, Store::kReplace);
  }

  // Makes ready what MultiplyAbout reads for these outputs, which may take long; until then it
  // takes as long as Multiply.
  virtual void PrepareAbout(Range) const {}
};

// The table of token embeddings. Immutable; thread-safe.
class Embedding {
 public:
  virtual ~Embedding() = default;

  // Copies row `token` (D) of the table, as float32. 0 <= token < V.
  virtual void Read(int64_t token, absl::Span<float> row) const = 0;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_LINEAR_H_
