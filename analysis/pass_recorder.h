// Keeps what happens inside a model while one sequence goes through it: the residual stream
// after each layer, what each block adds to it, and where every head looks.
//
//   PassRecorder recorder(model->config(), model->kernels());
//   session.set_observer(&recorder);
//   session.Append(tokens);
//   recorder.residual(/*stage=*/0);           // (T, D): the embeddings
//   recorder.attention(/*layer=*/0, /*head=*/3);
#ifndef LLAMA2_ANALYSIS_PASS_RECORDER_H_
#define LLAMA2_ANALYSIS_PASS_RECORDER_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "llama/batch_row.h"
#include "llama/config.h"
#include "llama/forward_observer.h"

namespace llama2 {

// Stage 0 is after the embedding, stage l after layer l - 1. T is the number of positions
// recorded so far, from 0 on, each once. Memory: RecordBytes(config, T).
// Thread-safety: one pass at a time.
class PassRecorder : public ForwardObserver {
 public:
  PassRecorder(const Config& config, Kernels kernels);

  void OnResidual(After after, int64_t layer, absl::Span<const BatchRow> rows,
                  MatrixView<const float> x) override;
  void OnAttention(int64_t layer, absl::Span<const BatchRow> rows,
                   MatrixView<const float> queries, MatrixView<const float> heads) override;

  // The residual stream (T, D) after a stage. Stands until the next pass.
  MatrixView<const float> residual(int64_t stage) const;

  // The Euclidean norms (T) of what attention and the feed-forward network of a layer added.
  absl::Span<const float> attention_norms(int64_t layer) const { return added_[2 * layer]; }
  absl::Span<const float> feed_forward_norms(int64_t layer) const {
    return added_[2 * layer + 1];
  }

  // The attention weights of a query head: row after row, q + 1 of them in row q.
  absl::Span<const float> attention(int64_t layer, int64_t head) const {
    return attention_[layer * config_.n_heads + head];
  }

 private:
  const Config config_;
  const Kernels kernels_;
  std::vector<std::vector<float>> residual_;   // by stage, (T, D)
  std::vector<float> after_attention_;         // (T, D) of the layer under way
  std::vector<std::vector<float>> added_;      // (T) by layer and block
  std::vector<std::vector<float>> attention_;  // by layer and head
};

// The bytes that the attention weights and the residual streams of `positions` positions
// take; positions <= kMaxConfigValue. Saturates.
int64_t RecordBytes(const Config& config, int64_t positions);

// The Euclidean norm of x, summed in double.
float Norm(absl::Span<const float> x);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_PASS_RECORDER_H_
