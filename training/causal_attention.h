// Causal attention over one window of text, for the query heads that share a key-value
// head (grouped-query attention), and its gradient.
//
//   attention.Forward({q, k, v}, dropout, key, out);
//   attention.Backward({q, k, v}, dout, dropout, key, {dq, dk, dv});
#ifndef LLAMA2_TRAINING_CAUSAL_ATTENTION_H_
#define LLAMA2_TRAINING_CAUSAL_ATTENTION_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "training/dropout.h"

namespace llama2 {

// One key-value head: row t is position t's. Queries and keys are rotated already.
template <typename T>
struct AttentionInputs {
  MatrixView<T> queries;  // (T, G HD): G query heads side by side
  MatrixView<T> keys;     // (T, HD)
  MatrixView<T> values;   // (T, HD)
};

// Scratch for it. Move-only. Thread-safety: one thread at a time.
class CausalAttention {
 public:
  // For up to `max_length` positions, of which each sees itself and those before.
  // ResourceExhausted where the memory cannot be had.
  static absl::StatusOr<CausalAttention> Create(Kernels kernels, int64_t group_size,
                                                int64_t head_dim, int64_t max_length);

  // out (T, G HD). Without dropout it has the bits of inference. `key` is the dropout's, of
  // this key-value head.
  void Forward(const AttentionInputs<const float>& in, const Dropout& dropout, uint64_t key,
               MatrixView<float> out);

  // From the gradient of out those of queries, keys and values, which it overwrites.
  // Nothing was kept by Forward: the probabilities are computed again, a block of queries
  // at a time (as Dao et al., "FlashAttention", 2022, section 3.1), so that memory grows
  // with T and not with its square.
  void Backward(const AttentionInputs<const float>& in, MatrixView<const float> dout,
                const Dropout& dropout, uint64_t key, const AttentionInputs<float>& gradient);

 private:
  // Queries begin .. begin + size - 1 of one head of the group, which see the keys
  // 0 .. begin + size - 1.
  struct Block {
    int64_t head, begin, size;
    int64_t keys() const { return begin + size; }
  };

  CausalAttention(Kernels kernels, int64_t group_size, int64_t head_dim)
      : kernels_(kernels), group_size_(group_size), head_dim_(head_dim) {}

  // Calls body(block) for all queries of all heads.
  template <typename Body>
  void ForBlocks(int64_t length, Body body) const;

  MatrixView<float> Of(AlignedBuffer<float>& scratch, const Block& block) const {
    return MatrixView<float>(scratch.data(), block.size, block.keys());
  }
  void ComputeProbabilities(const AttentionInputs<const float>& in, const Block& block);
  void ApplyDropout(const Dropout& dropout, uint64_t key, const Block& block,
                    MatrixView<float> values) const;
  void ForwardAsInference(const AttentionInputs<const float>& in, MatrixView<float> out);

  Kernels kernels_;
  int64_t group_size_;
  int64_t head_dim_;
  int64_t max_length_ = 0;
  AlignedBuffer<float> cached_keys_;     // as HeadCache has them
  AlignedBuffer<float> cached_values_;   // (T, HD)
  AlignedBuffer<float> scores_;          // of the group at one position
  AlignedBuffer<float> keys_;            // (HD, T): transposed
  AlignedBuffer<float> values_;          // (HD, T): transposed
  AlignedBuffer<float> queries_;         // (block, HD): scaled
  AlignedBuffer<float> probabilities_;   // (block, keys)
  AlignedBuffer<float> dprobabilities_;  // (block, keys)
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_CAUSAL_ATTENTION_H_
