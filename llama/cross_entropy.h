// The loss of one prediction: how surprised a model is by the token that came.
//
//   double nats = CrossEntropy(kernels, /*target=*/403, logits);
#ifndef LLAMA2_LLAMA_CROSS_ENTROPY_H_
#define LLAMA2_LLAMA_CROSS_ENTROPY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "kernels/kernels.h"

namespace llama2 {

// -ln of the probability that the softmax of `logits` (V) gives `target`, 0 .. V - 1.
// Leaves the probabilities in `logits`.
double CrossEntropy(const Kernels& kernels, int64_t target, absl::Span<float> logits);

// DataLoss unless `nats`, a loss or a sum of losses, is a finite number: the logits of a sound
// model give no other.
absl::Status CheckLoss(double nats);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CROSS_ENTROPY_H_
