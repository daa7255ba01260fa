// The forward pass that remembers, and the backward pass: a window of text's loss, and its
// gradient by every weight, derived by hand. Read sequence_gradient.cc beside
// llama/transformer.cc, whose every step it takes back.
//
//   ASSIGN_OR_RETURN(SequenceGradient pass, SequenceGradient::Create(config, kernels, 256));
//   double loss = pass.Add(weights, window, 1.0f / targets, dropout, 0, gradient);
//
// The forward pass computes what inference computes, with the same kernels and to the same
// bits. One thread does it all; batch_gradient.h has many do it.
#ifndef LLAMA2_TRAINING_SEQUENCE_GRADIENT_H_
#define LLAMA2_TRAINING_SEQUENCE_GRADIENT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "llama/weights.h"
#include "training/causal_attention.h"
#include "training/dropout.h"

namespace llama2 {

// Move-only. Holds the activations of one window: about T (L (4 D + 2 KV + 2 H) + 8 D)
// floats. Thread-safety: one thread at a time.
class SequenceGradient {
 public:
  // For windows of up to `max_length` inputs, T > 0. `config` is one that Validate accepts.
  // ResourceExhausted where the memory cannot be had.
  static absl::StatusOr<SequenceGradient> Create(const Config& config, Kernels kernels,
                                                 int64_t max_length);

  // The sum of the losses, in nats, of window[t + 1] after window[0 .. t], for a window of
  // T + 1 ids in 0 .. V - 1, T > 0. Adds `scale` times its gradient to `gradient`.
  // `window_index` tells the windows of a batch apart, for `dropout`.
  double Add(const Weights& weights, absl::Span<const int32_t> window, float scale,
             const Dropout& dropout, int64_t window_index, const MutableWeights& gradient);

  // That sum alone, without dropout.
  double Loss(const Weights& weights, absl::Span<const int32_t> window);

  // The logits (T, V) after each of T ids, without dropout.
  void Logits(const Weights& weights, absl::Span<const int32_t> inputs,
              MatrixView<float> logits);

 private:
  friend class SequencePass;

  // What the forward pass leaves for the backward pass.
  struct LayerActivations {
    AlignedBuffer<float> input;     // (T, D): the residual stream before the layer
    AlignedBuffer<float> middle;    // (T, D): and between attention and feed-forward
    AlignedBuffer<float> qkv;       // (T, D + 2 KV): rotated queries and keys; values
    AlignedBuffer<float> attended;  // (T, D)
    AlignedBuffer<float> gate_up;   // (T, 2 H)
  };

  SequenceGradient(const Config& config, Kernels kernels, CausalAttention attention)
      : config_(config), kernels_(kernels), attention_(std::move(attention)) {}

  Config config_;
  Kernels kernels_;
  CausalAttention attention_;
  int64_t max_length_ = 0;
  std::vector<LayerActivations> layers_;
  AlignedBuffer<float> output_;                        // (T, D): behind the last layer
  AlignedBuffer<float> cosines_, sines_, back_sines_;  // (T, HD)
  AlignedBuffer<float> normed_;                        // (T, D)
  AlignedBuffer<float> hidden_;                        // (T, H)
  AlignedBuffer<float> logits_;                        // (rows of a block, V)
  // Gradients of what is called so without `d`.
  AlignedBuffer<float> dresidual_;  // (T, D)
  AlignedBuffer<float> dbranch_;    // (T, D): of what a branch adds to the stream
  AlignedBuffer<float> dnormed_;    // (T, D)
  AlignedBuffer<float> dattended_;  // (T, D)
  AlignedBuffer<float> dqkv_;       // (T, D + 2 KV)
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_SEQUENCE_GRADIENT_H_
