#include "sampling/ranking.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace llama2 {
namespace {

// The bits of non-negative floats are ordered as the floats are; those up to 1 have 30. They
// are looked at 10 at a time, as digits.
constexpr int kDigitBits = 10, kDigits = 3, kDigitValues = 1 << kDigitBits;

uint32_t Digit(float probability, int digit) {
  return std::bit_cast<uint32_t>(probability) >> (digit * kDigitBits) & (kDigitValues - 1);
}

// Fewer candidates are sorted by comparing them: to count digits takes longer.
constexpr size_t kFewCandidates = 64;

}  // namespace

void Ranking::Keep(absl::Span<const float> probabilities, float largest, const Limits& limits) {
  found_.resize(probabilities.size());
  candidates_.resize(probabilities.size());
  scratch_.resize(probabilities.size());
  for (const float cutoff : {LikelyCutoff(probabilities, largest, limits), limits.cutoff}) {
    Collect(probabilities, cutoff);
    Sort();
    size_ = 0;
    sum_ = 0;
    const size_t most = std::min(limits.tokens, count_);
    while (size_ < most && sum_ <= limits.enough) sum_ += candidates_[size_++].probability;
    if (size_ == limits.tokens || sum_ > limits.enough || cutoff == limits.cutoff) return;
  }
}

// Of a few levels below the largest probability, in equal ratios, the first at which enough
// tokens are above it. A sum in another order is rounded otherwise: so it may be too few.
float Ranking::LikelyCutoff(absl::Span<const float> probabilities, float largest,
                            const Limits& limits) {
  constexpr int kLevels = 5;
  const float lowest = std::max(limits.cutoff, largest * 0x1p-20f);
  const float ratio = std::pow(lowest / largest, 1.0f / kLevels);
  const bool ends_by_sum = limits.enough < 1;
  const bool ends_by_tokens = limits.tokens < probabilities.size();
  float level = largest;
  for (int i = 1; i < kLevels; ++i) {
    level *= ratio;
    if ((ends_by_sum && kernels_.SumAtLeast(probabilities, level) > limits.enough) ||
        (ends_by_tokens &&
         kernels_.FindAtLeast(probabilities, level, absl::MakeSpan(found_)) >= limits.tokens)) {
      return std::max(level, limits.cutoff);
    }
  }
  return limits.cutoff;
}

void Ranking::Collect(absl::Span<const float> probabilities, float cutoff) {
  count_ = kernels_.FindAtLeast(probabilities, cutoff, absl::MakeSpan(found_));
  for (size_t i = 0; i < count_; ++i) {
    const int32_t token = found_[i];
    DCHECK(probabilities[token] >= 0 && probabilities[token] <= 1);
    candidates_[i] = {probabilities[token], token};
  }
}

void Ranking::Sort() {
  if (count_ < kFewCandidates) {
    std::sort(candidates_.begin(), candidates_.begin() + count_,
              [](const Candidate& a, const Candidate& b) {
                return a.probability != b.probability ? a.probability > b.probability
                                                      : a.token < b.token;
              });
    return;
  }
  // Digit by digit, the last one last; equals keep their order (Knuth, "The Art of Computer
  // Programming", volume 3, section 5.2.5, algorithm R). All digits are counted in one go, and
  // a count becomes the place where those with larger digits end.
  uint32_t places[kDigits][kDigitValues] = {};
  for (size_t i = 0; i < count_; ++i) {
    for (int d = 0; d < kDigits; ++d) ++places[d][Digit(candidates_[i].probability, d)];
  }
  for (auto& place : places) {
    uint32_t larger = 0;
    for (int digit = kDigitValues - 1; digit >= 0; --digit) {
      larger += std::exchange(place[digit], larger);
    }
  }
  for (int d = 0; d < kDigits; ++d) {
    for (size_t i = 0; i < count_; ++i) {
      const Candidate& candidate = candidates_[i];
      scratch_[places[d][Digit(candidate.probability, d)]++] = candidate;
    }
    std::swap(candidates_, scratch_);
  }
}

}  // namespace llama2
