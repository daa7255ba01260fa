// How probable a model finds a text: what perplexity and bits per byte are made of.
//
//   const std::vector<int> tokens = encoder.Encode(story, {.add_bos = true});
//   double nats = 0;
//   for (double loss : ScoreText(tokens, /*stride=*/256, session)) nats += loss;
#ifndef LLAMA2_LLAMA_SCORE_H_
#define LLAMA2_LLAMA_SCORE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "llama/session.h"

namespace llama2 {

// The loss of each token but the first, in nats: -ln p(tokens[t] | tokens before it), for
// t = 1, 2, ... As far as it reaches, that is all of them: a text that is longer than the
// session goes through it in windows of session.capacity() tokens, which begin `stride`
// tokens apart, 0 < stride <= capacity. Each token is scored once, by the first window that
// holds it, so that from the second window on it has at least capacity - stride before it.
//
// The session's earlier tokens are forgotten.
std::vector<double> ScoreText(absl::Span<const int> tokens, int64_t stride, Session& session);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_SCORE_H_
