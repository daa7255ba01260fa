#include "llama/draft_sampler.h"

#include <algorithm>
#include <cmath>

#include "absl/status/statusor.h"
#include "llama/draft_length.h"

namespace llama2 {
namespace {

// A level more for four times the margin. An int8 copy's logits are some hundredths off, and
// its lowest two levels are those that are often wrong; a smaller model's are off by some
// tenths, or by 1 and more.
int Sureness(float margin) {
  constexpr int kLowest = -8;  // the upper end of level 0 is 2^(kLowest + 2)
  const int exponent = std::ilogb(std::clamp(margin, 0x1p-8f, 0x1p+8f));
  return std::clamp((exponent - kLowest) / 2, 0, DraftLength::kLevels - 1);
}

}  // namespace

void DraftSampler::Begin(Rng coins, absl::Span<const int> history) {
  sampler_.set_rng(coins);
  history_.assign(history.begin(), history.end());
}

std::optional<Drafter::Guess> DraftSampler::Choose(absl::Span<float> logits) {
  if (broken_) return std::nullopt;
  float margin = 0;
  const absl::StatusOr<int> token =
      sampler_.Sample(logits, history_, /*trace=*/nullptr, &margin);
  broken_ = !token.ok();
  if (broken_) return std::nullopt;
  history_.push_back(*token);
  return Drafter::Guess{.token = *token, .sureness = Sureness(margin)};
}

}  // namespace llama2
