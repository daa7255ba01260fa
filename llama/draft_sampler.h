// Makes guesses of a drafting model's logits: as the text's sampler would choose, and how far
// that is from another choice.
//
//   DraftSampler sampler(text_sampler);
//   sampler.Begin(coins, history);
//   std::optional<Drafter::Guess> guess = sampler.Choose(logits);
#ifndef LLAMA2_LLAMA_DRAFT_SAMPLER_H_
#define LLAMA2_LLAMA_DRAFT_SAMPLER_H_

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "llama/drafter.h"
#include "sampling/rng.h"
#include "sampling/sampler.h"

namespace llama2 {

// Thread-safety: one thread at a time.
class DraftSampler {
 public:
  // Samples with the options of `sampler`.
  explicit DraftSampler(const Sampler& sampler) : sampler_(sampler) {}

  // `history` is what the text's sampler knows of the text.
  void Begin(Rng coins, absl::Span<const int> history);

  // The next token, by its logits (V), which are overwritten. None, now and ever after, where
  // they are not numbers.
  std::optional<Drafter::Guess> Choose(absl::Span<float> logits);

  // The logits have not been numbers.
  bool broken() const { return broken_; }

 private:
  Sampler sampler_;
  std::vector<int> history_;
  bool broken_ = false;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_DRAFT_SAMPLER_H_
