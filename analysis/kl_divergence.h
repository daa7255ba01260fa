// How far one model's idea of the next token is from another's.
//
//   double nats = KlDivergence(fp32_logits, int8_logits);
#ifndef LLAMA2_ANALYSIS_KL_DIVERGENCE_H_
#define LLAMA2_ANALYSIS_KL_DIVERGENCE_H_

#include "absl/types/span.h"

namespace llama2 {

// KL(P || Q), the sum of P ln(P / Q) over all tokens, in nats, where P and Q are the softmaxes
// of `p` and `q` (V each, not empty): what a token that P draws costs more under Q, in the
// mean. Computed in double; never below 0.
// Kullback and Leibler, "On Information and Sufficiency", 1951.
double KlDivergence(absl::Span<const float> p, absl::Span<const float> q);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_KL_DIVERGENCE_H_
