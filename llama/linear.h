// The seam at which a number format enters the model: how a weight matrix is
// applied, and how a token's embedding is looked up. The forward pass owns objects
// of these two types and does not know what is in them; llama/fp32.h makes them
// from float32 weights.
//
//   team.Run([&](ThreadTeam::Member& me) {
//     linear.Apply(me, x, y, Store::kReplace, scratch);     // y = x W^T
//   });
#ifndef LLAMA2_LLAMA_LINEAR_H_
#define LLAMA2_LLAMA_LINEAR_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"

namespace llama2 {

// A linear layer without bias. Immutable; any number of teams may apply it.
//
// An implementation promises that each output is computed in one order, whatever
// the team's size and whatever other rows stand in the batch: row b of y has the
// same bits as if x had only that row.
class Linear {
 public:
  virtual ~Linear() = default;

  virtual int64_t inputs() const = 0;
  virtual int64_t outputs() const = 0;

  // The bytes of scratch that Apply needs for a batch of that many rows.
  virtual int64_t ScratchBytes(int64_t batch) const = 0;

  // y (B, outputs) = x (B, inputs) W^T, or y += x W^T.
  //
  // Collective: every member of the team calls it with the same arguments, and it
  // returns when the whole of y is there. `scratch` begins on a cache line and is
  // the team's until then; x, y and scratch do not overlap.
  virtual void Apply(ThreadTeam::Member& me, MatrixView<const float> x, MatrixView<float> y,
                     Store store, absl::Span<uint8_t> scratch) const = 0;
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
