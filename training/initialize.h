// The weights with which training begins.
//
//   InitializeParameters(config, /*seed=*/1, absl::MakeSpan(parameters));
#ifndef LLAMA2_TRAINING_INITIALIZE_H_
#define LLAMA2_TRAINING_INITIALIZE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "llama/config.h"

namespace llama2 {

// Norms become 1. Matrices become random numbers of mean 0 and standard deviation 0.02;
// those that write to the residual stream, wo and w2, 0.02 / sqrt(2 L), so that its size
// does not grow with the depth (Radford et al., "Language Models are Unsupervised Multitask
// Learners", 2019, section 2.3). They are nearly normal: sums of twelve uniform numbers,
// which no math library computes, so that a seed means the same everywhere.
//
// parameters: config.parameters() floats, as WeightsAt (llama/weights.h) views them.
void InitializeParameters(const Config& config, uint64_t seed, absl::Span<float> parameters);

}  // namespace llama2

#endif  // LLAMA2_TRAINING_INITIALIZE_H_
