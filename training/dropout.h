// Dropout: in training, values are left out at random, the others scaled up for it.
//
//   const Dropout dropout = {.rate = 0.1, .seed = 1, .step = 250};
//   dropout.Apply(dropout.Key(/*window=*/3, layer, DropoutPlace::kAttention), values);
//
// Nothing is stored: which values are left out is a function of the seed, the step, the
// window, the place in the model and the element, so that the backward pass asks again,
// and so that neither threads nor an interruption change a thing.
// Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
// Overfitting", 2014.
#ifndef LLAMA2_TRAINING_DROPOUT_H_
#define LLAMA2_TRAINING_DROPOUT_H_

#include <cstdint>

#include "absl/types/span.h"

namespace llama2 {

// Where llama2.c's model leaves values out.
enum class DropoutPlace { kEmbedding, kProbabilities, kAttention, kFeedForward };

struct Dropout {
  double rate = 0;  // the share that is left out, 0 <= rate < 1
  uint64_t seed = 0;
  int64_t step = 0;

  bool active() const { return rate > 0; }

  // Of a place in the model, for one window of the step's batch.
  uint64_t Key(int64_t window, int64_t layer, DropoutPlace place) const;

  // Multiplies each value by 0 or by 1 / (1 - rate). values[i] is element first + i of the
  // place: the same element has the same fate, in whatever pieces it is asked for.
  void Apply(uint64_t key, int64_t first, absl::Span<float> values) const;
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_DROPOUT_H_
