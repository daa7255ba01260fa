// Tokens in order of falling probability, equals in order of their ids: as many of them as
// top-k, min-p and top-p keep.
//
//   Ranking ranking(kernels);
//   ranking.Keep(probabilities, largest, {.cutoff = 3e-6f, .enough = 0.9f});
//   for (size_t i = 0; i < ranking.size(); ++i) ranking.token(i);     // the first is the
//   likeliest
#ifndef LLAMA2_SAMPLING_RANKING_H_
#define LLAMA2_SAMPLING_RANKING_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/types/span.h"
#include "kernels/kernels.h"

namespace llama2 {

// Memory: 20 bytes for each token of the vocabulary, from the first Keep on, which later ones
// of the same vocabulary use again. Thread-safety: one thread at a time.
class Ranking {
 public:
  explicit Ranking(Kernels kernels) : kernels_(kernels) {}

  // How far down the ranking goes: to the first of these.
  struct Limits {
    float cutoff = 0;  // tokens that are less probable than this have no place in it
    size_t tokens = std::numeric_limits<size_t>::max();     // so many are kept
    float enough = std::numeric_limits<float>::infinity();  // their sum is more than this
  };

  // Ranks tokens by `probabilities` (V), each in [0, 1], of which `largest` is the largest.
  void Keep(absl::Span<const float> probabilities, float largest, const Limits& limits);

  // Of the tokens that were kept.
  size_t size() const { return size_; }
  int token(size_t rank) const { return candidates_[rank].token; }
  float probability(size_t rank) const { return candidates_[rank].probability; }
  // Their probabilities, added in this order.
  float sum() const { return sum_; }

 private:
  struct Candidate {
    float probability;
    int32_t token;
  };

  // A cutoff no lower than that of the limits, with which nearly always as many are kept.
  float LikelyCutoff(absl::Span<const float> probabilities, float largest,
                     const Limits& limits);
  // Makes candidates of the tokens at or above the cutoff, in order of their ids.
  void Collect(absl::Span<const float> probabilities, float cutoff);
  void Sort();

  Kernels kernels_;
  std::vector<int32_t> found_;         // (V), tokens at or above a cutoff
  std::vector<Candidate> candidates_;  // (V), of which `count_` are there
  std::vector<Candidate> scratch_;     // (V) of Sort
  size_t count_ = 0;
  size_t size_ = 0;
  float sum_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_SAMPLING_RANKING_H_
