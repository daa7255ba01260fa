#include "llama/score.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/tensor_view.h"
#include "llama/cross_entropy.h"
#include "llama/transformer.h"

namespace llama2 {

std::vector<double> ScoreText(absl::Span<const int> tokens, int64_t stride, Session& session) {
  CHECK(0 < stride && stride <= session.capacity());
  const int64_t count = tokens.size();
  std::vector<double> losses;
  losses.reserve(std::max<int64_t>(count - 1, 0));
  // The input at t foretells the token at t + 1; the last token is no input.
  for (int64_t begin = 0, t = 0; t + 1 < count; begin += stride) {
    const int64_t end = std::min(begin + session.capacity(), count - 1);
    session.Rewind(0);
    session.Feed(tokens.subspan(begin, t - begin));
    while (t < end) {
      const int64_t size = std::min(session.chunk(), end - t);
      const MatrixView<float> logits = session.AppendForAll(tokens.subspan(t, size));
      for (int64_t i = 0; i < size; ++i, ++t) {
        losses.push_back(CrossEntropy(session.model().kernels(), tokens[t + 1], logits.Row(i)));
      }
    }
  }
  return losses;
}

}  // namespace llama2
