#include "llama/score.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/tensor_view.h"
#include "llama/cross_entropy.h"
#include "llama/transformer.h"

namespace llama2 {

std::vector<TextWindow> TextWindows(int64_t tokens, int64_t size, int64_t stride) {
  CHECK(0 < stride && stride <= size);
  std::vector<TextWindow> windows;
  // The last token is not read: nothing comes behind it.
  for (int64_t begin = 0, first = 0; first + 1 < tokens; begin += stride) {
    windows.push_back({begin, first, std::min(begin + size, tokens - 1)});
    first = windows.back().end;
  }
  return windows;
}

void ReadContext(absl::Span<const int> tokens, const TextWindow& window, Session& session) {
  session.Rewind(0);
  session.Feed(tokens.subspan(window.begin, window.first - window.begin));
}

std::vector<double> ScoreRest(absl::Span<const int> tokens, Session& session) {
  std::vector<double> losses;
  while (session.position() + 1 < static_cast<int64_t>(tokens.size())) {
    const absl::Span<const int> rest = tokens.subspan(session.position());
    const absl::Span<const int> read =
        rest.first(std::min<size_t>(session.chunk(), rest.size() - 1));
    const MatrixView<float> logits = session.AppendForAll(read);
    for (size_t i = 0; i < read.size(); ++i) {
      losses.push_back(CrossEntropy(session.model().kernels(), rest[i + 1], logits.Row(i)));
    }
  }
  return losses;
}

std::vector<double> ScoreWindow(absl::Span<const int> tokens, const TextWindow& window,
                                Session& session) {
  ReadContext(tokens, window, session);
  return ScoreRest(tokens.subspan(window.begin, window.end + 1 - window.begin), session);
}

std::vector<double> ScoreText(absl::Span<const int> tokens, int64_t stride, Session& session) {
  std::vector<double> losses;
  for (const TextWindow& window : TextWindows(tokens.size(), session.capacity(), stride)) {
    const std::vector<double> scored = ScoreWindow(tokens, window, session);
    losses.insert(losses.end(), scored.begin(), scored.end());
  }
  return losses;
}

}  // namespace llama2
