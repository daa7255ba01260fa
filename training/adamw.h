// AdamW: from a gradient to new weights. Loshchilov and Hutter, "Decoupled Weight Decay
// Regularization", 2019, algorithm 2.
//
//   const double norm = GradientNorm(gradient);
//   const float scale = norm > 1 ? 1 / norm : 1;              // clipping
//   AdamWStep(config, options, learning_rate, step, scale, gradient, parameters, m, v);
#ifndef LLAMA2_TRAINING_ADAMW_H_
#define LLAMA2_TRAINING_ADAMW_H_

#include <cstdint>

#include "absl/types/span.h"
#include "llama/config.h"

namespace llama2 {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.1;  // of matrices; norms do not decay
};

// The Euclidean norm of all of it, summed in double and in one order.
double GradientNorm(absl::Span<const float> gradient);

// Step number `step`, counted from 1, with gradient * scale. All spans hold
// config.parameters() floats, as WeightsAt (llama/weights.h) views them; the moments are
// zero before the first step.
void AdamWStep(const Config& config, const AdamWOptions& options, double learning_rate,
               int64_t step, float scale, absl::Span<const float> gradient,
               absl::Span<float> parameters, absl::Span<float> first_moment,
               absl::Span<float> second_moment);

}  // namespace llama2

#endif  // LLAMA2_TRAINING_ADAMW_H_
