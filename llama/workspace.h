// The memory that a forward pass works in.
#ifndef LLAMA2_LLAMA_WORKSPACE_H_
#define LLAMA2_LLAMA_WORKSPACE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "base/aligned_buffer.h"
#include "kernels/thread_team.h"
#include "llama/batch_row.h"
#include "llama/transformer.h"

namespace llama2 {

// The activations of a forward pass, and scratch. One pass at a time.
class Workspace {
 public:
  // For batches of up to `max_batch` rows, at positions below `max_positions`, by
  // teams of up to team.size(). ResourceExhausted where the memory cannot be had.
  static absl::StatusOr<Workspace> Create(const Transformer& model, const ThreadTeam& team,
                                          int64_t max_batch, int64_t max_positions);

  int64_t max_batch() const { return max_batch_; }

 private:
  friend class ForwardPass;
  Workspace() = default;

  // From one row of activations to the next, in floats. Rows that stand a page apart fall into
  // the same sets of the nearest cache, where the rows of a tile then drive each other out; a
  // line more spreads them.
  static int64_t RowStride(int64_t cols) {
    constexpr int64_t kPage = 4096 / sizeof(float), kLine = 64 / sizeof(float);
    return cols % kPage == 0 ? cols + kLine : cols;
  }

  // What a member of a team needs for itself. A batch of one row is so little work that
  // each member prepares the input of a linear layer for itself, rather than wait.
  struct Own {
    AlignedBuffer<float> normed;       // (1, D)
    AlignedBuffer<uint8_t> converted;  // of a linear layer, for one row
    AlignedBuffer<float> scores;       // of attention
  };

  int64_t max_batch_ = 0;
  AlignedBuffer<float> residual_;     // (B, D): the residual stream
  AlignedBuffer<float> normed_;       // (B, D)
  AlignedBuffer<uint8_t> converted_;  // of a linear layer
  AlignedBuffer<float> queries_;      // (B, D)
  AlignedBuffer<float> keys_;         // (B, KV)
  AlignedBuffer<float> values_;       // (B, KV)
  AlignedBuffer<float> attention_;    // (B, D)
  AlignedBuffer<float> gate_;         // (B, H)
  AlignedBuffer<float> up_;           // (B, H)
  AlignedBuffer<float> logits_;       // (B, V), touched only as far as asked for
  AlignedBuffer<float> cosines_;      // (B, HD)
  AlignedBuffer<float> sines_;        // (B, HD)
  std::vector<BatchRow> left_;        // the rows whose logits are wanted
  std::vector<Range> runs_;           // rows at consecutive positions of one sequence
  std::vector<Own> own_;              // of each member
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_WORKSPACE_H_
