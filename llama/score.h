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

// A part of a text that goes through a model by itself: the tokens begin .. end - 1 are read,
// and the one behind each of first .. end - 1 is scored.
struct TextWindow {
  int64_t begin = 0;
  int64_t first = 0;
  int64_t end = 0;
};

// The windows of a text of `tokens` tokens, in which each but the first token is scored once.
// They read up to `size` tokens, begin `stride` tokens apart, 0 < stride <= size, and score
// what no earlier one did: from the second window on a token has at least size - stride tokens
// before it. None where there is nothing to score.
std::vector<TextWindow> TextWindows(int64_t tokens, int64_t size, int64_t stride);

// Lets `session` read tokens begin .. first - 1 of the text, and nothing else.
void ReadContext(absl::Span<const int> tokens, const TextWindow& window, Session& session);

// Reads the rest of `tokens`, of which `session` holds the first position(), and returns the
// loss in nats of each token that comes behind one it has read:
// -ln p(tokens[t] | tokens before it) for t = position() + 1, ... up to the last. That one is
// not read, so `tokens` may be capacity() + 1 of them.
std::vector<double> ScoreRest(absl::Span<const int> tokens, Session& session);

// The losses of all that `window` of the text scores; window.end - window.begin is at most
// session.capacity().
std::vector<double> ScoreWindow(absl::Span<const int> tokens, const TextWindow& window,
                                Session& session);

// The loss of each token but the first, t = 1, 2, ...: by windows of session.capacity()
// tokens, which begin `stride` tokens apart. The session's earlier tokens are forgotten.
std::vector<double> ScoreText(absl::Span<const int> tokens, int64_t stride, Session& session);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_SCORE_H_
