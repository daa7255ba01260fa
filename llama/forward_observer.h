// Who looks at a forward pass while it is made: the residual stream after each step, and
// what attention looked at.
//
//   class Norms : public ForwardObserver {
//     void OnResidual(After after, int64_t layer, absl::Span<const BatchRow> rows,
//                     MatrixView<const float> x) override { ... }
//     ...
//   };
//   Norms norms;
//   session.set_observer(&norms);
//   session.Append(tokens);
#ifndef LLAMA2_LLAMA_FORWARD_OBSERVER_H_
#define LLAMA2_LLAMA_FORWARD_OBSERVER_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "llama/batch_row.h"
#include "llama/config.h"

namespace llama2 {

// The pass calls these in the order of its steps, on the thread that called Forward, and goes
// on when they return: what they are given stands until then. They must not run a pass with
// the team or the workspace of this one. The bits that the pass computes do not depend on
// whether somebody looks.
class ForwardObserver {
 public:
  // What was added to the residual stream last; the embedding is its beginning.
  enum class After { kEmbedding, kAttention, kFeedForward };

  virtual ~ForwardObserver() = default;

  // The residual stream x (B, D) of the batch's rows. `layer` is 0 after the embedding.
  virtual void OnResidual(After after, int64_t layer, absl::Span<const BatchRow> rows,
                          MatrixView<const float> x) = 0;

  // Attention has been computed: of the queries (B, D), rotated by their positions, over the
  // keys and values in the rows' caches, to `heads` (B, D), the heads' results side by side.
  virtual void OnAttention(int64_t layer, absl::Span<const BatchRow> rows,
                           MatrixView<const float> queries, MatrixView<const float> heads) = 0;
};

// The weights (row.position + 1) with which query head `head` looked at each position up to
// its own: the softmax of its scores, which sums to 1. `query` (D) is the row's in OnAttention,
// during which this is called. The kernel that computes attention never has them in one place;
// these are made of the same scores and exponentials, bit for bit, each divided by their sum
// (the kernel divides the attended value instead).
void AttentionWeights(const Config& config, const Kernels& kernels, int64_t layer, int64_t head,
                      const BatchRow& row, absl::Span<const float> query,
                      absl::Span<float> weights);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_FORWARD_OBSERVER_H_
